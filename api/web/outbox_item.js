// SPDX-License-Identifier: GPL-3.0-or-later
// OutboxItem: what became of one reply, looked at again until nothing more will happen.

import { askJson, get, Problem } from "./api.js";
import { button, definitions, h, replace, table } from "./dom.js";
import { formatAgo, formatDateLong } from "./format.js";
import { problemView } from "./problem_view.js";
import { hrefOf } from "./router.js";
import { can } from "./session.js";

const FIRST_LOOK_MS = 700;
const LONGEST_PAUSE_MS = 10_000;
const SETTLED = ["sent", "failed", "unknown", "cancelled"];
export const STATES = {
  queued: "Waiting to be sent", sending: "Being sent", sent: "Sent", failed: "Failed",
  unknown: "Unknown: the line broke before the server's answer", cancelled: "Cancelled",
};

export class OutboxItem {
  constructor(item) {
    this.element = h("div", { class: "outbox-item" });
    this.pause = FIRST_LOOK_MS;
    this.show(item);
  }

  close() {
    clearTimeout(this.timer);
  }

  show(item) {
    this.item = item;
    const actions = this.actions(item);
    replace(this.element,
      h("p", { class: "outbox-state", role: "status", "data-state": item.state },
        h("span", { class: `badge badge-${item.state}` }, item.state), ` ${STATES[item.state]}`),
      definitions([
        ["To", item.recipients?.join(", ")],
        ["Account", item.account.name],
        ["Written by", `${item.actor}, ${formatDateLong(item.created)}`],
        ["Next attempt", SETTLED.includes(item.state) || !item.next_attempt ? null : formatAgo(item.next_attempt)],
        ["Note", item.detail],
        ["Message", item.message && can("messages:read")
          ? h("a", { href: hrefOf("search", { id: item.message }) }, "Open what was sent") : null],
        ["Answers", item.original && can("messages:read")
          ? h("a", { href: hrefOf("search", { id: item.original }) }, "Open the original") : null],
      ]),
      item.deliveries.length ? this.answers(item.deliveries) : null,
      actions.length ? h("div", { class: "actions" }, actions) : null);
    if (!SETTLED.includes(item.state) && can("outbox:read")) this.lookLater();
  }

  answers(deliveries) {
    return table("What the server said", ["Attempt", "Recipient", "Server's answer", "When"],
      deliveries.flatMap((delivery) => (delivery.answers.length ? delivery.answers : [null]).map((answer) =>
        h("tr", {}, h("td", {}, String(delivery.attempt)), h("td", {}, answer?.recipient ?? ""),
          h("td", {}, answer ? h("span", { class: answer.accepted ? "good" : "bad" },
            `${answer.accepted ? "accepted" : "refused"}: ${answer.code} ${answer.text}`)
            : `${delivery.state}: ${delivery.detail}`),
          h("td", {}, formatDateLong(delivery.time))))));
  }

  actions({ state }) {
    if (!can("replies:send")) return [];
    if (state === "queued") return [button("Do not send it", () => this.change("DELETE", ""))];
    if (state === "failed") return [button("Send it again", () => this.change("POST", "/resend"))];
    if (state === "unknown") return [button("Send it again", () => this.confirmResend())];
    return [];
  }

  confirmResend() {
    replace(this.element.querySelector(".actions"),
      h("p", { class: "notice", role: "alert" },
        "The first may have arrived: the recipients may then get the message twice."),
      button("Send it all the same", () => this.change("POST", "/resend")),
      button("Leave it", () => this.show(this.item), { class: "quiet" }));
  }

  get path() {
    return `/api/v1/outbox/${encodeURIComponent(this.item.id)}`;
  }

  change(method, more) {
    this.pause = FIRST_LOOK_MS;
    return this.follow(() => askJson(method, `${this.path}${more}`));
  }

  lookLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      // Nobody looks at it while another view is shown.
      if (this.element.isConnected) this.follow(() => get(this.path));
      else this.lookLater();
    }, this.pause);
    this.pause = Math.min(this.pause * 1.5, LONGEST_PAUSE_MS);
  }

  async follow(ask) {
    clearTimeout(this.timer);
    try {
      this.show(await ask());
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.element.append(problemView(error, () => this.follow(() => get(this.path))));
    }
  }
}
