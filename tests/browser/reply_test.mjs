// SPDX-License-Identifier: GPL-3.0-or-later
// Replies: what is shown before they go, and that each goes once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  assertAccessible, eventually, launch, onPage, openMessage, shot, shut, signIn, world,
} from "./browser.mjs";

before(launch);
after(shut);

const path = `/api/v1/messages/${world.reply.id}/replies`;
const text = (page) => page.getByRole("textbox", { name: "Text of the reply" });

async function outboxTotal(page) {
  return page.evaluate(async () => (await (await fetch("/api/v1/outbox?limit=1")).json()).total);
}

test("a reply is previewed, sent once, and followed to the server's answer", () => onPage(async (page) => {
  await signIn(page);
  await openMessage(page, world.reply.id);
  const before = await outboxTotal(page);
  const keys = [];
  page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith(path)) keys.push(request.headers()["idempotency-key"]);
  });
  await page.getByRole("button", { name: "Reply", exact: true }).click();
  await page.locator(".reply-preview dd", { hasText: world.reply.to }).first().waitFor();
  await text(page).fill("Thank you, we have seen it.");
  await shot(page, "reply");
  await assertAccessible(page, "reply");
  await page.reload();
  assert.equal(await text(page).inputValue(), "Thank you, we have seen it.", "the draft survives");
  await page.locator(".reply button.main").dblclick();
  await page.locator('.outbox-state[data-state="sent"]').waitFor({ timeout: 60_000 });
  await page.locator(".outbox-item td .good", { hasText: "250" }).first().waitFor();
  assert.equal(new Set(keys).size, 1);
  assert.equal(await outboxTotal(page), before + 1);
  await shot(page, "reply_sent");
}));

test("after a broken line the same words go again under the same key", () => onPage(async (page) => {
  await signIn(page);
  await openMessage(page, world.reply.id);
  const before = await outboxTotal(page);
  const seen = [];
  await page.route(`**${path}`, async (route) => {
    seen.push([route.request().headers()["idempotency-key"], route.request().postData()]);
    if (seen.length > 1) return route.continue();
    await route.fetch();
    return route.abort("connectionreset");
  });
  await page.getByRole("button", { name: "Reply to all" }).click();
  await text(page).fill("Once, whatever happens.");
  await page.locator(".reply button.main").click();
  await page.getByText("Sending it again is safe").waitFor();
  assert.ok(await text(page).isDisabled(), "what may be on its way cannot be changed");
  await shot(page, "reply_line_broke");
  await page.reload();
  await page.getByRole("button", { name: "Send again" }).click();
  await page.locator(".outbox-state").waitFor();
  assert.equal(seen.length, 2);
  assert.deepEqual(seen[1], seen[0]);
  assert.equal(await outboxTotal(page), before + 1);
}));

test("the outbox lists what was written, with the answers", () => onPage(async (page) => {
  await signIn(page);
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Outbox" }).click();
  await page.locator("tbody tr", { hasText: world.reviewer.user }).first().waitFor();
  await page.getByRole("button", { name: "Show", exact: true }).first().click();
  await page.locator(".outbox-state").first().waitFor();
  await eventually(() => page.locator(".outbox-item").count(), 1);
  await shot(page, "outbox");
  await assertAccessible(page, "outbox");
}));
