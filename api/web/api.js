// SPDX-License-Identifier: GPL-3.0-or-later
// The REST API as this page uses it: one function that asks, and Problem for whatever goes wrong.

const MAX_WAITS = 4;
const LONGEST_WAIT_SECONDS = 30;

let signedOut = () => {};

/** Called when the session has ended under the page. */
export function onSignedOut(callback) {
  signedOut = callback;
}

export class Problem extends Error {
  /** status 0: no answer came, and nobody knows whether the request arrived. */
  constructor(status, body) {
    super(body.detail || body.title || `The archive answered with status ${status}.`);
    this.status = status;
    this.code = body.code || `status-${status}`;
    this.fault = body.query_fault ?? null;
    this.errors = body.errors ?? [];
    this.instance = body.instance ?? "";
  }

  /** The request may have been carried out although no good answer came. */
  get isAmbiguous() {
    return this.status === 0 || this.status >= 500;
  }
}

function address(path, query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  return pairs.length ? `${path}?${new URLSearchParams(pairs)}` : path;
}

async function problemOf(response) {
  const type = response.headers.get("Content-Type") ?? "";
  try {
    return new Problem(response.status, type.includes("json") ? await response.json() : {});
  } catch {
    return new Problem(response.status, {});
  }
}

/** Seconds after which a refused reading may be tried again; null: do not. */
function secondsToWait(method, response) {
  const after = Number(response.headers.get("Retry-After") ?? "x");
  const isBusy = response.status === 429 || response.status === 503;
  return method === "GET" && isBusy && after <= LONGEST_WAIT_SECONDS ? after : null;
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

/**
 * The response of one request, or a Problem. When the caller's signal was aborted, its AbortError.
 * @param {{query?: object, body?: object, headers?: object, signal?: AbortSignal}} options
 */
export async function ask(method, path, { query = {}, body, headers = {}, signal } = {}) {
  const init = {
    method, signal, credentials: "same-origin", cache: "no-cache",
    headers: { "X-Mailkeep-Request": "page", ...headers },
  };
  if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  for (let waits = 0; ; waits += 1) {
    let response;
    try {
      response = await fetch(address(path, query), init);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(0, {
        code: "unreachable", detail: "The archive cannot be reached. Check the connection and try again.",
      });
    }
    if (response.ok) return response;
    const seconds = waits < MAX_WAITS ? secondsToWait(method, response) : null;
    if (seconds === null) {
      const isSigningIn = path === "/api/v1/session" && method === "POST";
      if (response.status === 401 && !isSigningIn) signedOut();
      throw await problemOf(response);
    }
    await pause(Math.max(seconds, 1), signal);
  }
}

export async function askJson(method, path, options) {
  const response = await ask(method, path, options);
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { code: "cut-short", detail: "The answer was cut short. Try again." });
  }
}

export const get = (path, options) => askJson("GET", path, options);

/** "/api/v1/messages/<id>/raw" */
export function messagePath(id, ...rest) {
  return ["/api/v1/messages", ...[id, ...rest].map(encodeURIComponent)].join("/");
}

export const isAbort = (error) => error?.name === "AbortError";
