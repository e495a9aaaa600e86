// SPDX-License-Identifier: GPL-3.0-or-later
// HitList: the hits of one search, loaded page after page, as far as somebody looks.
//
// Cursors lead only forward, so a hit far away is reached through all those before it, in large pages.

import { get, isAbort } from "./api.js";

const FIRST_PAGE = 50;
const LATER_PAGE = 500;

export class HitList {
  /** changed(): called whenever there is more to show, or something to say. */
  constructor(query, sort, changed) {
    this.query = query;
    this.sort = sort;
    this.items = [];
    this.total = 0;
    this.facets = null;
    this.problem = null;
    this.isLoading = false;
    this.wanted = 0;
    this.cursor = null;
    this.changed = changed;
    this.abort = new AbortController();
  }

  async loadFirst() {
    const page = await this.ask({ facets: true, limit: FIRST_PAGE });
    this.facets = page.facets ?? null;
    this.take(page);
  }

  /** Somebody looks at the hits before `end`: they are loaded unless somebody looks elsewhere first. */
  want(end) {
    this.wanted = Math.min(end, this.total);
    const isMissing = this.items.length < this.wanted && this.cursor;
    if (isMissing && !this.isLoading && !this.problem) this.loadWanted();
  }

  retry() {
    this.problem = null;
    this.loadWanted();
  }

  close() {
    this.abort.abort();
    this.changed = () => {};
  }

  async loadWanted() {
    this.isLoading = true;
    try {
      while (this.items.length < this.wanted && this.cursor) {
        this.take(await this.ask({ cursor: this.cursor, limit: LATER_PAGE }));
        this.changed();
      }
    } catch (error) {
      if (isAbort(error)) return;
      this.problem = error;
    } finally {
      this.isLoading = false;
    }
    this.changed();
  }

  ask(more) {
    return get("/api/v1/search", {
      query: { q: this.query, sort: this.sort, ...more }, signal: this.abort.signal,
    });
  }

  take(page) {
    this.items.push(...page.items);
    this.total = page.total;
    this.cursor = page.next_cursor;
  }
}
