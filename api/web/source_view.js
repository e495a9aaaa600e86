// SPDX-License-Identifier: GPL-3.0-or-later
// The exact bytes of a message, as far as they can be looked at.

import { ask, messagePath } from "./api.js";
import { h } from "./dom.js";
import { formatSize, showControls } from "./format.js";
import { showLoaded } from "./problem_view.js";

const SHOWN_BYTES = 256 * 1024;

export function sourceView(message) {
  const element = h("div", { class: "source" });
  if (message.size === 0) {
    element.append(h("p", { class: "note" }, "This message is empty: it has no bytes."));
    return element;
  }
  showLoaded(element, "Reading the source\u2026", async () => {
    const path = messagePath(message.id, "raw");
    const response = await ask("GET", path, { headers: { Range: `bytes=0-${SHOWN_BYTES - 1}` } });
    const bytes = new Uint8Array(await response.arrayBuffer()).subarray(0, SHOWN_BYTES);
    const isCut = bytes.length < message.size;
    return [
      h("p", { class: "note" },
        isCut ? `The first ${formatSize(bytes.length)} of ${formatSize(message.size)}. ` : "",
        h("a", { href: path, download: `${message.id}.eml` }, "Download all of it"),
        " \u00b7 SHA-256 ", h("code", {}, message.id)),
      h("pre", { class: "message-source", dir: "ltr" }, showControls(new TextDecoder().decode(bytes))),
    ];
  });
  return element;
}
