// SPDX-License-Identifier: GPL-3.0-or-later
// The page in real Chromium, against a running archive.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import {
  assertAccessible, eventually, fillIn, launch, onPage, openMessage, search, shot, shut, signIn, world,
} from "./browser.mjs";

before(launch);
after(shut);

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const list = (page) => page.getByRole("listbox", { name: "Messages found" });
const subject = (page) => page.locator(".message-head h2");

test("a wrong password is refused in a sentence, a right one lets in", () => onPage(async (page) => {
  await page.goto(world.url);
  await shot(page, "sign_in");
  await assertAccessible(page, "sign-in");
  await fillIn(page, world.reviewer, "not the password");
  await page.locator(".problem-code").waitFor();
  await fillIn(page, world.reviewer);
  await page.getByRole("link", { name: "Search" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("User").waitFor();
  await page.goto(`${world.url}/#/search?q=*`);
  await page.getByLabel("User").waitFor();
}));

test("a token lets in as well", () => onPage(async (page) => {
  await page.goto(world.url);
  await page.getByRole("button", { name: "Use a token instead" }).click();
  await page.getByLabel("Token").fill(world.token);
  await page.keyboard.press("Enter");
  await page.getByRole("searchbox").waitFor();
}));

test("who is signed out in the middle comes back to where they were", () => onPage(async (page, context) => {
  await signIn(page);
  await openMessage(page, world.planted.id);
  await context.clearCookies();
  await page.getByRole("tab", { name: "Proof" }).click();
  await page.getByText("Your session has ended").waitFor();
  await fillIn(page, world.reviewer);
  await page.locator(".proof-facts").waitFor();
  assert.equal(await subject(page).textContent(), world.planted.subject);
}));

test("a planted word finds its message, and is marked in it", () => onPage(async (page) => {
  await signIn(page);
  await search(page, world.planted.query);
  assert.equal(await page.locator(".total").textContent(), "1 message");
  await list(page).getByRole("option").first().click();
  assert.equal(await subject(page).textContent(), world.planted.subject);
  const marks = page.locator(".message-text mark");
  assert.equal((await marks.first().textContent()).toLowerCase(), world.planted.query.toLowerCase());
  await shot(page, "planted_word");
}));

test("a query that cannot be understood is marked at its word, typed and sent", () => onPage(async (page) => {
  await signIn(page);
  const box = page.getByRole("searchbox");
  await box.pressSequentially(world.fault.query);
  await eventually(() => page.locator(".fault-word").textContent(), world.fault.word);
  await box.fill("invoice");
  await eventually(() => page.locator(".fault-word").count(), 0);
  await box.fill(world.fault.query);
  await page.keyboard.press("Enter");
  await page.getByText("The query is not understood").waitFor();
  assert.equal(await page.locator(".fault-word").textContent(), world.fault.word);
  assert.notEqual(await page.locator(".fault-reason").textContent(), "");
  assert.equal(await box.getAttribute("aria-invalid"), "true");
  await shot(page, "fault");
  await assertAccessible(page, "fault");
}));

test("facets narrow the search and take themselves back", () => onPage(async (page) => {
  await signIn(page);
  await search(page, "*");
  const whole = await page.locator(".total").textContent();
  const facet = page.locator(".facet-value", { hasText: world.account });
  const hits = await facet.locator(".facet-count").textContent();
  await facet.click();
  await eventually(() => page.locator(".total").textContent(), `${hits} ${hits === "1" ? "message" : "messages"}`);
  assert.equal(await page.getByRole("searchbox").inputValue(), `account:"${world.account}"`);
  assert.equal(await facet.getAttribute("aria-pressed"), "true");
  await facet.click();
  await eventually(() => page.locator(".total").textContent(), whole);

  const bars = page.locator(".month-bar");
  const month = await bars.first().getAttribute("data-month");
  const box = await page.locator(".histogram").boundingBox();
  await page.mouse.click(box.x + 1, box.y + box.height - 2);
  await eventually(() => page.getByRole("searchbox").inputValue(), `date:${month}`);
  await page.getByRole("button", { name: "Any date" }).click();
  await eventually(() => page.getByRole("searchbox").inputValue(), "*");
  await eventually(() => page.locator(".total").textContent(), whole);

  const [first, last] = [month, await bars.last().getAttribute("data-month")];
  await page.mouse.move(box.x + 1, box.y + 5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 1, box.y + 5, { steps: 4 });
  await page.mouse.up();
  await eventually(() => page.getByRole("searchbox").inputValue(),
    first === last ? `date:${first}` : `date:${first}..${last}`);
}));

test("the list scrolls to the last hit, with the scrollbar and with End", () => onPage(async (page) => {
  await signIn(page);
  await search(page, "*");
  const total = world.total.toLocaleString("en");
  assert.equal(await page.locator(".total").textContent(), `${total} messages`);
  const rows = await list(page).evaluate((element) => {
    const height = element.querySelector("[data-index]").offsetHeight;
    return Math.round(element.scrollHeight / height);
  });
  assert.equal(rows, world.total, "the scrollbar stands for every hit");

  await list(page).evaluate((element) => { element.scrollTop = element.scrollHeight; });
  const last = page.locator(`[data-index="${world.total - 1}"]`);
  await last.getByText(world.last.subject, { exact: true }).waitFor();
  assert.ok(await last.evaluate((row) => {
    const [a, b] = [row.getBoundingClientRect(), row.closest(".list").getBoundingClientRect()];
    return a.bottom <= b.bottom + 1 && a.top >= b.top - 1;
  }), "the last hit is wholly in sight");
  assert.ok(await list(page).getByRole("option").count() < 100, "only rows in sight exist");

  await page.reload();
  await list(page).getByRole("option").first().waitFor();
  await list(page).press("End");
  await last.getByText(world.last.subject, { exact: true }).waitFor();
  assert.equal(await last.getAttribute("aria-selected"), "true");
  for (let i = 0; i < 20; i += 1) await list(page).press("ArrowUp");
  const places = await list(page).getByRole("option").evaluateAll((all) => all.map((one) => Number(one.dataset.index)));
  assert.deepEqual(places, places.toSorted((a, b) => a - b), "rows are read in the order of the list");
  await list(page).press("End");
  await list(page).press("Enter");
  assert.equal(await subject(page).textContent(), world.last.subject);
  await shot(page, "last_hit");
}));

test("everything can be done by keyboard", () => onPage(async (page) => {
  await page.goto(world.url);
  await page.locator("#sign-in-user:focus").waitFor();
  await page.keyboard.type(world.reviewer.user);
  await page.keyboard.press("Tab");
  await page.keyboard.type(world.reviewer.password);
  await page.keyboard.press("Enter");
  await page.getByRole("searchbox").waitFor();
  await page.keyboard.type("*");
  await page.keyboard.press("Enter");
  await list(page).getByRole("option").first().waitFor();
  const chosen = () => page.locator('[aria-selected="true"][role="option"]').getAttribute("data-index");
  for (const key of ["j", "j", "ArrowDown", "k"]) await page.keyboard.press(key);
  assert.equal(await chosen(), "1");
  await page.keyboard.press("Enter");
  await subject(page).waitFor();
  const first = page.url();  // two messages may have one subject, never one address
  await page.keyboard.press("j");
  await eventually(async () => await subject(page).count() === 1 && page.url() !== first, true);
  await page.keyboard.press("t");
  await page.locator(".thread-message[aria-current]").waitFor();
  await page.keyboard.press("v");
  await page.locator(".message-source").waitFor();
  await page.keyboard.press("r");
  await page.getByRole("textbox", { name: "Text of the reply" }).waitFor();
  await page.keyboard.type("j");
  assert.equal(await page.getByRole("textbox", { name: "Text of the reply" }).inputValue(), "j");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.getByText("Open a message to read it here.").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Help" }).getByText("subject:", { exact: true }).waitFor();
  await shot(page, "help");
  await assertAccessible(page, "help");
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.getByRole("heading", { name: "Archive" }).waitFor();
  await page.keyboard.press("/");
  assert.ok(await page.getByRole("searchbox").evaluate((box) => box === document.activeElement));
}));

test("HTML is shown in frames in which nothing runs and from which nothing leaves", () => onPage(async (page) => {
  await signIn(page);
  await openMessage(page, world.html.id, "html");
  await page.frameLocator("iframe").getByText(world.html.text).first().waitFor();
  const frame = page.locator("iframe").first();
  assert.equal(await frame.getAttribute("sandbox"), "");
  await page.getByText(/to the outside/).first().waitFor();
  await shot(page, "html");
  await page.getByRole("button", { name: "Taller" }).first().click();
  assert.ok((await frame.boundingBox()).height > 1000);
}));

test("hostile HTML runs no script, opens no dialog and asks nobody", () => onPage(async (page) => {
  await signIn(page);
  for (const { id, kind } of world.hostile) {
    await openMessage(page, id, "html");
    const frames = page.locator("iframe");
    await frames.first().waitFor();
    for (let i = 0; i < await frames.count(); i += 1) {
      const inside = await (await frames.nth(i).elementHandle()).contentFrame();
      await inside.waitForLoadState("load");
    }
    assert.equal(await page.title(), "Search \u2013 Mailkeep", kind);
    assert.match(page.url(), new RegExp(id), kind);
  }
}, { hostile: true }));

test("attachments and source are the exact bytes", () => onPage(async (page) => {
  await signIn(page);
  await openMessage(page, world.attachment.id);
  const [attached] = await Promise.all([page.waitForEvent("download"),
    page.getByRole("link", { name: world.attachment.filename }).click()]);
  assert.equal(sha256(readFileSync(await attached.path())), world.attachment.sha256);
  await shot(page, "attachment");

  await openMessage(page, world.raw.id, "source");
  await page.locator(".message-source", { hasText: world.raw.line }).waitFor();
  await shot(page, "source");
  const [whole] = await Promise.all([page.waitForEvent("download"),
    page.getByRole("link", { name: "Download", exact: true }).click()]);
  assert.equal(sha256(readFileSync(await whole.path())), world.raw.sha256);
}));

test("a conversation is shown whole, and leads to its messages", () => onPage(async (page) => {
  await signIn(page);
  await openMessage(page, world.thread.id, "thread");
  const messages = page.locator(".thread-message");
  await messages.first().waitFor();
  assert.equal(await messages.count(), world.thread.size);
  assert.equal(await page.locator(".thread-message[aria-current]").count(), 1);
  await shot(page, "thread");
  const other = page.locator(".thread-message:not([aria-current])").first();
  const wanted = await other.locator(".thread-subject").textContent();
  await other.click();
  await eventually(() => subject(page).textContent(), wanted);
  await page.goBack();
  await eventually(() => page.locator(".thread-message[aria-current]").count(), 1);
}));

test("headers, places and proof are there", () => onPage(async (page) => {
  await signIn(page);
  await openMessage(page, world.planted.id, "headers");
  await page.locator(".header-row", { hasText: "Subject" }).first().waitFor();
  await page.locator(".places summary").click();
  assert.ok(await page.locator(".places tbody tr").count() >= 1);
  await page.getByRole("tab", { name: "Proof" }).click();
  await page.locator(".proof-facts").getByText(world.planted.id).waitFor();
  await shot(page, "proof");
  await assertAccessible(page, "reader");
}));

test("the dashboard shows each account and the archive's growth", () => onPage(async (page) => {
  await signIn(page);
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Archive" }).click();
  await page.getByRole("article", { name: `Account ${world.account}` }).waitFor();
  assert.equal(await page.locator(".chart").count(), 2);
  await page.getByRole("article").first().getByRole("button", { name: "Folders" }).click();
  await page.getByRole("rowheader", { name: "INBOX" }).waitFor();
  await shot(page, "dashboard");
  await assertAccessible(page, "dashboard");
}));

test("an administrator lands on the dashboard, sees no mail, and can fetch", () => onPage(async (page) => {
  await signIn(page, world.administrator);
  await page.getByRole("heading", { name: "Archive" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Search" }).count(), 0);
  await page.goto(`${world.url}/#/search?q=*`);
  await page.getByRole("heading", { name: "Archive" }).waitFor();
  assert.equal(await page.getByRole("searchbox").count(), 0);
  await page.getByRole("article").first().getByRole("button", { name: "Fetch now" }).click();
  await page.locator(".job .badge-done").waitFor({ timeout: 60_000 });
  await shot(page, "administrator");
}));

test("an auditor reads who did what", () => onPage(async (page) => {
  await signIn(page, world.auditor);
  await page.getByRole("link", { name: "Audit" }).click();
  await page.locator("tbody tr").first().waitFor();
  await page.getByLabel("Show").selectOption("access");
  await page.locator("tbody tr", { hasText: world.reviewer.user }).first().waitFor();
  await shot(page, "audit");
  await assertAccessible(page, "audit");
}));

test("at the width of a phone one pane is shown at a time", () => onPage(async (page) => {
  await signIn(page);
  await search(page, "*");
  await shot(page, "phone_list");
  await list(page).getByRole("option").first().click();
  await page.getByRole("button", { name: "Back" }).click();
  await list(page).waitFor();
  await list(page).getByRole("option").nth(1).click();
  await subject(page).waitFor();
  assert.equal(await list(page).isVisible(), false);
  await shot(page, "phone_reader");
  await assertAccessible(page, "phone");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
  await page.goBack();
  await list(page).waitFor();
  await page.getByRole("button", { name: "Filters" }).click();
  await page.locator(".facet-value").first().waitFor();
  await shot(page, "phone_filters");
}, { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true }));

test("dark follows the system, and the button changes it for good", () => onPage(async (page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await signIn(page);
  const dark = await ground();
  await search(page, "*");
  await list(page).getByRole("option").first().click();
  await page.locator(".message-head").waitFor();
  await shot(page, "dark_reader");
  await assertAccessible(page, "dark");
  await page.getByRole("link", { name: "Archive" }).click();
  await page.locator(".chart").first().waitFor();
  await shot(page, "dark_dashboard");
  await assertAccessible(page, "dark dashboard");
  await page.getByRole("button", { name: "Light", exact: true }).click();
  const light = await ground();
  assert.notEqual(light, dark);
  await page.reload();
  await page.locator(".chart").first().waitFor();
  assert.equal(await ground(), light);
}, { colorScheme: "dark" }));
