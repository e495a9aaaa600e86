// SPDX-License-Identifier: GPL-3.0-or-later
// What stands above a message's text: who, when, what is attached, where it was seen.

import { messagePath } from "./api.js";
import { button, definitions, h, table } from "./dom.js";
import { count, formatDateLong, formatSize, showControls } from "./format.js";

const SHOWN_ADDRESSES = 8;

/** "Anna <anna@a.example>" */
function addressText({ name, address }) {
  const shown = name && address ? `${name} <${address}>` : name || address;
  return showControls(shown);
}

function addressList(addresses) {
  if (!addresses?.length) return null;
  const shown = addresses.slice(0, SHOWN_ADDRESSES).map(addressText).join(", ");
  const rest = addresses.slice(SHOWN_ADDRESSES);
  if (rest.length === 0) return shown;
  const more = button(`and ${rest.length} more`, () => more.replaceWith(`, ${rest.map(addressText).join(", ")}`),
    { class: "link" });
  return [shown, " ", more];
}

export function messageHead(message) {
  const notes = [...(message.oddities ?? []), ...(message.notes ?? [])];
  const unread = message.unsearchable ?? [];
  return h("header", { class: "message-head" },
    h("h2", {}, showControls(message.subject || "no subject")),
    definitions([
      ["From", addressList(message.from) ?? "no sender"],
      ["To", addressList(message.to)],
      ["Cc", addressList(message.cc)],
      ["Bcc", addressList(message.bcc)],
      ["Reply to", addressList(message.reply_to)],
      ["Date", formatDateLong(message.date)],
      ["Size", formatSize(message.size ?? 0)],
    ], { class: "message-headers" }),
    unread.length ? h("p", { class: "notice" }, `Not searchable in it: ${unread.join(", ")}.`) : null,
    notes.length ? h("p", { class: "notice" }, `Odd about it: ${notes.join(", ")}.`) : null);
}

export function attachmentList(message) {
  const parts = message.attachments ?? [];
  if (parts.length === 0) return null;
  return h("section", { class: "attachments", "aria-label": "Attachments" },
    h("h3", {}, count(parts.length, "attachment")),
    h("ul", {}, parts.map((part) => {
      const name = showControls(part.filename || `part ${part.number}`);
      return h("li", {},
        h("a", { href: messagePath(message.id, "parts", part.number), download: part.filename || "" }, name),
        h("span", { class: "note" }, `${part.content_type}, ${formatSize(part.size)}`));
    })));
}

export function placeList(message) {
  const places = message.occurrences ?? [];
  if (places.length === 0) return null;
  const first = places[0];
  const summary = places.length === 1
    ? `Seen in ${first.account.name}, ${showControls(first.folder)}`
    : `Seen in ${count(places.length, "place")}`;
  return h("details", { class: "places" }, h("summary", {}, summary),
    table("Where the message was seen",
      ["Account", "Custodian", "Folder", "UID", "Epoch", "Flags", "Seen", "Log entry"],
      places.map((place) => h("tr", {}, [
        place.account.name, place.custodian, showControls(place.folder), place.uid ?? place.uidl ?? "",
        place.uidvalidity, place.flags, formatDateLong(place.seen), place.position,
      ].map((value) => h("td", {}, value))))));
}

export function headerView(headers) {
  return table("All headers in their order", ["Name", "Value"], headers.map(({ name, value }) =>
    h("tr", { class: "header-row" }, h("th", { scope: "row" }, showControls(name)), h("td", {}, showControls(value)))));
}
