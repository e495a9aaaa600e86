// SPDX-License-Identifier: GPL-3.0-or-later
// VirtualList: a listbox of any length whose scrollbar is true to it. Only the rows in sight exist.

import { h } from "./dom.js";

// Browsers cut elements off at some ten million pixels. Beyond this height, a pixel of the scrollbar
// stands for more than one of the list.
const MAX_HEIGHT = 12_000_000;
const MARGIN_ROWS = 6;

export class VirtualList {
  /**
   * rowHeight(): in pixels. renderRow(index): the row's content, or null while it is not there.
   * look(begin, end): rows that are in sight. select(index), open(index): what people do.
   */
  constructor({ label, rowHeight, renderRow, look, select, open }) {
    Object.assign(this, { rowHeight, renderRow, look, select, open });
    this.total = 0;
    this.selected = -1;
    this.rows = new Map();
    this.space = h("div", { class: "list-space", role: "presentation" });
    this.element = h("div", {
      class: "list", role: "listbox", tabindex: "0", "aria-label": label,
      onscroll: () => this.schedule(), onkeydown: (event) => this.key(event),
      onclick: (event) => this.click(event),
    }, this.space);
    this.resized = new ResizeObserver(() => this.schedule());
    this.resized.observe(this.element);
  }

  /** Another list, or more of the same: begins at the top if `isNew`. */
  show(total, isNew) {
    this.total = total;
    if (isNew) {
      this.selected = -1;
      this.element.scrollTop = 0;
    }
    this.clearRows();
    this.render();
  }

  get height() {
    return this.total * this.rowHeight();
  }

  /** List pixels for one pixel of the scrollbar's way. */
  get scale() {
    const view = this.element.clientHeight;
    return this.height > MAX_HEIGHT ? (this.height - view) / (MAX_HEIGHT - view) : 1;
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.render();
    });
  }

  render() {
    const height = this.rowHeight();
    if (height !== this.lastHeight) this.clearRows();
    this.lastHeight = height;
    this.space.style.height = `${Math.min(this.height, MAX_HEIGHT)}px`;
    const { scrollTop, clientHeight } = this.element;
    const top = scrollTop * this.scale;
    const first = Math.floor(top / height);
    const end = Math.min(this.total, Math.ceil((top + clientHeight) / height));
    const from = Math.max(0, first - MARGIN_ROWS);
    const to = Math.min(this.total, end + MARGIN_ROWS);
    for (const [index, row] of this.rows) {
      if (index >= from && index < to) continue;
      row.remove();
      this.rows.delete(index);
    }
    for (let index = from; index < to; index += 1) {
      if (!this.rows.has(index)) this.addRow(index);
      this.rows.get(index).style.transform = `translateY(${index * height - top + scrollTop}px)`;
    }
    this.markSelected();
    if (end > 0) this.look(first, end);
  }

  addRow(index) {
    const content = this.renderRow(index);
    const row = h("div", {
      class: content ? "row" : "row row-waiting", role: "option", id: `hit-${index}`,
      "aria-posinset": index + 1, "aria-setsize": this.total, "data-index": index,
      "aria-label": content ? null : `Hit ${index + 1} is being loaded`,
    }, content);
    // In the order of the list for those who hear it read.
    const later = Math.min(...[...this.rows.keys()].filter((one) => one > index));
    this.space.insertBefore(row, this.rows.get(later) ?? null);
    this.rows.set(index, row);
  }

  clearRows() {
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
  }

  markSelected() {
    for (const [index, row] of this.rows)
      row.setAttribute("aria-selected", String(index === this.selected));
    if (this.rows.has(this.selected)) {
      this.element.setAttribute("aria-activedescendant", `hit-${this.selected}`);
    } else {
      this.element.removeAttribute("aria-activedescendant");
    }
  }

  choose(index) {
    if (this.total === 0) return;
    this.selected = Math.max(0, Math.min(this.total - 1, index));
    this.reveal(this.selected);
    this.render();
    this.select(this.selected);
  }

  /** Marks it without telling anybody. */
  mark(index) {
    this.selected = index;
    if (index >= 0) this.reveal(index);
    this.render();
  }

  /** Scrolls as little as possible; what is far away comes to the middle. */
  reveal(index) {
    const height = this.rowHeight();
    const view = this.element.clientHeight;
    const top = this.element.scrollTop * this.scale;
    const above = index * height;
    const below = above + height;
    if (above >= top && below <= top + view) return;
    const isNear = below > top - view && above < top + 2 * view;
    const middle = above - (view - height) / 2;
    const goal = !isNear ? middle : above < top ? above : below - view;
    this.element.scrollTop = Math.ceil(goal / this.scale);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight()) - 1);
    const goals = {
      ArrowDown: this.selected + 1, ArrowUp: this.selected - 1, Home: 0, End: this.total - 1,
      PageDown: Math.max(0, this.selected) + page, PageUp: this.selected - page,
    };
    if (event.key in goals) this.choose(goals[event.key]);
    else if (event.key === "Enter" && this.selected >= 0) this.open(this.selected);
    else return;
    event.preventDefault();
  }

  click(event) {
    const row = event.target.closest("[data-index]");
    if (!row) return;
    this.mark(Number(row.dataset.index));
    this.open(this.selected);
  }
}
