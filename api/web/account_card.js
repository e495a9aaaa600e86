// SPDX-License-Identifier: GPL-3.0-or-later
// AccountCard: whether all of an account's mail is here, how far behind it is, and what is missing.

import { askJson, get, Problem } from "./api.js";
import { button, definitions, h, replace, table } from "./dom.js";
import { count, formatAgo, formatDateLong, formatNumber, showControls } from "./format.js";
import { JobView } from "./jobs.js";
import { pagedTable } from "./paged_table.js";
import { problemView, showLoaded } from "./problem_view.js";
import { can } from "./session.js";

function verdict({ complete, last_pass: lastPass, last_error: lastError, gaps }) {
  if (complete) return ["good", "Complete"];
  if (!lastPass) return ["neutral", "Not fetched yet"];
  if (lastError) return ["bad", "Incomplete: the last pass failed"];
  return gaps > 0 ? ["bad", `Incomplete: ${count(gaps, "message")} missing`] : ["bad", "Incomplete"];
}

// idle, waiting and running tell what the scheduler does with an active account.
const isAtRest = (state) => state === "active" || state === "idle";
const hasEnded = (state) => state === "paused" || state === "removed";

const ago = (time) => h("time", { datetime: time, title: formatDateLong(time) }, formatAgo(time));

export class AccountCard {
  /** changed(): a pass over the account has ended. */
  constructor(account, changed) {
    this.account = account;
    this.changed = changed;
    this.path = `/api/v1/accounts/${encodeURIComponent(account.account.id)}`;
    this.job = h("div", {});
    this.details = h("div", {});
    this.element = h("article", { class: "account", "aria-label": `Account ${account.account.name}` },
      this.head(), this.job, this.details);
  }

  close() {
    this.running?.close();
  }

  head() {
    const { account, state, last_pass: lastPass, last_error: lastError, next_due: nextDue } = this.account;
    const [colour, text] = verdict(this.account);
    return [
      h("div", { class: "account-line" },
        h("h3", {}, account.name, isAtRest(state) ? null : h("span", { class: "badge" }, state)),
        h("span", { class: `verdict ${colour}` }, text)),
      definitions([
        ["Archived", count(this.account.archived, "message")],
        ["Last pass", lastPass ? ago(lastPass) : "never"],
        ["Next", nextDue ? ago(nextDue) : null],
        ["Missing", formatNumber(this.account.gaps)],
      ], { class: "facts" }),
      lastError ? h("p", { class: "bad" }, lastError) : null,
      h("div", { class: "actions" },
        this.opener("folders", "Folders"),
        this.account.gaps > 0 ? this.opener("gaps", `What is missing (${formatNumber(this.account.gaps)})`) : null,
        can("sync:run") && !hasEnded(state) ? button("Fetch now", () => this.run()) : null),
    ].filter(Boolean);
  }

  opener(what, label) {
    return button(label, () => this.toggle(what),
      { class: "quiet", "data-details": what, "aria-expanded": String(this.shown === what) });
  }

  toggle(what) {
    this.shown = this.shown === what ? null : what;
    for (const one of this.element.querySelectorAll("[data-details]"))
      one.setAttribute("aria-expanded", String(one.dataset.details === this.shown));
    if (this.shown === "folders") replace(this.details, this.folders());
    else if (this.shown === "gaps") replace(this.details, this.gaps());
    else replace(this.details);
  }

  folders() {
    const place = h("div", {});
    showLoaded(place, "Counting\u2026", async () => {
      const { folders } = await get(`${this.path}/completeness`);
      return table(`Folders of ${this.account.account.name}`,
        ["Folder", "On the server", "Archived", "Excluded", "Failed", "Vanished", "Missing", "Trouble"],
        folders.map((one) => h("tr", {},
          h("th", { scope: "row" }, showControls(one.name), one.is_newest_epoch ? null : ` (epoch ${one.epoch})`),
          [one.server, one.archived, one.excluded, one.failed, one.vanished, one.gaps]
            .map((value) => h("td", { class: "number" }, formatNumber(value))),
          h("td", {}, one.trouble ?? ""))));
    });
    return place;
  }

  gaps() {
    return pagedTable({
      path: `${this.path}/gaps`, caption: `What is missing of ${this.account.account.name}`,
      columns: ["Folder", "UID", "State", "Attempts", "Reason"], empty: "Nothing is missing.",
      row: (gap) => h("tr", {}, h("td", {}, showControls(gap.folder)), h("td", {}, String(gap.uid ?? gap.uidl ?? "")),
        h("td", {}, gap.state), h("td", { class: "number" }, formatNumber(gap.attempts)), h("td", {}, gap.reason)),
    });
  }

  async run() {
    try {
      const job = await askJson("POST", `${this.path}/sync-runs`);
      this.running?.close();
      this.running = new JobView(job, () => this.changed());
      replace(this.job, this.running.element);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      replace(this.job, problemView(error));
    }
  }
}
