// SPDX-License-Identifier: GPL-3.0-or-later
// SearchBar: the query, checked as it is typed, with what cannot be understood marked at its word.

import { get, isAbort, Problem } from "./api.js";
import { debounce, h, replace } from "./dom.js";

const CHECK_DELAY_MS = 350;
const CONTEXT_CHARACTERS = 48;

export class SearchBar {
  /** search(query): somebody pressed Enter. */
  constructor(search) {
    this.fault = h("p", { class: "fault", id: "query-fault", role: "status" });
    this.input = h("input", {
      id: "query", type: "search", name: "q", autocomplete: "off", autocapitalize: "off",
      spellcheck: "false", maxlength: "16384", enterkeyhint: "search", "aria-label": "Search",
      "aria-describedby": "query-fault", placeholder: "Search: words, from:anna, date:2024-03 \u2026",
      oninput: () => this.typed(),
    });
    this.check = debounce(CHECK_DELAY_MS, () => this.askForCheck());
    const submit = (event) => {
      event.preventDefault();
      this.check.cancel();
      search(this.input.value.trim());
    };
    this.element = h("form", { class: "search-bar", role: "search", onsubmit: submit },
      h("div", { class: "search-line" }, this.input, h("button", { type: "submit", class: "main" }, "Search")),
      this.fault);
  }

  set query(text) {
    if (this.input.value !== text) this.input.value = text;
    this.clearFault();
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  typed() {
    this.abort?.abort();
    if (this.input.value.trim()) this.check();
    else this.clearFault();
  }

  async askForCheck() {
    this.abort = new AbortController();
    const query = this.input.value;
    try {
      const answer = await get("/api/v1/search/check", { query: { q: query }, signal: this.abort.signal });
      if (query !== this.input.value) return;
      if (answer.query_fault) this.showFault(query, answer.query_fault);
      else this.clearFault();
    } catch (error) {
      // The search itself will say it; while somebody types, it is no news.
      if (!isAbort(error) && !(error instanceof Problem)) throw error;
    }
  }

  showFault(query, fault) {
    const letters = Array.from(query);
    const from = Math.max(0, Math.min(fault.position - 1, letters.length));
    const to = Math.min(letters.length, from + Math.max(fault.length, 1));
    const before = letters.slice(0, from).join("");
    const after = letters.slice(to).join("");
    // At the end of the query there is no letter to underline: the gap is marked instead.
    const word = letters.slice(from, to).join("") || "\u00a0";
    this.input.setAttribute("aria-invalid", "true");
    replace(this.fault,
      h("code", { class: "fault-query" },
        before.length > CONTEXT_CHARACTERS ? `\u2026${before.slice(-CONTEXT_CHARACTERS)}` : before,
        h("mark", { class: "fault-word" }, word),
        after.length > CONTEXT_CHARACTERS ? `${after.slice(0, CONTEXT_CHARACTERS)}\u2026` : after),
      h("span", { class: "fault-reason" }, fault.reason));
  }

  clearFault() {
    this.input.removeAttribute("aria-invalid");
    replace(this.fault);
  }
}
