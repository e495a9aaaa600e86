// SPDX-License-Identifier: GPL-3.0-or-later
// The HTML of a message: each part in a frame of its own, in which nothing runs and nothing is
// fetched. Since no script runs inside, nobody can say how tall it is: it scrolls.

import { messagePath } from "./api.js";
import { button, h } from "./dom.js";
import { count } from "./format.js";

function removedText(removed) {
  return removed === 0 ? "Nothing in it pointed to the outside."
    : `${count(removed, "reference")} to the outside ${removed === 1 ? "was" : "were"} taken out.`;
}

export function htmlView(message) {
  return message.html.map(({ part, removed_remote: removed }, i) => {
    const frame = h("iframe", {
      class: "html-frame", sandbox: "", referrerpolicy: "no-referrer", loading: "lazy",
      title: message.html.length === 1 ? "HTML of the message" : `HTML part ${i + 1} of the message`,
      src: messagePath(message.id, "html", part),
    });
    const taller = button("Taller", () => {
      const isTall = frame.classList.toggle("tall");
      taller.setAttribute("aria-pressed", String(isTall));
    }, { class: "quiet", "aria-pressed": "false" });
    return h("section", { class: "html-part", "aria-label": `HTML part ${i + 1}` },
      h("div", { class: "html-line" }, h("span", { class: "note" }, removedText(removed)), taller), frame);
  });
}
