// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep search

#include <Poco/JSON/Array.h>

#include <memory>
#include <string>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/index_follow.h"
#include "cli/output.h"
#include "common/printable.h"
#include "indexer/indexer.h"
#include "indexer/search/query_help.h"
#include "indexer/search/searcher.h"

namespace mailkeep::cli {
namespace {

struct SearchFlags {
  std::string query;
  std::string sort = "date";
  std::uint64_t limit = 25;
  bool only_count = false;
  bool stale = false;
};

std::string date_of(const search::Hit& hit) {
  return hit.date ? common::rfc3339(*hit.date * 1'000'000) : "";
}

Poco::JSON::Object hit_json(const search::Hit& hit) {
  Poco::JSON::Object object = json_object();
  object.set("id", hit.id);
  if (hit.date)
    object.set("date", date_of(hit));
  else
    object.set("date", Poco::Dynamic::Var());
  object.set("from", hit.from);
  object.set("to", hit.to);
  object.set("subject", hit.subject);
  object.set("snippet", hit.snippet);
  Poco::JSON::Array accounts;
  for (const std::string& account : hit.accounts) accounts.add(account);
  object.set("accounts", accounts);
  object.set("size", hit.size);
  return object;
}

common::Status print_hits(const search::SearchResult& result) {
  for (const search::Hit& hit : result.hits) {
    const std::string date = hit.date ? date_of(hit).substr(0, 10) : "no date   ";
    MAILKEEP_CHECKED(print("{}  {}  {}\n    {}\n", hit.id.substr(0, 12), date,
                           common::printable(hit.from), common::printable(hit.subject)));
    if (!hit.snippet.empty()) MAILKEEP_CHECKED(print("    {}\n", common::printable(hit.snippet)));
  }
  return print(
      "{} message{} found{}\n", result.total, result.total == 1 ? "" : "s",
      result.hits.size() < result.total ? fmt::format(", {} shown", result.hits.size()) : "");
}

common::Status print_result(const Context& context, const search::SearchResult& result,
                            bool only_count) {
  if (!context.json) return only_count ? print("{}\n", result.total) : print_hits(result);
  Poco::JSON::Object object = json_object();
  object.set("total", result.total);
  object.set("total_is_exact", true);
  Poco::JSON::Array hits;
  for (const search::Hit& hit : result.hits) hits.add(hit_json(hit));
  if (!only_count) object.set("hits", hits);
  return print_json(object);
}

common::Result<int> run(const Context& context, const SearchFlags& flags) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  if (!flags.stale) MAILKEEP_CHECKED(bring_index_up(context, *archive));
  MAILKEEP_TRY(searcher, search::Searcher::open(indexer::index_dir(*archive)));
  search::SearchResult result;
  if (flags.only_count) {
    MAILKEEP_TRY(total, searcher.count(flags.query));
    result.total = total;
  } else {
    search::SearchOptions options;
    options.limit = flags.limit;
    options.patience = std::nullopt;
    options.sort = flags.sort == "date" ? search::Sort::Date : search::Sort::Relevance;
    MAILKEEP_TRY(found, searcher.search(flags.query, options));
    result = std::move(found);
  }
  MAILKEEP_CHECKED(print_result(context, result, flags.only_count));
  return kDone;
}

}  // namespace

void add_search_command(CLI::App& app, Context& context) {
  auto flags = std::make_shared<SearchFlags>();
  CLI::App* const command = add_command(app, context, "search", "Find messages",
                                        [&context, flags] { return run(context, *flags); });
  command->footer(std::string(search::query_help()));
  command->add_option("QUERY", flags->query, "what to find; '*' matches every message")->required();
  command->add_option("--limit", flags->limit, "how many hits to print (default 25)");
  command->add_option("--sort", flags->sort, "date (newest first) or relevance")
      ->check(CLI::IsMember({"date", "relevance"}));
  command->add_flag("--count", flags->only_count, "print the exact number only");
  command->add_flag("--stale", flags->stale, "answer from the index as it is, without waiting");
}

}  // namespace mailkeep::cli
