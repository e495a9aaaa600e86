// SPDX-License-Identifier: GPL-3.0-or-later
// SearchView: the query above, facets, hits and the open message below it, side by side or, on a
// phone, one at a time.

import { Problem, isAbort } from "./api.js";
import { button, debounce, h, replace } from "./dom.js";
import { Facets } from "./facets.js";
import { openHelp } from "./help.js";
import { problemView } from "./problem_view.js";
import { Reader } from "./reader.js";
import { Results } from "./results.js";
import { currentRoute, go } from "./router.js";
import { SearchBar } from "./search_bar.js";

// Each opened message is an entry in the log: whoever flies past ten of them has not opened them.
const MOVE_DELAY_MS = 200;
const VIEW_KEYS = { t: "thread", v: "source", h: "html", x: "text" };

export class SearchView {
  constructor() {
    this.title = "Search";
    this.bar = new SearchBar((query) => this.goTo({ q: query }));
    this.facets = new Facets((query) => this.goTo({ q: query }));
    this.results = new Results({
      open: (hit) => this.open(hit.id), move: (hit) => this.openWhileReading(hit.id),
      sortBy: (sort) => this.goTo({ q: this.query, sort }),
    });
    this.openWhileReading = debounce(MOVE_DELAY_MS, (id) => {
      if (this.reader.id) this.change({ id }, false);
    });
    this.reader = new Reader({
      openMessage: (id) => this.change({ id, view: "" }, true),
      showView: (view) => this.change({ view }, false), close: () => this.back(),
    });
    this.note = h("div", { class: "search-note" });
    this.filters = button("Filters", () => this.toggleFilters(), { class: "quiet filters", "aria-expanded": "false" });
    this.bar.element.querySelector(".search-line").append(this.filters);
    this.results.element.append(this.note);
    this.panes = h("div", { class: "panes" }, this.facets.element, this.results.element, this.reader.element);
    this.element = h("div", { class: "search-view" }, h("h1", { class: "unseen" }, "Search"), this.bar.element,
      this.panes);
  }

  /** A new query: no message is open. */
  goTo({ q, sort = this.sort }) {
    this.panes.classList.remove("show-filters");
    if (q === this.query && sort === this.sort) this.query = null;
    const { parameters } = currentRoute();
    const isSame = q === (parameters.q ?? "") && !parameters.id && sort === (parameters.sort || "date");
    if (isSame) this.update(parameters);
    else go("search", { q, sort: sort === "date" ? "" : sort });
  }

  change(parameters, isStep) {
    go("search", { ...currentRoute().parameters, ...parameters }, isStep);
  }

  open(id) {
    this.openWhileReading.cancel();
    const isReading = this.reader.id !== null;
    this.focusReader = !isReading;
    this.change({ id }, !isReading);
    if (id === this.reader.id) this.reader.element.focus();
  }

  back() {
    this.openWhileReading.cancel();
    this.change({ id: "", view: "" }, true);
    this.results.focus();
  }

  update({ q = "", sort = "date", id = "", view = "text" }) {
    this.element.dataset.pane = id ? "reader" : "list";
    if (q !== this.query || sort !== this.sort) this.search(q, sort);
    if (id) this.reader.open(id, q === "*" ? "" : q, view);
    else if (this.reader.id) this.reader.clear();
    this.results.mark(id || this.selectedId);
    if (id) this.selectedId = id;
    if (id && this.focusReader) this.reader.element.focus({ preventScroll: true });
    this.focusReader = false;
  }

  async search(query, sort) {
    this.query = query;
    this.sort = sort;
    this.selectedId = null;
    this.bar.query = query;
    replace(this.note);
    if (query === "") {
      this.facets.show("", null);
      this.results.clear("");
      replace(this.note, h("p", {}, "Write what you look for, and press Enter."),
        h("p", {}, button("How to search", openHelp, { class: "link" })),
        h("p", {}, button("Show every message", () => this.goTo({ q: "*" }), { class: "link" })));
      this.bar.focus();
      return;
    }
    try {
      const hits = await this.results.search(query, sort);
      if (!hits) return;
      this.facets.show(query, hits.facets);
      if (hits.total === 0) replace(this.note, h("p", { class: "empty" }, "No message matches this query."));
      const { id } = currentRoute().parameters;
      if (id) this.results.mark(id);
      else if (hits.total > 0) this.results.focus();
    } catch (error) {
      if (isAbort(error)) return;
      if (!(error instanceof Problem)) throw error;
      if (query === this.query) this.showProblem(query, error);
    }
  }

  showProblem(query, problem) {
    this.results.clear("");
    this.facets.show(query, null);
    if (problem.fault) {
      this.bar.showFault(query, problem.fault);
      this.bar.input.focus();
      replace(this.note, h("p", { class: "empty" }, "The query is not understood: see the marked word."));
    } else {
      replace(this.note, problemView(problem, () => this.search(query, this.sort)));
    }
  }

  toggleFilters() {
    const isShown = this.panes.classList.toggle("show-filters");
    this.filters.setAttribute("aria-expanded", String(isShown));
  }

  key(keys) {
    switch (keys) {
      case "/": this.bar.focus(); return true;
      case "j": this.results.step(1); return true;
      case "k": this.results.step(-1); return true;
      case "Enter": return this.enter();
      case "Escape":
        if (this.reader.id) this.back();
        else this.results.focus();
        return true;
      case "r": this.reader.openReply(false); return true;
      case "a": this.reader.openReply(true); return true;
      case "n": this.reader.nextMark(1); return true;
      case "p": this.reader.nextMark(-1); return true;
      default:
        if (!(keys in VIEW_KEYS) || !this.reader.id) return false;
        this.change({ view: VIEW_KEYS[keys] }, false);
        return true;
    }
  }

  /** On a button or a link, Enter is theirs. */
  enter() {
    if (document.activeElement !== document.body && !this.results.element.contains(document.activeElement))
      return false;
    this.results.openSelected();
    return true;
  }
}
