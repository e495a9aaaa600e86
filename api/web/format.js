// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers, sizes and times as the page writes them. All times are UTC, as in queries and the log.

const numbers = new Intl.NumberFormat("en");
const shortDate = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
});
const longDate = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC", weekday: "short", day: "numeric", month: "long", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});

export const formatNumber = (value) => numbers.format(value);

export function count(value, one, many = `${one}s`) {
  return `${numbers.format(value)} ${value === 1 ? one : many}`;
}

export function formatSize(bytes) {
  if (bytes < 1024) return count(bytes, "byte");
  const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = -1;
  while (value >= 1024 && unit + 1 < units.length) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function formatDate(text) {
  return text ? shortDate.format(new Date(text)) : "no date";
}

export function formatDateLong(text) {
  return text ? `${longDate.format(new Date(text))} UTC` : "no readable date";
}

export function formatDuration(seconds) {
  const steps = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]];
  const [length, name] = steps.find(([one]) => seconds >= one * 2) ?? steps.at(-1);
  return count(Math.floor(seconds / length), name);
}

/** "3 minutes ago", "in 2 hours". */
export function formatAgo(text, now = Date.now()) {
  if (!text) return "never";
  const seconds = (now - Date.parse(text)) / 1000;
  if (Math.abs(seconds) < 2) return "just now";
  return seconds > 0 ? `${formatDuration(seconds)} ago` : `in ${formatDuration(-seconds)}`;
}

/**
 * What could mislead a reader is made visible: control characters as their pictures, marks that turn
 * the direction of text as their code points.
 */
export function showControls(text) {
  return text.replace(/\r\n/g, "\n")
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, (one) => String.fromCharCode(0x2400 + one.charCodeAt(0)))
    .replace(/\u007f/g, "\u2421")
    .replace(/[\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      (one) => `\u2039U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}\u203a`);
}

/** "Anna <anna@a.example>" in two; the second is empty where there is only one. */
export function senderOf(from) {
  const parts = /^(.*\S)\s*<([^<>]*)>$/s.exec(showControls(from));
  return parts ? parts.slice(1) : [showControls(from) || "no sender", ""];
}
