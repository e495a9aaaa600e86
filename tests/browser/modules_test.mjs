// SPDX-License-Identifier: GPL-3.0-or-later
// The page's modules that need no browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAgo, formatSize, senderOf, showControls } from "../../api/web/format.js";
import { sums } from "../../api/web/growth_chart.js";
import {
  addTerm, dateTerm, datesOf, fieldTerm, hasTerm, removeTerm, toggleTerm, tokensOf, withDates,
} from "../../api/web/query_text.js";
import { threadOrder } from "../../api/web/thread_view.js";

test("a query is cut at white space outside quotes and brackets", () => {
  assert.deepEqual(tokensOf(' from:"a  b" (x OR "y )") z '), ['from:"a  b"', '(x OR "y )")', "z"]);
  assert.deepEqual(tokensOf('open "quote here'), ["open", '"quote here']);
  assert.deepEqual(tokensOf(""), []);
});

test("terms are added so that every hit must have them", () => {
  assert.equal(addTerm("", "a:b"), "a:b");
  assert.equal(addTerm("*", "a:b"), "a:b");
  assert.equal(addTerm("invoice", "a:b"), "invoice a:b");
  assert.equal(addTerm("x OR y", "a:b"), "(x OR y) a:b");
});

test("terms are taken out where they stand as such", () => {
  assert.equal(removeTerm("invoice a:b", "a:b"), "invoice");
  assert.equal(removeTerm("a:b", "a:b"), "*");
  assert.equal(removeTerm("x AND a:b", "a:b"), "x");
  assert.equal(removeTerm("a:b AND x", "a:b"), "x");
  assert.equal(hasTerm("NOT a:b", "a:b"), false);
  assert.equal(hasTerm("a:b OR x", "a:b"), false);
  assert.equal(toggleTerm(toggleTerm("x OR y", "a:b"), "a:b"), "(x OR y)");
});

test("a query has one range of dates", () => {
  assert.equal(withDates("x date:2024-03", "date:2023"), "x date:2023");
  assert.equal(withDates("date:2024-03", null), "*");
  assert.deepEqual(datesOf("x date:2024-01..2024-03"), { from: "2024-01", to: "2024-03" });
  assert.deepEqual(datesOf("date:2024"), { from: "2024", to: "2024" });
  assert.equal(datesOf("x"), null);
  assert.equal(dateTerm("2024-01", "2024-01"), "date:2024-01");
});

test("values are written as the query language wants them", () => {
  assert.equal(fieldTerm("from", "anna@halden.example"), "from:anna@halden.example");
  assert.equal(fieldTerm("from", "o'reilly@halden.example"), 'from:"o\'reilly@halden.example"');
  assert.equal(fieldTerm("account", "anna"), 'account:"anna"');
  assert.equal(fieldTerm("account", 'a"b'), null);
});

test("what could mislead is made visible", () => {
  assert.equal(showControls("a\u0007b\r\nc\rd\te\u007f"), "a\u2407b\nc\u240dd\te\u2421");
  assert.equal(showControls("exe.\u202efdp"), "exe.\u2039U+202E\u203afdp");
});

test("sizes, times and senders", () => {
  assert.deepEqual([0, 1, 1023, 1024, 10 * 1024, 5 * 1024 ** 4].map(formatSize),
    ["0 bytes", "1 byte", "1,023 bytes", "1.0 KiB", "10 KiB", "5.0 TiB"]);
  const now = Date.parse("2024-03-01T12:00:00Z");
  assert.equal(formatAgo("2024-03-01T11:57:00Z", now), "3 minutes ago");
  assert.equal(formatAgo("2024-03-01T14:00:00Z", now), "in 2 hours");
  assert.equal(formatAgo(null, now), "never");
  assert.deepEqual(senderOf("Anna L <a@b>"), ["Anna L", "a@b"]);
  assert.deepEqual(senderOf("a@b"), ["a@b", ""]);
  assert.deepEqual(senderOf(""), ["no sender", ""]);
});

test("a conversation is ordered below its parents, whatever they point at", () => {
  const message = (id, parent) => ({ id, parent });
  const shown = (messages) => threadOrder(messages).map((one) => `${one.depth}${one.message.id}`).join(" ");
  assert.equal(shown([message("a", null), message("b", "a"), message("c", null), message("d", "b")]), "0a 1b 2d 0c");
  assert.equal(shown([message("a", "gone"), message("b", "b")]), "0a 0b");
  assert.equal(shown([message("a", "b"), message("b", "a")]), "0a 1b");
});

test("growth begins with nothing and only grows", () => {
  const points = sums([{ day: "2024-03-01", messages: 3 }, { day: "2024-03-05", messages: 2 }], "messages");
  assert.deepEqual(points.map((one) => one.value), [0, 3, 5]);
  assert.deepEqual(sums([], "messages"), []);
});
