// SPDX-License-Identifier: GPL-3.0-or-later
// JobView: one job, looked at until it has ended.

import { askJson, get, Problem } from "./api.js";
import { button, h, replace } from "./dom.js";
import { formatNumber, formatSize } from "./format.js";
import { problemView } from "./problem_view.js";
import { can } from "./session.js";

const PAUSE_MS = 1_000;
const isOver = (job) => ["done", "failed", "cancelled"].includes(job.state);

export class JobView {
  /** ended(job): called once. */
  constructor(job, ended) {
    this.ended = ended;
    this.element = h("div", { class: "job" });
    this.show(job);
  }

  close() {
    clearTimeout(this.timer);
    this.isClosed = true;
  }

  show(job) {
    if (this.isClosed) return;
    const { messages, bytes, expected, folder } = job.progress;
    const told = [
      messages === undefined ? null
        : `${[messages, expected || null].filter(Number.isFinite).map(formatNumber).join(" of ")} messages`,
      bytes ? formatSize(bytes) : null, folder,
    ].filter(Boolean).join(", ");
    replace(this.element,
      h("p", { role: "status" }, h("span", { class: `badge badge-${job.state}` }, job.state), ` ${told}`),
      isOver(job) ? null : h("progress", {
        "aria-label": "Progress", max: expected || null, value: expected ? messages : null,
      }),
      job.error ? h("p", { class: "bad" }, job.error) : null,
      !isOver(job) && can("sync:run")
        ? button(job.cancel_asked ? "Being cancelled" : "Cancel", () => this.cancel(job),
          { class: "quiet", disabled: job.cancel_asked }) : null);
    if (isOver(job)) this.ended(job);
    else this.timer = setTimeout(() => this.follow(() => get(this.path(job))), PAUSE_MS);
  }

  path(job) {
    return `/api/v1/jobs/${encodeURIComponent(job.id)}`;
  }

  cancel(job) {
    clearTimeout(this.timer);
    return this.follow(() => askJson("DELETE", this.path(job)));
  }

  async follow(ask) {
    try {
      this.show(await ask());
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      replace(this.element, problemView(error, () => this.follow(ask)));
    }
  }
}
