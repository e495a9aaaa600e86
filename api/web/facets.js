// SPDX-License-Identifier: GPL-3.0-or-later
// Facets: what the hits are made of, each a term to add to the query or to take out of it.

import { button, h, replace } from "./dom.js";
import { count, formatNumber } from "./format.js";
import { histogram } from "./histogram.js";
import { dateTerm, datesOf, fieldTerm, hasTerm, toggleTerm, withDates } from "./query_text.js";

const SHOWN = 8;

export class Facets {
  /** change(query): somebody chose another query. */
  constructor(change) {
    this.change = change;
    this.element = h("aside", { class: "facets", "aria-label": "Narrow the search" });
  }

  show(query, facets) {
    replace(this.element, facets ? [
      this.months(query, facets.month),
      this.values(query, "Account", "account", facets.account, 0),
      this.values(query, "Sender", "from", facets.sender, facets.sender_others),
    ] : []);
  }

  months(query, months) {
    const chosen = datesOf(query);
    const choose = (from, to) => {
      const term = dateTerm(from, to);
      this.change(hasTerm(query, term) ? withDates(query, null) : withDates(query, term));
    };
    const undated = months.find((one) => one.value === "");
    return h("section", { class: "facet" }, h("h2", {}, "Month"),
      histogram(months, chosen, choose),
      this.range(chosen, choose),
      chosen ? button("Any date", () => this.change(withDates(query, null)), { class: "link" }) : null,
      undated ? h("p", { class: "note" }, `${count(undated.count, "message")} without a readable date`) : null);
  }

  /** What dragging does, for the keyboard. */
  range(chosen, choose) {
    const date = (label, value) => h("input", {
      type: "text", "aria-label": label, placeholder: label, value: value ?? "", inputmode: "numeric",
      pattern: "[0-9]{4}(-[0-9]{2}){0,2}", title: "2024, 2024-03 or 2024-03-01", autocomplete: "off",
    });
    const from = date("from", chosen?.from);
    const to = date("to", chosen?.to);
    const submit = (event) => {
      event.preventDefault();
      const dates = [from.value || to.value, to.value || from.value].sort();
      if (dates[0]) choose(...dates);
    };
    return h("form", { class: "range", onsubmit: submit }, from, to,
      h("button", { type: "submit", class: "quiet" }, "Set"));
  }

  values(query, title, field, values, others) {
    const items = values.map(({ value, count: hits }) => {
      const term = fieldTerm(field, value);
      const isChosen = term !== null && hasTerm(query, term);
      return h("li", {}, h("button", {
        type: "button", class: "facet-value", "aria-pressed": String(isChosen), disabled: term === null,
        title: term === null ? "The query language cannot write this value" : term,
        onclick: () => this.change(toggleTerm(query, term)),
      }, h("span", { class: "facet-name" }, value || "none"),
      h("span", { class: "facet-count" }, formatNumber(hits))));
    });
    const rest = items.slice(SHOWN);
    return h("section", { class: "facet" }, h("h2", {}, title),
      h("ul", {}, items.slice(0, SHOWN)),
      rest.length ? h("details", {}, h("summary", {}, `${rest.length} more`), h("ul", {}, rest)) : null,
      others ? h("p", { class: "note" }, `${count(others, "message")} of other senders`) : null);
  }
}
