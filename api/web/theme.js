// SPDX-License-Identifier: GPL-3.0-or-later
// Light or dark: the system's choice until somebody chooses otherwise.

import { button } from "./dom.js";

const KEY = "mailkeep-theme";
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

const chosen = () => localStorage.getItem(KEY);
const isDark = () => (chosen() ?? (systemIsDark.matches ? "dark" : "light")) === "dark";

export function applyTheme() {
  if (chosen()) document.documentElement.dataset.theme = chosen();
}

export function themeButton() {
  const toggle = button("", () => {
    localStorage.setItem(KEY, isDark() ? "light" : "dark");
    applyTheme();
    name();
  }, { class: "quiet" });
  function name() {
    toggle.textContent = isDark() ? "Light" : "Dark";
    toggle.title = `Use ${isDark() ? "light" : "dark"} colours`;
  }
  name();
  return toggle;
}
