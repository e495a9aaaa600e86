// SPDX-License-Identifier: GPL-3.0-or-later
// The main flow through a client that was generated from api/openapi.json: fetch, find, read, prove,
// answer. Prints one JSON object for the driver, which holds it against the archive.
import {
  AccountsService, AuditService, JobsService, MessagesService, OpenAPI, PeopleService, ProofsService,
  RepliesService, SearchService, SessionService, ApiError,
} from "./generated/client.mjs";

OpenAPI.BASE = process.env.MAILKEEP_ADDRESS;

function as(token) {
  OpenAPI.TOKEN = token;
}

async function ended(job) {
  for (;;) {
    const now = await JobsService.getJob({ job });
    if (["done", "failed", "cancelled"].includes(now.state)) return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function everyHit(q) {
  const hits = [];
  let cursor;
  let total;
  do {
    const page = await SearchService.search({ q, limit: 7, cursor });
    hits.push(...page.items);
    total = page.total;
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return { hits, total };
}

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, code: error.body.code };
    throw error;
  }
  throw new Error("it was not refused");
}

const result = {};
as(process.env.MAILKEEP_ADMIN_TOKEN);
result.admin = await SessionService.getSession();
const accounts = (await AccountsService.listAccounts()).items;
const account = accounts.find((one) => one.name === "anna").id;
result.fetch = await ended((await AccountsService.runSync({ account })).id);
result.completeness = await AccountsService.getCompleteness({ account });
result.administratorReadsNoMail = await refusal(SearchService.search({ q: "*" }));

as(process.env.MAILKEEP_REVIEWER_TOKEN);
for (;;) {
  const found = await SearchService.search({ q: "*", limit: 1 });
  if (found.total >= Number(process.env.MAILKEEP_EXPECTED)) break;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const found = await everyHit("*");
result.total = found.total;
result.ids = found.hits.map((hit) => hit.id);
result.facets = (await SearchService.search({ q: "*", facets: true })).facets;
result.fault = await refusal(SearchService.search({ q: "date:yesterdayish" }));
const message = process.env.MAILKEEP_MESSAGE;
result.message = await MessagesService.getMessage({ message, q: "spectrometer" });
result.raw = await MessagesService.getRaw({ message });
result.thread = await MessagesService.getThread({ message });
result.occurrences = (await MessagesService.listOccurrences({ message })).items;
result.proof = await ProofsService.getProof({ message });
result.preview = await RepliesService.previewReply({ message, requestBody: { text: "Yes." } });
result.tokensBegetNoTokens = await refusal(PeopleService.addToken({ requestBody: { name: "another" } }));
as(process.env.MAILKEEP_ADMIN_TOKEN);
const token = await PeopleService.addToken(
  { requestBody: { name: "short", user: "rita", scopes: ["search"], days: 1 } });
as(token.secret);
result.narrow = await refusal(MessagesService.getMessage({ message }));
as(process.env.MAILKEEP_ADMIN_TOKEN);
await PeopleService.revokeToken({ token: token.token.id });
as(token.secret);
result.revoked = await refusal(SearchService.search({ q: "*" }));
as(process.env.MAILKEEP_ADMIN_TOKEN);
result.audit = (await AuditService.listAudit({ limit: 500 })).items.length;
console.log(JSON.stringify(result));
