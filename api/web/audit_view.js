// SPDX-License-Identifier: GPL-3.0-or-later
// AuditView: who did what, as it stands in the log.

import { definitions, h, replace } from "./dom.js";
import { formatDateLong, formatNumber } from "./format.js";
import { pagedTable } from "./paged_table.js";
import { go } from "./router.js";

const KINDS = ["access", "export", "right", "start", "stop", "hold", "release", "dispose", "key"];

function detailsOf({ details, text }) {
  if (!details) return text;
  return definitions(Object.entries(details).map(([name, value]) =>
    [name, typeof value === "object" ? JSON.stringify(value) : String(value)]), { class: "facts" });
}

export class AuditView {
  constructor() {
    this.title = "Audit";
    this.filter = h("select", {
      id: "audit-kind", onchange: () => go("audit", { kind: this.filter.value }, false),
    }, h("option", { value: "" }, "Every kind"), KINDS.map((kind) => h("option", { value: kind }, kind)));
    this.list = h("div", {});
    this.element = h("div", { class: "page" }, h("h1", {}, "Audit"),
      h("p", { class: "filter" }, h("label", { for: "audit-kind" }, "Show "), this.filter), this.list);
  }

  update({ kind = "" }) {
    this.filter.value = kind;
    replace(this.list, pagedTable({
      path: "/api/v1/audit", query: { kind: kind || null }, caption: "Entries of the log, newest first",
      columns: ["Log entry", "When", "Kind", "What"], empty: "There are no such entries.",
      row: (entry) => h("tr", {}, h("td", { class: "number" }, formatNumber(entry.position)),
        h("td", {}, formatDateLong(entry.time)), h("td", {}, entry.kind), h("td", {}, detailsOf(entry))),
    }));
  }
}
