// SPDX-License-Identifier: GPL-3.0-or-later
// TextView: the text of a message, with the words of the query marked.

import { button, h, replace } from "./dom.js";
import { count, formatNumber } from "./format.js";
import { markedText } from "./highlights.js";

// More than this at once would make the page slow.
const SHOWN_CHARACTERS = 400_000;

export class TextView {
  constructor(message) {
    this.text = message.text ?? "";
    this.ranges = message.highlights ?? [];
    this.at = -1;
    this.pre = h("pre", { class: "message-text", dir: "auto" });
    this.place = h("span", { role: "status" });
    const line = this.ranges.length === 0 ? null : h("div", { class: "mark-line" },
      this.place, button("Previous", () => this.nextMark(-1), { class: "quiet", title: "p" }),
      button("Next", () => this.nextMark(1), { class: "quiet", title: "n" }));
    this.more = h("div", {});
    this.element = h("div", {}, line, this.pre, this.more);
    this.fill(SHOWN_CHARACTERS);
  }

  fill(limit) {
    if (this.text === "") {
      replace(this.pre, h("span", { class: "note" }, "This message has no text."));
      return;
    }
    replace(this.pre, markedText(this.text.slice(0, limit), this.ranges));
    this.marks = [...this.pre.querySelectorAll("mark")];
    this.place.textContent = `${count(this.ranges.length, "match", "matches")} in the text`;
    const rest = this.text.length - limit;
    replace(this.more, rest > 0
      ? button(`Show the other ${formatNumber(rest)} characters`, () => this.fill(this.text.length)) : null);
  }

  nextMark(by) {
    if (!this.marks?.length) return;
    this.marks[this.at]?.classList.remove("current");
    this.at = (this.at + by + this.marks.length) % this.marks.length;
    const mark = this.marks[this.at];
    mark.classList.add("current");
    mark.scrollIntoView({ block: "center" });
    this.place.textContent = `Match ${this.at + 1} of ${this.marks.length}`;
  }
}
