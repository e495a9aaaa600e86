// SPDX-License-Identifier: GPL-3.0-or-later
// ReplyForm: an answer is written, looked at as it would go out, and handed to the archive once.

import { askJson, isAbort, messagePath, Problem } from "./api.js";
import { button, debounce, definitions, h, replace } from "./dom.js";
import { dropDraft, findDraft, newDraft, putDraft } from "./drafts.js";
import { OutboxItem } from "./outbox_item.js";
import { problemView } from "./problem_view.js";
import { session } from "./session.js";

const PREVIEW_DELAY_MS = 400;

export class ReplyForm {
  static hasDraft(messageId) {
    return findDraft(session().user, messageId) !== null;
  }

  /** closed(): the form is no longer needed. */
  constructor(message, all, closed) {
    this.message = message;
    this.closed = closed;
    this.draft = findDraft(session().user, message.id) ?? newDraft(all);
    this.build();
    this.show();
    this.preview();
  }

  build() {
    const id = (name) => `reply-${name}`;
    this.text = h("textarea", {
      id: id("text"), rows: "9", maxlength: "1000000", oninput: () => this.change("text", this.text.value),
    });
    this.all = this.checkbox("all", "To all recipients");
    this.quote = this.checkbox("quote", "Quote the original below");
    this.account = h("select", {
      id: id("account"), onchange: () => this.change("account", this.account.value),
    }, h("option", { value: "" }, "Where it was seen last"),
    this.accountNames().map((name) => h("option", { value: name }, name)));
    this.previewPlace = h("div", { class: "reply-preview", "aria-live": "polite" });
    this.result = h("div", {});
    this.send = h("button", { type: "submit", class: "main" }, "Send");
    this.discard = button("Discard", () => this.drop(), { class: "quiet" });
    this.askForPreview = debounce(PREVIEW_DELAY_MS, () => this.preview());
    const submit = (event) => {
      event.preventDefault();
      this.post();
    };
    this.form = h("form", { onsubmit: submit },
      h("div", { class: "reply-options" }, this.all.label, this.quote.label,
        h("label", { for: id("account") }, "Send through "), this.account),
      this.previewPlace,
      h("label", { for: id("text"), class: "unseen" }, "Text of the reply"), this.text,
      h("div", { class: "reply-actions" }, this.send, this.discard));
    this.element = h("section", { class: "reply", "aria-label": "Reply" }, this.form, this.result);
  }

  checkbox(name, label) {
    const box = h("input", { type: "checkbox", onchange: () => this.change(name, box.checked) });
    return { box, label: h("label", {}, box, ` ${label}`) };
  }

  accountNames() {
    const names = [...(this.message.occurrences ?? []).map((one) => one.account.name),
      ...(session().accounts ?? []).map((one) => one.name)];
    return [...new Set(names)];
  }

  /** The form as the draft has it. What has been posted can no longer be changed. */
  show() {
    const { text, all, quote, account, posted } = this.draft;
    this.text.value = text;
    this.all.box.checked = all;
    this.quote.box.checked = quote;
    this.account.value = account;
    for (const control of [this.text, this.all.box, this.quote.box, this.account])
      control.disabled = posted !== null;
    this.send.textContent = posted ? "Send again: it arrives once" : "Send";
    this.send.disabled = this.isSending === true;
    this.discard.disabled = this.isSending === true;
  }

  focus() {
    this.element.scrollIntoView({ block: "nearest" });
    this.text.focus();
  }

  setAll(all) {
    if (!this.draft.posted && this.draft.all !== all) this.change("all", all);
    this.show();
  }

  change(name, value) {
    this.draft[name] = value;
    this.keep();
    if (name !== "text") this.preview();
  }

  keep() {
    putDraft(session().user, this.message.id, this.draft);
  }

  body() {
    const { text, all, quote, account } = this.draft;
    return { text, all, quote, ...(account ? { account } : {}) };
  }

  async preview() {
    this.abort?.abort();
    this.abort = new AbortController();
    try {
      const shown = await askJson("POST", messagePath(this.message.id, "replies", "preview"),
        { body: { ...this.body(), text: "" }, signal: this.abort.signal });
      replace(this.previewPlace, definitions([
        ["From", `${shown.from} (account ${shown.account})`], ["To", shown.to.join(", ")],
        ["Cc", shown.cc.join(", ")], ["Subject", shown.subject],
      ]), shown.quoted ? h("details", {}, h("summary", {}, "Quoted below your text"),
        h("pre", { class: "quoted" }, shown.quoted)) : null);
    } catch (error) {
      if (isAbort(error)) return;
      if (!(error instanceof Problem)) throw error;
      replace(this.previewPlace, problemView(error, () => this.preview()));
    }
  }

  async post() {
    if (this.isSending) return;
    if (this.draft.text.trim() === "") {
      replace(this.result, h("p", { class: "notice", role: "alert" }, "Write something first."));
      this.text.focus();
      return;
    }
    this.isSending = true;
    // Order: kept before it is sent, so that a page that is reloaded now cannot send other words, or
    // the same under another key.
    this.draft.posted ??= this.body();
    this.keep();
    this.show();
    replace(this.result, h("p", { class: "waiting", role: "status" }, "Handing it to the archive\u2026"));
    try {
      const item = await askJson("POST", messagePath(this.message.id, "replies"),
        { body: this.draft.posted, headers: { "Idempotency-Key": this.draft.key } });
      this.queued(item);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.refused(error);
    } finally {
      this.isSending = false;
      this.show();
    }
  }

  queued(item) {
    dropDraft(session().user, this.message.id);
    const shown = new OutboxItem(item);
    replace(this.element, h("h3", {}, "Your reply"), shown.element,
      button("Close", () => { shown.close(); this.closed(); }, { class: "quiet" }));
  }

  /** After a clear refusal the words may be changed; otherwise nobody knows whether they are queued. */
  refused(problem) {
    if (!problem.isAmbiguous) {
      this.draft.posted = null;
      this.keep();
    }
    replace(this.result, problemView(problem), problem.isAmbiguous ? h("p", { class: "notice" },
      "The archive may have the reply or not. Sending it again is safe: it knows this reply and sends it once.")
      : null);
  }

  drop() {
    dropDraft(session().user, this.message.id);
    this.closed();
  }
}
