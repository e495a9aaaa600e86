// SPDX-License-Identifier: GPL-3.0-or-later
// A reply that is being written lives in this tab until it is sent, through reloads and sign-ins.
//
// Its key is made once, with the draft. What has been sent under it and not been answered is kept as
// `posted`: only exactly that may be sent again, and the archive sends it once.

const PREFIX = "mailkeep-draft:";

export function findDraft(user, messageId) {
  const text = sessionStorage.getItem(`${PREFIX}${user}:${messageId}`);
  return text ? JSON.parse(text) : null;
}

export function newDraft(all) {
  return { key: randomKey(), text: "", all, quote: true, account: "", posted: null };
}

export function putDraft(user, messageId, draft) {
  sessionStorage.setItem(`${PREFIX}${user}:${messageId}`, JSON.stringify(draft));
}

export function dropDraft(user, messageId) {
  sessionStorage.removeItem(`${PREFIX}${user}:${messageId}`);
}

export function forgetDrafts() {
  for (const name of Object.keys(sessionStorage)) {
    if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
  }
}

/** crypto.randomUUID exists only over TLS and on loopback. */
function randomKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}
