// SPDX-License-Identifier: GPL-3.0-or-later
// Results: how many hits, in what order, and the list of them.

import { h, replace } from "./dom.js";
import { count, formatDate, formatNumber, senderOf, showControls } from "./format.js";
import { markedText } from "./highlights.js";
import { HitList } from "./hit_list.js";
import { problemView } from "./problem_view.js";
import { VirtualList } from "./virtual_list.js";

export class Results {
  /** open(hit, index), move(hit, index): a hit was opened, or became the selected one. */
  constructor({ open, move, sortBy }) {
    this.callbacks = { open, move };
    this.hits = null;
    this.list = new VirtualList({
      label: "Messages found",
      rowHeight: () => Number.parseFloat(getComputedStyle(this.element).getPropertyValue("--row-height")) || 72,
      renderRow: (index) => this.row(index),
      look: (_, end) => this.hits?.want(end),
      select: (index) => this.tell("move", index),
      open: (index) => this.tell("open", index),
    });
    this.total = h("p", { class: "total", role: "status" });
    this.sort = h("select", { "aria-label": "Order of the hits", onchange: () => sortBy(this.sort.value) },
      h("option", { value: "date" }, "Newest first"), h("option", { value: "relevance" }, "Best match first"));
    this.progress = h("div", { class: "progress-line", hidden: true });
    this.element = h("section", { class: "results", "aria-label": "Results" },
      h("div", { class: "results-head" }, this.total, this.sort), this.progress, this.list.element);
  }

  /** Throws the Problem of the search. */
  async search(query, sort) {
    this.hits?.close();
    const hits = new HitList(query, sort, () => this.moreCame());
    this.hits = hits;
    this.pending = null;
    this.sort.hidden = false;
    this.sort.value = sort;
    this.total.textContent = "Searching\u2026";
    await hits.loadFirst();
    if (this.hits !== hits) return null;
    this.total.textContent = count(hits.total, "message");
    this.list.show(hits.total, true);
    this.showProgress();
    return hits;
  }

  clear(text) {
    this.hits?.close();
    this.hits = null;
    this.sort.hidden = true;
    this.total.textContent = text;
    this.list.show(0, true);
    this.showProgress();
  }

  /** A hit that is chosen before it is there is told of when it comes. */
  tell(what, index) {
    const hit = this.hits?.items[index];
    this.pending = hit ? null : { what, index };
    if (hit) this.callbacks[what](hit, index);
  }

  moreCame() {
    this.list.show(this.hits.total, false);
    this.showProgress();
    if (this.pending && this.hits.items[this.pending.index]) this.tell(this.pending.what, this.pending.index);
  }

  showProgress() {
    const hits = this.hits;
    const isFar = hits && hits.isLoading && hits.wanted > hits.items.length;
    this.progress.hidden = !(isFar || hits?.problem);
    if (hits?.problem) {
      replace(this.progress, problemView(hits.problem, () => hits.retry()));
    } else if (isFar) {
      replace(this.progress,
        h("progress", { max: hits.wanted, value: hits.items.length, "aria-label": "Loading hits" }),
        h("span", {}, `${formatNumber(hits.items.length)} of ${formatNumber(hits.wanted)} loaded`));
    }
  }

  /** The place of a message in what is loaded; -1: not there. */
  indexOf(id) {
    return this.hits ? this.hits.items.findIndex((hit) => hit.id === id) : -1;
  }

  step(by) {
    this.list.choose(this.list.selected + by);
  }

  openSelected() {
    if (this.list.selected >= 0) this.tell("open", this.list.selected);
  }

  mark(id) {
    this.list.mark(id ? this.indexOf(id) : -1);
  }

  focus() {
    this.list.element.focus({ preventScroll: true });
  }

  row(index) {
    const hit = this.hits?.items[index];
    if (!hit) return null;
    const marks = [hit.has_attachments ? "attachment" : "", hit.unsearchable ? "partly unsearchable" : ""];
    const [name, address] = senderOf(hit.from);
    return [
      h("span", { class: "row-line" },
        h("span", { class: "row-from" }, h("strong", {}, name), ` ${address}`),
        h("time", { class: "row-side", datetime: hit.date }, formatDate(hit.date))),
      h("span", { class: "row-line" },
        h("span", { class: "row-subject" }, showControls(hit.subject) || "no subject"),
        h("span", { class: "row-side" }, marks.filter(Boolean).join(" \u00b7 "))),
      h("span", { class: "row-snippet" }, markedText(hit.snippet, hit.highlights)),
    ];
  }
}
