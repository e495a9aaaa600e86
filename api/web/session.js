// SPDX-License-Identifier: GPL-3.0-or-later
// Who is signed in, and what they may do.

import { ask, askJson, get, Problem } from "./api.js";
import { forgetDrafts } from "./drafts.js";

let current = null;

export const session = () => current;
export const can = (scope) => current?.scopes.includes(scope) ?? false;

/** Null if nobody is signed in. */
export async function findSession() {
  try {
    current = await get("/api/v1/session");
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    current = null;
  }
  return current;
}

export async function signIn(credentials) {
  current = await askJson("POST", "/api/v1/session", { body: credentials });
  return current;
}

export async function signOut() {
  await ask("DELETE", "/api/v1/session");
  forgetDrafts();
  current = null;
}

export function forgetSession() {
  current = null;
}
