// SPDX-License-Identifier: GPL-3.0-or-later
// A problem as people see it: the sentence, the code, and what they can do.

import { isAbort, Problem } from "./api.js";
import { button, h } from "./dom.js";

export function problemView(problem, retry) {
  return h("div", { class: "problem", role: "alert" },
    h("p", {}, problem.message),
    problem.errors?.length ? h("ul", {}, problem.errors.map((one) => h("li", {}, `${one.field}: ${one.detail}`)))
      : null,
    h("p", { class: "problem-code" }, [problem.code, problem.instance].filter(Boolean).join(" \u00b7 ")),
    retry ? button("Try again", retry) : null);
}

/**
 * Shows `waiting` in the element, then what `load` gives, or its problem with a way to try again.
 * A later call for the same element wins over an earlier one.
 */
const latest = new WeakMap();
export async function showLoaded(element, waiting, load) {
  const turn = {};
  latest.set(element, turn);
  element.setAttribute("aria-busy", "true");
  element.replaceChildren(h("p", { class: "waiting" }, waiting));
  const finish = (...children) => {
    if (latest.get(element) !== turn) return;
    element.removeAttribute("aria-busy");
    element.replaceChildren(...children.flat());
  };
  try {
    finish(await load());
  } catch (error) {
    if (isAbort(error)) return;
    if (!(error instanceof Problem)) throw error;
    finish(problemView(error, () => showLoaded(element, waiting, load)));
  }
}
