// SPDX-License-Identifier: GPL-3.0-or-later
// Where one is, in the address behind #: it survives signing in again, reloading, and Back.

/** "#/search?q=a&id=..." to {name: "search", parameters: {q: "a", id: "..."}}. */
export function currentRoute() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { name: path, parameters: Object.fromEntries(new URLSearchParams(query)) };
}

export function hrefOf(name, parameters = {}) {
  const pairs = Object.entries(parameters).filter(([, value]) => value);
  return `#/${name}${pairs.length ? `?${new URLSearchParams(pairs)}` : ""}`;
}

/** Goes there and tells the listeners; `isStep` false: Back does not come back to the present place. */
export function go(name, parameters = {}, isStep = true) {
  const href = hrefOf(name, parameters);
  if (href === location.hash) return;
  if (isStep) {
    location.hash = href;
  } else {
    history.replaceState(null, "", href);
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
}
