// SPDX-License-Identifier: GPL-3.0-or-later
// A list of the API as a table, with a button for the next page.

import { get, isAbort, Problem } from "./api.js";
import { button, h, replace, table } from "./dom.js";
import { formatNumber } from "./format.js";
import { problemView } from "./problem_view.js";

/** row(item): a <tr>, or several. empty: what to say of a list without items. */
export function pagedTable({ path, query = {}, caption, columns, row, empty, limit = 100 }) {
  const element = h("div", { class: "paged" });
  const frame = table(caption, columns, []);
  const body = frame.querySelector("tbody");
  const foot = h("div", { class: "paged-foot" });
  let shown = 0;
  const load = async (cursor) => {
    replace(foot, h("p", { class: "waiting", role: "status" }, "Loading\u2026"));
    try {
      const page = await get(path, { query: { ...query, limit, cursor } });
      shown += page.items.length;
      if (page.total === 0) {
        replace(element, h("p", { class: "empty" }, empty));
        return;
      }
      if (!frame.isConnected) replace(element, frame, foot);
      body.append(...page.items.flatMap(row));
      replace(foot, h("p", { class: "note", role: "status" },
        `${formatNumber(shown)} of ${formatNumber(page.total)}`),
      page.next_cursor ? button("Show more", () => load(page.next_cursor)) : null);
    } catch (error) {
      if (isAbort(error)) return;
      if (!(error instanceof Problem)) throw error;
      replace(foot, problemView(error, () => load(cursor)));
    }
  };
  element.append(foot);
  load(null);
  return element;
}
