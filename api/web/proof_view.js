// SPDX-License-Identifier: GPL-3.0-or-later
// That a message was archived, and when, in the words of the signed log.

import { get, messagePath } from "./api.js";
import { definitions, h, table } from "./dom.js";
import { formatAgo, formatDateLong, formatNumber } from "./format.js";
import { showLoaded } from "./problem_view.js";

function checkpointText(checkpoint) {
  if (!checkpoint) return "None yet: the next signed checkpoint will cover it.";
  return `${formatDateLong(checkpoint.time)} (${formatAgo(checkpoint.time)}), ` +
    `over ${formatNumber(checkpoint.size)} entries`;
}

export function proofView(message) {
  const element = h("div", { class: "proof" });
  const path = messagePath(message.id, "proof");
  showLoaded(element, "Fetching the proof\u2026", async () => {
    const proof = await get(path);
    return [
      definitions([
        ["SHA-256", h("code", {}, proof.id)],
        ["Signed checkpoint", checkpointText(proof.checkpoint)],
        ["Log's key", h("code", {}, proof.public_key)],
      ], { class: "proof-facts" }),
      table("Entries of the log that name this message", ["Log entry", "Kind", "Leaf hash"],
        proof.proofs.map((one) => h("tr", {},
          h("td", {}, formatNumber(one.position)), h("td", {}, one.kind), h("td", {}, h("code", {}, one.leaf_hash))))),
      h("p", {}, h("a", { href: path, download: `${message.id}.proof.json` }, "Download the proof (JSON)")),
      h("details", {}, h("summary", {}, "How to check it without trusting this archive"),
        h("pre", { class: "instructions" }, proof.instructions)),
      proof.checkpoint ? h("details", {}, h("summary", {}, "The signed note"),
        h("pre", { class: "instructions" }, proof.checkpoint.note)) : null,
    ].filter(Boolean);
  });
  return element;
}
