// SPDX-License-Identifier: GPL-3.0-or-later
// Adding terms to a query's text and taking them out, without understanding the rest of it.

/** The query cut at white space outside quotes and brackets. */
export function tokensOf(query) {
  const tokens = [];
  let token = "";
  let depth = 0;
  let isQuoted = false;
  for (const one of query) {
    if (/\s/.test(one) && depth === 0 && !isQuoted) {
      if (token) tokens.push(token);
      token = "";
      continue;
    }
    if (one === '"') isQuoted = !isQuoted;
    if (!isQuoted && one === "(") depth += 1;
    if (!isQuoted && one === ")") depth = Math.max(0, depth - 1);
    token += one;
  }
  if (token) tokens.push(token);
  return tokens;
}

/** Where the term stands as something that every hit must have; -1: nowhere. */
function placeOf(tokens, term) {
  return tokens.findIndex((token, i) => token === term &&
    !["NOT", "OR"].includes(tokens[i - 1]) && tokens[i + 1] !== "OR");
}

export function hasTerm(query, term) {
  return placeOf(tokensOf(query), term) >= 0;
}

export function addTerm(query, term) {
  const tokens = tokensOf(query);
  if (tokens.length === 0 || (tokens.length === 1 && tokens[0] === "*")) return term;
  return tokens.includes("OR") ? `(${query.trim()}) ${term}` : `${query.trim()} ${term}`;
}

export function removeTerm(query, term) {
  const tokens = tokensOf(query);
  const place = placeOf(tokens, term);
  if (place < 0) return query;
  const isAfterAnd = tokens[place - 1] === "AND";
  tokens.splice(isAfterAnd ? place - 1 : place, isAfterAnd ? 2 : 1);
  if (tokens[0] === "AND") tokens.shift();
  return tokens.join(" ") || "*";
}

export function toggleTerm(query, term) {
  return hasTerm(query, term) ? removeTerm(query, term) : addTerm(query, term);
}

/** The query with this date term as its only one; null: with none. */
export function withDates(query, term) {
  const dates = tokensOf(query).filter((token) => /^date:/.test(token));
  const rest = dates.reduce(removeTerm, query);
  return term ? addTerm(rest, term) : rest;
}

/** {from, to} as months or days, of the query's own date term; null where it has none. */
export function datesOf(query) {
  const term = tokensOf(query).find((token) => /^date:/.test(token) && hasTerm(query, token));
  if (!term) return null;
  const [from, to = from] = term.slice("date:".length).split("..");
  return { from, to };
}

export function dateTerm(from, to) {
  return from === to ? `date:${from}` : `date:${from}..${to}`;
}

/** Null for a value that the language cannot write. */
export function fieldTerm(field, value) {
  if (value.includes('"') || value === "") return null;
  const isPlain = field === "from" && /^[\p{L}\p{N}@._+-]+$/u.test(value);
  return isPlain ? `${field}:${value}` : `${field}:"${value}"`;
}
