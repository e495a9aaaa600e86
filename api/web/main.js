// SPDX-License-Identifier: GPL-3.0-or-later
// The page: who is signed in, which view is shown, and the keys that work everywhere.

import { onSignedOut, Problem } from "./api.js";
import { AuditView } from "./audit_view.js";
import { Dashboard } from "./dashboard.js";
import { button, h, replace } from "./dom.js";
import { openHelp } from "./help.js";
import { listenToKeys } from "./keys.js";
import { OutboxView } from "./outbox_view.js";
import { problemView } from "./problem_view.js";
import { currentRoute, go, hrefOf } from "./router.js";
import { SearchView } from "./search_view.js";
import { can, findSession, forgetSession, session, signOut } from "./session.js";
import { SignIn } from "./sign_in.js";
import { applyTheme, themeButton } from "./theme.js";

const VIEWS = [
  { name: "search", label: "Search", keys: "g s", make: SearchView, scopes: ["search", "messages:read"] },
  { name: "archive", label: "Archive", keys: "g d", make: Dashboard, scopes: ["accounts:read"] },
  { name: "outbox", label: "Outbox", keys: "g o", make: OutboxView, scopes: ["outbox:read"] },
  { name: "audit", label: "Audit", keys: "g a", make: AuditView, scopes: ["audit:read"] },
];

const main = h("main", { id: "main", tabindex: "-1" });
const header = h("header", { class: "bar" });
let view = null;
let viewName = null;
let made = {};

const allowed = () => VIEWS.filter((one) => one.scopes.every(can));

function show(next, name) {
  view?.close?.();
  view = next;
  viewName = name;
  document.title = `${next.title} \u2013 Mailkeep`;
  replace(main, next.element);
}

function showHeader() {
  if (!session()) {
    replace(header, h("span", { class: "brand" }, "Mailkeep"), h("span", { class: "space" }), themeButton());
    return;
  }
  replace(header, h("span", { class: "brand" }, "Mailkeep"),
    h("nav", { "aria-label": "Views" }, allowed().map((one) => h("a", {
      href: hrefOf(one.name), "aria-current": one.name === viewName ? "page" : null, title: one.keys,
    }, one.label))),
    h("span", { class: "space" }),
    h("span", { class: "who", title: session().role }, session().user), themeButton(),
    button("Help", openHelp, { class: "quiet", title: "?" }), button("Sign out", leave, { class: "quiet" }));
}

function showRoute() {
  if (!session()) return;
  const { name, parameters } = currentRoute();
  const choice = allowed().find((one) => one.name === name) ?? allowed()[0];
  if (!choice) {
    replace(main, h("p", { class: "empty" }, "You may use this archive, but not through this page."));
    return;
  }
  if (choice.name !== name) {
    go(choice.name, {}, false);
    return;
  }
  if (choice.name !== viewName) {
    made[name] ??= new choice.make();
    show(made[name], name);
    showHeader();
  }
  view.update(parameters);
}

function showSignIn(note) {
  forgetSession();
  made = {};
  const form = new SignIn(showRoute, note);
  show(form, null);
  showHeader();
  form.focus();
}

async function leave() {
  try {
    await signOut();
    // What was on the page is not for the next one to see.
    history.replaceState(null, "", "/");
    location.reload();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    main.prepend(problemView(error));
  }
}

function handleKey(keys, event) {
  if (!session()) return false;
  if (keys === "?") {
    openHelp();
    return true;
  }
  const choice = allowed().find((one) => one.keys === keys);
  if (choice) {
    go(choice.name);
    return true;
  }
  if (keys === "/" && viewName !== "search" && can("search")) {
    go("search");
    return true;
  }
  return view.key?.(keys, event) ?? false;
}

async function begin() {
  try {
    if (await findSession()) showRoute();
    else showSignIn();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    replace(main, problemView(error, begin));
  }
}

applyTheme();
document.body.append(
  button("Skip to the content", () => main.focus(), { class: "skip" }), header, main);
onSignedOut(() => { if (session()) showSignIn("Your session has ended. Sign in to go on where you were."); });
addEventListener("hashchange", showRoute);
listenToKeys(handleKey);
showHeader();
begin();
