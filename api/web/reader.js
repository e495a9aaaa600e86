// SPDX-License-Identifier: GPL-3.0-or-later
// Reader: one message, in several views, and the reply to it.

import { get, isAbort, messagePath, Problem } from "./api.js";
import { button, h, replace } from "./dom.js";
import { htmlView } from "./html_view.js";
import { attachmentList, headerView, messageHead, placeList } from "./message_parts.js";
import { problemView } from "./problem_view.js";
import { proofView } from "./proof_view.js";
import { ReplyForm } from "./reply.js";
import { can } from "./session.js";
import { sourceView } from "./source_view.js";
import { TextView } from "./text_view.js";
import { threadView } from "./thread_view.js";

const VIEWS = [
  { name: "text", label: "Text" },
  { name: "html", label: "HTML", isThere: (message) => message.html?.length > 0 },
  { name: "thread", label: "Conversation" },
  { name: "headers", label: "All headers" },
  { name: "source", label: "Source", isThere: () => can("raw:read") },
  { name: "proof", label: "Proof" },
];

export class Reader {
  /** openMessage(id): another one of the conversation. showView(name). close(). */
  constructor({ openMessage, showView, close }) {
    Object.assign(this, { openMessage, showView, close });
    this.element = h("section", { class: "reader", tabindex: "0", "aria-label": "Message" });
    this.clear();
  }

  clear() {
    this.abort?.abort();
    this.id = null;
    this.message = null;
    this.text = null;
    this.reply = null;
    replace(this.element, h("p", { class: "empty" }, "Open a message to read it here."));
  }

  /** query: its words are marked. */
  async open(id, query, view) {
    if (id === this.id && query === this.query) {
      if (this.message) this.show(view);
      return;
    }
    this.clear();
    this.id = id;
    this.query = query;
    this.abort = new AbortController();
    const { signal } = this.abort;
    replace(this.element, this.backButton(), h("p", { class: "waiting", role: "status" }, "Opening\u2026"));
    try {
      const message = await get(messagePath(id), { query: { q: query || null }, signal });
      if (signal.aborted) return;
      this.message = message;
      this.build(view);
    } catch (error) {
      if (isAbort(error)) return;
      if (!(error instanceof Problem)) throw error;
      const retry = () => { this.id = null; this.open(id, query, view); };
      replace(this.element, this.backButton(), problemView(error, retry));
    }
  }

  build(view) {
    const message = this.message;
    this.replyPlace = h("div", {});
    this.body = h("div", { class: "message-body", role: "tabpanel", id: "message-body" });
    this.views = VIEWS.filter((one) => !one.isThere || one.isThere(message));
    this.tabs = this.views.map((one) => button(one.label, () => this.showView(one.name), {
      role: "tab", id: `tab-${one.name}`, "data-view": one.name, "aria-controls": "message-body",
    }));
    replace(this.element, this.toolbar(), messageHead(message), attachmentList(message), placeList(message),
      this.replyPlace,
      h("div", { class: "tabs", role: "tablist", "aria-label": "Views of the message",
        onkeydown: (event) => this.tabKey(event) }, this.tabs),
      this.body);
    this.element.scrollTop = 0;
    this.shown = null;
    this.show(view);
    if (ReplyForm.hasDraft(this.id)) this.openReply();
  }

  backButton() {
    return button("Back", () => this.close(), { class: "quiet back" });
  }

  toolbar() {
    const raw = messagePath(this.id, "raw");
    return h("div", { class: "reader-toolbar", role: "group", "aria-label": "What to do with the message" },
      this.backButton(),
      can("replies:send") ? [
        button("Reply", () => this.openReply(false), { class: "main", title: "r" }),
        button("Reply to all", () => this.openReply(true), { title: "a" })] : null,
      can("raw:read")
        ? h("a", { class: "button", href: raw, download: `${this.id}.eml` }, "Download") : null);
  }

  show(name) {
    const view = this.views.find((one) => one.name === name) ?? this.views[0];
    if (view.name === this.shown) return;
    this.shown = view.name;
    for (const tab of this.tabs) {
      const isShown = tab.dataset.view === view.name;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
    }
    this.body.setAttribute("aria-labelledby", `tab-${view.name}`);
    this.text = view.name === "text" ? new TextView(this.message) : null;
    replace(this.body, this.content(view.name));
  }

  content(name) {
    switch (name) {
      case "html": return htmlView(this.message);
      case "thread": return threadView(this.id, (id) => this.openMessage(id));
      case "headers": return headerView(this.message.headers ?? []);
      case "source": return sourceView(this.message);
      case "proof": return proofView(this.message);
      default: return this.text.element;
    }
  }

  tabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const here = this.views.findIndex((one) => one.name === this.shown);
    const next = this.views[(here + step + this.views.length) % this.views.length];
    this.showView(next.name);
    this.tabs.find((tab) => tab.dataset.view === next.name).focus();
    event.preventDefault();
  }

  /** all: to everybody; undefined: as the draft says. */
  openReply(all) {
    if (!can("replies:send") || !this.message) return;
    if (!this.reply) {
      this.reply = new ReplyForm(this.message, all ?? false, () => {
        this.reply = null;
        replace(this.replyPlace);
        this.element.focus();
      });
      replace(this.replyPlace, this.reply.element);
    } else if (all !== undefined) {
      this.reply.setAll(all);
    }
    if (all !== undefined) this.reply.focus();
  }

  nextMark(by) {
    this.text?.nextMark(by);
  }
}
