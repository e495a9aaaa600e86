// SPDX-License-Identifier: GPL-3.0-or-later
// The conversation that a message belongs to, answers below what they answer.

import { get } from "./api.js";
import { h } from "./dom.js";
import { count, formatDate, senderOf, showControls } from "./format.js";
import { showLoaded } from "./problem_view.js";

const MAX_INDENT = 8;

/** Messages with their depth, each below its parent, otherwise in the order they came. */
export function threadOrder(messages) {
  const known = new Set(messages.map((one) => one.id));
  const children = new Map();
  for (const one of messages) {
    const parent = known.has(one.parent) && one.parent !== one.id ? one.parent : null;
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(one);
  }
  const ordered = [];
  const seen = new Set();
  const stack = (children.get(null) ?? []).map((message) => ({ message, depth: 0 })).reverse();
  const walk = () => {
    while (stack.length > 0) {
      const { message, depth } = stack.pop();
      if (seen.has(message.id)) continue;
      seen.add(message.id);
      ordered.push({ message, depth });
      for (const child of [...(children.get(message.id) ?? [])].reverse())
        stack.push({ message: child, depth: depth + 1 });
    }
  };
  walk();
  // Messages that answer each other in a circle hang from nothing.
  for (const message of messages) {
    if (seen.has(message.id)) continue;
    stack.push({ message, depth: 0 });
    walk();
  }
  return ordered;
}

export function threadView(id, open) {
  const element = h("div", { class: "thread" });
  showLoaded(element, "Looking for the conversation\u2026", async () => {
    const thread = await get(`/api/v1/threads/${encodeURIComponent(id)}`);
    return [
      h("p", { class: "note" }, `${count(thread.messages.length, "message")} in this conversation`,
        thread.is_truncated ? "; it is longer, these are the nearest." : "."),
      h("ol", { class: "thread-list" }, threadOrder(thread.messages).map(({ message, depth }) => {
        const item = h("li", {}, h("button", {
          type: "button", class: "thread-message", onclick: () => open(message.id),
          "aria-current": message.id === id ? "true" : null,
        }, h("span", { class: "thread-from", title: message.from }, senderOf(message.from)[0]),
        h("span", { class: "thread-subject" }, showControls(message.subject) || "no subject"),
        h("time", { datetime: message.date }, formatDate(message.date))));
        item.style.setProperty("--depth", Math.min(depth, MAX_INDENT));
        return item;
      })),
    ];
  });
  return element;
}
