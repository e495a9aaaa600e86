// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "api/problem.h"

namespace mailkeep::api {

namespace {

constexpr ProblemKind kKinds[] = {
    // The request as such
    {"bad-request", 400, "The request cannot be understood",
     "The request breaks a rule of HTTP or of this API. The detail names the rule. Correct the "
     "request; repeating it as it is brings the same answer."},
    {"bad-json", 400, "The body is not valid JSON",
     "The body must be one JSON text in UTF-8, at most 32 levels deep, with no member named twice "
     "in one object."},
    {"bad-query", 400, "The search query cannot be understood",
     "The member query_fault names the word that is not understood, its first character (counted "
     "from one), its length and the reason. GET /api/v1/search/help explains the language."},
    {"bad-parameter", 400, "A parameter of the address is wrong",
     "The detail names the parameter and what it takes."},
    {"bad-cursor", 400, "The cursor is not one of ours",
     "A cursor is only good for the list that gave it, with the same filter. Begin again without "
     "a cursor."},
    {"idempotency-key-required", 400, "An Idempotency-Key is missing",
     "This request must not happen twice by accident. Send a header Idempotency-Key with a value "
     "that is new for each intention, and the same value when you try again."},
    {"unauthenticated", 401, "You are not logged in",
     "Send a token as \"Authorization: Bearer <token>\", or log in on the page. The token may "
     "have expired or been withdrawn."},
    {"forbidden", 403, "This is not permitted to you",
     "The token or the account lacks the right that the detail names. An administrator can grant "
     "it."},
    {"missing-scope", 403, "The token or the role lacks a right",
     "The detail names the scope. An administrator can grant it, as far as the user's role "
     "permits; a token has at most the scopes of its user."},
    {"cross-site", 403, "The request came from another site",
     "A change must come from the service's own page, with its CSRF token, or from a program "
     "that uses a bearer token. Reload the page and try again."},
    {"not-found", 404, "There is nothing here",
     "The address names nothing that exists, or nothing that you may see. The service does not "
     "tell these apart."},
    {"method-not-allowed", 405, "This method is not for this address",
     "The header Allow lists the methods that this address knows."},
    {"not-acceptable", 406, "No form of this fits the Accept header",
     "Ask for a media type that the documentation names for this address."},
    {"request-timeout", 408, "The request came too slowly",
     "The header block must arrive within 10 seconds, and a body at no less than 1 KiB a second. "
     "Try again over a better line."},
    {"conflict", 409, "The request does not fit what is there",
     "What you want to make exists already, or is in a state that does not permit the change. "
     "Read it again, then decide."},
    {"idempotency-conflict", 409, "The Idempotency-Key was used for another request",
     "The same key came before with another body. Use a new key for a new intention."},
    {"precondition-failed", 412, "Somebody else changed it",
     "The version in If-Match is not the one that is there. Read it again, apply the change to "
     "what is there now, and send its ETag."},
    {"content-too-large", 413, "The body is too large",
     "The detail names how many bytes this address takes. Nothing of the body was kept."},
    {"uri-too-long", 414, "The address is too long",
     "The request line may have 8 KiB. Long queries go into the body of POST /api/v1/searches."},
    {"unsupported-media-type", 415, "The body is of a type that is not taken here",
     "Send JSON, with the header \"Content-Type: application/json\"."},
    {"range-not-satisfiable", 416, "The range lies outside of the content",
     "The header Content-Range tells how many bytes there are."},
    {"expectation-failed", 417, "The expectation is not known",
     "The header Expect may only hold 100-continue."},
    {"misdirected-request", 421, "This is not the host that you asked for",
     "The Host header names neither the address that the service listens on nor a name that it "
     "was told to answer to. If the name is right, the operator adds it to the allowed hosts."},
    {"invalid-fields", 422, "Some fields are wrong",
     "The member errors lists each field with what is wrong about it. Nothing was changed."},
    {"limit-exceeded", 422, "A limit was passed",
     "The detail names the limit. Ask for less at a time."},
    {"precondition-required", 428, "If-Match is missing",
     "A change of this must say which version it is meant for. Read it, and send its ETag as "
     "If-Match."},
    {"too-many-requests", 429, "Too many requests",
     "The header Retry-After tells how many seconds to wait, RateLimit what is left. Slow down "
     "instead of trying at once."},
    {"headers-too-large", 431, "The header block is too large",
     "At most 100 fields and 32 KiB are taken. Often the cookies of other services on the same "
     "host are to blame; delete them."},
    // The service
    {"internal-error", 500, "The service made a mistake",
     "It is not your fault. Tell the operator the value of instance, which stands in the log "
     "beside what happened."},
    {"corrupt-content", 500, "Stored bytes do not match their digest",
     "What is stored is not what was archived, so it is not given out. Tell the operator at "
     "once; \"mailkeep verify\" names every record that is affected."},
    {"not-implemented", 501, "This is not built",
     "The service knows what is meant and cannot do it in this version."},
    {"mail-server-failed", 502, "The mail server did not do its part",
     "The mail server could not be reached, refused the login or broke its own rules. Look at "
     "the account's status."},
    {"unavailable", 503, "The service cannot do this now",
     "The store or the index cannot be reached, or somebody else holds a lock. Try again after "
     "the seconds in Retry-After."},
    {"overloaded", 503, "The service has too much to do",
     "Nothing was done with the request. Try again after the seconds in Retry-After."},
    {"stopping", 503, "The service is being stopped",
     "Nothing was done with the request, or it was broken off. Try again after a restart."},
    {"timed-out", 504, "It took too long",
     "The work was broken off. Ask for less at a time, or try again later."},
    {"version-not-supported", 505, "This version of HTTP is not spoken here", "Use HTTP/1.1."},
    {"disk-full", 507, "There is no room left",
     "The disk of the store or the index is full or failing. Tell the operator."},
};

}  // namespace

std::span<const ProblemKind> problem_kinds() { return kKinds; }

const ProblemKind* find_problem_kind(std::string_view code) {
  const auto* found = std::ranges::find(kKinds, code, &ProblemKind::code);
  return found == std::end(kKinds) ? nullptr : found;
}

}  // namespace mailkeep::api
