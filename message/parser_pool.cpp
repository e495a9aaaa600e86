// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/parser_pool.h"

#include <future>
#include <utility>

#include "common/check.h"
#include "message/parse.h"
#include "message/parser_process.h"
#include "message/wire.h"

namespace mailkeep::message {
namespace {

constexpr int kSoloTries = 3;

ParsedMessage without_parser(const std::string& raw, const char* reason) {
  ParsedMessage message = parse_headers_only(raw);
  message.unsearchable.emplace_back(reason);
  return message;
}

}  // namespace

struct ParserPool::Impl {
  using Results = std::vector<ParsedMessage>;

  std::filesystem::path program;
  std::chrono::milliseconds patience;
  std::unique_ptr<ParserProcess> process;  // used by the one exchange that is under way
  std::future<common::Result<Results>> pending;

  common::Status be_ready() {
    if (process) return {};
    MAILKEEP_TRY(started, ParserProcess::start(program));
    process = std::move(started);
    return {};
  }

  // Appends what was answered before the child was of no more use, if it was at all.
  bool exchange(std::span<const std::string> raws, Results& answers) {
    std::vector<Request> requests;
    requests.reserve(raws.size());
    for (const std::string& raw : raws) requests.push_back({kFrameMessage, {}, raw});
    return process->exchange(requests, patience, [&](std::string_view frame) {
      auto answer = decode(frame);
      if (!answer) return Taken::Nonsense;
      answers.push_back(std::move(*answer));
      return Taken::Done;
    });
  }

  // A message that cost a child its life or its time, alone in a new child each time.
  common::Result<ParsedMessage> parse_alone(const std::string& raw) {
    for (int i = 0; i < kSoloTries; ++i) {
      MAILKEEP_CHECKED(be_ready());
      Results answer;
      if (exchange({&raw, 1}, answer)) return std::move(answer.front());
      process.reset();
    }
    return without_parser(raw, "parser-died");
  }

  common::Result<Results> parse_all(std::span<const std::string> raws) {
    Results results;
    results.reserve(raws.size());
    while (results.size() < raws.size()) {
      MAILKEEP_CHECKED(be_ready());
      const auto rest = raws.subspan(results.size());
      if (rest.front().size() > kMaxRequestBytes) {
        results.push_back(without_parser(rest.front(), "over-size-limit"));
        continue;
      }
      if (exchange(up_to_oversized(rest), results)) continue;
      process.reset();
      if (results.size() == raws.size()) break;
      // Answers come in order, so the first one missing is the one it died on.
      MAILKEEP_TRY(alone, parse_alone(raws[results.size()]));
      results.push_back(std::move(alone));
    }
    return results;
  }

  static std::span<const std::string> up_to_oversized(std::span<const std::string> raws) {
    std::size_t count = 0;
    while (count < raws.size() && raws[count].size() <= kMaxRequestBytes) ++count;
    return raws.first(count);
  }
};

ParserPool::ParserPool(std::filesystem::path program, std::chrono::milliseconds patience)
    : impl_(std::make_unique<Impl>()) {
  impl_->program = std::move(program);
  impl_->patience = patience;
}

ParserPool::~ParserPool() {
  if (impl_->pending.valid()) impl_->pending.wait();
}

common::Result<std::vector<ParsedMessage>> ParserPool::parse(std::span<const std::string> raws) {
  MAILKEEP_CHECK(!impl_->pending.valid());
  return impl_->parse_all(raws);
}

common::Status ParserPool::submit(std::vector<std::string> raws) {
  MAILKEEP_CHECK(!impl_->pending.valid());
  // Starting is done here, so that a parser that cannot start is known before work is queued.
  MAILKEEP_CHECKED(impl_->be_ready());
  impl_->pending = std::async(std::launch::async, [impl = impl_.get(), batch = std::move(raws)]() {
    return impl->parse_all(batch);
  });
  return {};
}

common::Result<std::vector<ParsedMessage>> ParserPool::collect() {
  MAILKEEP_CHECK(impl_->pending.valid());
  return impl_->pending.get();
}

}  // namespace mailkeep::message
