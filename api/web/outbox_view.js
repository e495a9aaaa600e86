// SPDX-License-Identifier: GPL-3.0-or-later
// OutboxView: everything that was written here, and what became of it.

import { button, h, replace } from "./dom.js";
import { count, formatDate } from "./format.js";
import { OutboxItem, STATES } from "./outbox_item.js";
import { pagedTable } from "./paged_table.js";
import { go } from "./router.js";

export class OutboxView {
  constructor() {
    this.title = "Outbox";
    this.items = new Set();
    this.filter = h("select", {
      id: "outbox-state", onchange: () => go("outbox", { state: this.filter.value }, false),
    }, h("option", { value: "" }, "Any state"),
    Object.keys(STATES).map((state) => h("option", { value: state }, state)));
    this.list = h("div", {});
    this.element = h("div", { class: "page" }, h("h1", {}, "Outbox"),
      h("p", { class: "filter" }, h("label", { for: "outbox-state" }, "Show "), this.filter), this.list);
  }

  update({ state = "" }) {
    this.close();
    this.filter.value = state;
    replace(this.list, pagedTable({
      path: "/api/v1/outbox", query: { state: state || null }, caption: "Replies, newest first",
      columns: ["Written", "By", "Account", "To", "State", "Details"],
      row: (item) => this.row(item), empty: "Nothing was written here.",
    }));
  }

  row(item) {
    const details = h("tr", { class: "details-row", hidden: true }, h("td", { colspan: "6" }));
    const toggle = button("Show", () => {
      details.hidden = !details.hidden;
      toggle.setAttribute("aria-expanded", String(!details.hidden));
      toggle.textContent = details.hidden ? "Show" : "Hide";
      if (details.hidden || details.firstChild.firstChild) return;
      const shown = new OutboxItem(item);
      this.items.add(shown);
      details.firstChild.append(shown.element);
    }, { class: "quiet", "aria-expanded": "false" });
    return [h("tr", {},
      h("td", {}, formatDate(item.created)), h("td", {}, item.actor), h("td", {}, item.account.name),
      h("td", {}, item.recipients ? count(item.recipients.length, "recipient") : "hidden"),
      h("td", {}, h("span", { class: `badge badge-${item.state}` }, item.state)), h("td", {}, toggle)), details];
  }

  close() {
    for (const item of this.items) item.close();
    this.items.clear();
  }
}
