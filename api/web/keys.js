// SPDX-License-Identifier: GPL-3.0-or-later
// Keys that work anywhere on the page, except while somebody types.

const SEQUENCE_MS = 1_200;

function isTyping(target) {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(target.type));
}

/** handle(keys, event): "j", "Escape", "g d"; true if it meant something. */
export function listenToKeys(handle) {
  let first = null;
  let time = 0;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const isSecond = first !== null && event.timeStamp - time < SEQUENCE_MS;
    const keys = isSecond ? `${first} ${event.key}` : event.key;
    first = !isSecond && event.key === "g" ? "g" : null;
    time = event.timeStamp;
    if (first === null && handle(keys, event)) event.preventDefault();
  });
}
