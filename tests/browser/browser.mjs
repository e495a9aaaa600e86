// SPDX-License-Identifier: GPL-3.0-or-later
// Chromium, the page in it, and what the tests know about the archive behind it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const screenshots = process.env.MAILKEEP_SCREENSHOTS;

/** Written by whoever prepared the archive: browser_test.py says what is in it. */
export const world = JSON.parse(readFileSync(process.env.MAILKEEP_WORLD, "utf8"));

let browser;

export async function launch() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    chromiumSandbox: process.getuid() !== 0,
    args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
}

export const shut = () => browser?.close();

/**
 * Runs `steps` on a page of its own. Whatever the page does wrong on the way fails the test: a dialog,
 * an uncaught error, a request to anywhere but the archive, a policy that had to stop something.
 */
export async function onPage(steps, { hostile = false, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.stack}`));
  // What the policy stops is told of as well, but never leaves: the driver counts what arrives.
  const isForeign = (request) => !/^data:/.test(request.url()) && new URL(request.url()).origin !== world.url;
  page.on("requestfailed", (request) => {
    if (isForeign(request) && request.failure().errorText !== "csp") faults.push(`request: ${request.url()}`);
  });
  page.on("requestfinished", (request) => {
    if (isForeign(request)) faults.push(`request: ${request.url()}`);
  });
  page.on("console", (message) => {
    if (!hostile && message.type() === "error" && /Content Security Policy|Trusted/i.test(message.text()))
      faults.push(`policy: ${message.text()}`);
  });
  try {
    await steps(page, context);
    assert.deepEqual(faults, []);
  } catch (error) {
    if (screenshots) await page.screenshot({ path: join(screenshots, "failed.png") }).catch(() => {});
    if (faults.length) error.message += `\nand on the page: ${faults.join("\n")}`;
    throw error;
  } finally {
    await context.close();
  }
}

export async function fillIn(page, who, password = who.password) {
  await page.getByLabel("User").fill(who.user);
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
}

/** By the form for the first time, afterwards by the cookie that it gave. */
const cookies = new Map();
export async function signIn(page, who = world.reviewer) {
  if (cookies.has(who.user)) await page.context().addCookies(cookies.get(who.user));
  await page.goto(world.url);
  if (!cookies.has(who.user)) await fillIn(page, who);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  cookies.set(who.user, await page.context().cookies());
}

export async function search(page, query) {
  await page.getByRole("searchbox").fill(query);
  await page.keyboard.press("Enter");
  await page.getByRole("listbox").getByRole("option").first().waitFor();
}

export async function openMessage(page, id, view = "") {
  await page.goto(`${world.url}/#/search?q=*&id=${id}${view ? `&view=${view}` : ""}`);
  await page.locator(".message-head").waitFor();
}

/** Waits until `look` gives what is wanted; the last other answer is in the failure. */
export async function eventually(look, wanted, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  let found = await look();
  while (found !== wanted && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    found = await look();
  }
  assert.equal(found, wanted);
}

export async function shot(page, name) {
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`) });
}

/** What axe finds serious or critical. */
export async function assertAccessible(page, where) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run({ exclude: ["iframe"] }));
  const grave = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  assert.deepEqual(grave.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`), [], where);
}
