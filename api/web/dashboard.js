// SPDX-License-Identifier: GPL-3.0-or-later
// Dashboard: whether everything is here, how far behind it is, and how the archive grew.

import { get } from "./api.js";
import { AccountCard } from "./account_card.js";
import { button, h, replace } from "./dom.js";
import { count, formatDateLong, formatDuration, formatNumber, formatSize } from "./format.js";
import { growthCharts } from "./growth_chart.js";
import { showLoaded } from "./problem_view.js";

function tile(title, value, note, colour = "") {
  return h("div", { class: `tile ${colour}` }, h("h2", {}, title), h("p", { class: "tile-value" }, value),
    h("p", { class: "note" }, note));
}

export class Dashboard {
  constructor() {
    this.title = "Archive";
    this.cards = [];
    this.content = h("div", {});
    this.element = h("div", { class: "page" },
      h("div", { class: "page-head" }, h("h1", {}, "Archive"),
        button("Refresh", () => this.update(), { class: "quiet" })), this.content);
  }

  update() {
    this.close();
    showLoaded(this.content, "Loading\u2026", async () => {
      const [lag, growth] = await Promise.all([get("/api/v1/stats/lag"), get("/api/v1/stats/growth")]);
      return [
        h("div", { class: "tiles" }, this.summary(lag, growth)),
        h("section", {}, h("h2", {}, "Growth"), growthCharts(growth)),
        h("section", {}, h("h2", {}, "Accounts"), this.showAccounts(lag)),
      ];
    });
  }

  summary(lag, growth) {
    const { accounts, index_lag_entries: behind, log_entries: entries, checkpoint } = lag;
    const incomplete = accounts.filter((one) => !one.complete && one.state !== "removed").length;
    return [
      tile("Messages", formatNumber(growth.messages), formatSize(growth.bytes) +
        (growth.stored_bytes === null ? "" : `, ${formatSize(growth.stored_bytes)} on disk`)),
      tile("Accounts", incomplete === 0 ? "All complete" : `${incomplete} incomplete`,
        `of ${count(accounts.length, "account")}`, incomplete === 0 ? "good" : "bad"),
      tile("Search index", behind === 0 ? "Up to date" : `${count(behind, "entry", "entries")} behind`,
        `${formatNumber(entries)} entries in the log`, behind === 0 ? "good" : ""),
      checkpoint
        ? tile("Signed checkpoint", `${formatDuration(checkpoint.age_seconds)} old`,
          `${formatNumber(checkpoint.size)} entries, ${formatDateLong(checkpoint.time)}`)
        : tile("Signed checkpoint", "None yet", "Sign one with: mailkeep checkpoint", "bad"),
    ];
  }

  showAccounts(lag) {
    if (lag.accounts.length === 0) return h("p", { class: "empty" }, "There are no accounts yet.");
    this.cards = lag.accounts.map((account) => this.card(account));
    return h("div", { class: "accounts" }, this.cards.map((card) => card.element));
  }

  /** When a pass has ended, the card's figures are read again; its job stays in sight. */
  card(account) {
    const card = new AccountCard(account, async () => {
      const lag = await get("/api/v1/stats/lag");
      const now = lag.accounts.find((one) => one.account.id === account.account.id);
      if (!now || !card.element.isConnected) return;
      card.account = now;
      replace(card.element, card.head(), card.job, card.details);
    });
    return card;
  }

  close() {
    for (const card of this.cards) card.close();
    this.cards = [];
  }
}
