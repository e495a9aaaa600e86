// SPDX-License-Identifier: GPL-3.0-or-later
// The help dialog: the query language as the archive itself describes it, and the keys.

import { get } from "./api.js";
import { button, definitions, h, table } from "./dom.js";
import { showLoaded } from "./problem_view.js";
import { can } from "./session.js";

const KEYS = [
  ["/", "go to the search"], ["j, k", "next, previous message"], ["arrows, Home, End", "move in the list"],
  ["Enter", "open the message"], ["Esc", "back to the list"], ["n, p", "next, previous match in the text"],
  ["r, a", "reply, reply to all"], ["t", "conversation"], ["h", "HTML"], ["x", "text"], ["v", "source"],
  ["g s", "search"], ["g d", "archive"], ["g o", "outbox"], ["g a", "audit"], ["?", "this help"],
];

export function openHelp() {
  if (document.querySelector("dialog[open]")) return;
  const language = h("div", {});
  const close = button("Close", () => dialog.close(), { class: "quiet", autofocus: true });
  const dialog = h("dialog", { class: "help", "aria-labelledby": "help-title", onclose: () => dialog.remove() },
    h("div", { class: "page-head" }, h("h2", { id: "help-title" }, "Help"), close),
    can("search") ? [h("h3", {}, "Searching"), language] : null,
    h("h3", {}, "Keys"),
    definitions(KEYS.map(([keys, what]) => [h("kbd", {}, keys), what]), { class: "keys" }),
    h("p", { class: "note" }, "All times are UTC, as in queries and in the log."));
  document.body.append(dialog);
  dialog.showModal();
  if (can("search")) showLoaded(language, "Loading\u2026", loadLanguage);
}

async function loadLanguage() {
  const { fields, text } = await get("/api/v1/search/help");
  return [
    table("Fields of the query language", ["Field", "What it finds"], fields.map((field) => h("tr", {},
      h("th", { scope: "row" }, h("code", {}, `${field.name}:`),
        field.alias ? [" or ", h("code", {}, `${field.alias}:`)] : null),
      h("td", {}, field.help)))),
    h("details", { open: true }, h("summary", {}, "The language"),
      h("pre", { class: "instructions", tabindex: "0" }, text)),
  ];
}
