// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <utility>

#include "common/log.h"
#include "fetcher/pop3/dot_unstuffer.h"
#include "fetcher/pop3/final_dot.h"
#include "fetcher/pop3/session.h"
#include "fetcher/pop3/words.h"

namespace mailkeep::fetcher::pop3 {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr int kQuestions = 2;  // one answer could be a line of the message, two are none

bool is_answer(std::string_view line) {
  const std::string word = upper(take_word(line));
  return word == "+OK" || word == "-ERR";
}

}  // namespace

Status Session::send_retr(std::span<const std::uint32_t> numbers) {
  std::string lines;
  for (const std::uint32_t number : numbers) lines += fmt::format("RETR {}\r\n", number);
  retrs_under_way_ += numbers.size();
  return stream_->write(lines);
}

Result<std::optional<store::Body>> Session::read_retr() {
  MAILKEEP_TRY(answer, read_answer());
  --retrs_under_way_;
  if (!answer.is_ok) return std::optional<store::Body>();
  store::BodyWriter writer(data_dir_);
  MAILKEEP_CHECKED(read_content(writer));
  for (; noops_under_way_ > 0; --noops_under_way_) MAILKEEP_CHECKED(read_answer());
  MAILKEEP_TRY(body, std::move(writer).finish());
  return std::optional<store::Body>(std::move(body));
}

Status Session::read_content(store::BodyWriter& writer) {
  const auto keep = [&](std::string_view piece) -> Status {
    if (writer.size() + piece.size() > limits_.message_bytes) {
      return common::fail(ErrorKind::Limit, "a message is larger than {} bytes",
                          limits_.message_bytes);
    }
    return writer.append(piece);
  };
  FinalDot final_dot;
  const auto watch = [&](std::string_view piece) { return final_dot.pass(piece, keep); };
  DotUnstuffer unstuffer(!stream_->line_had_cr());
  while (!unstuffer.is_done()) {
    if (final_dot.may_be_end() && retrs_under_way_ == 0) {
      std::string content;  // of the message after all
      MAILKEEP_TRY(is_end, ends_at_dot(content));
      if (is_end) return {};
      if (!content.empty()) {
        MAILKEEP_TRY(used, unstuffer.feed(content, watch));
        if (used == content.size()) continue;
        return common::fail(ErrorKind::Protocol, "the server says more than it was asked for");
      }
    }
    MAILKEEP_TRY(bytes, stream_->peek());
    MAILKEEP_TRY(used, unstuffer.feed(bytes, watch));
    stream_->consume(used);
    if (final_dot.has_answer_inside() && retrs_under_way_ > 0) {
      has_run_together_ = true;
      return common::fail(ErrorKind::Protocol,
                          "what the server sent may be two messages in one: it is asked again");
    }
  }
  return final_dot.release(keep);
}

// A server that has said all it has to say answers a NOOP; one that has only paused goes on.
Result<bool> Session::ends_at_dot(std::string& content) {
  for (int question = 0; question < kQuestions; ++question) {
    MAILKEEP_TRY(goes_on, stream_->wait_readable(common::Deadline::in(limits_.dot_wait)));
    if (goes_on) return false;
    MAILKEEP_CHECKED(write_line("NOOP"));
    ++noops_under_way_;
    MAILKEEP_TRY(line, stream_->read_line(limits_.line_bytes));
    content.append(line).append(stream_->line_had_cr() ? "\r\n" : "\n");
    if (!is_answer(line)) return false;
  }
  noops_under_way_ = 0;
  common::log(common::LogLevel::Warning, "fetch.pop3.missing_line_break",
              {{"detail", "the server ends a message without a line break before the final dot"}});
  return true;
}

Result<std::vector<std::uint32_t>> Session::mark_deleted(std::span<const std::uint32_t> numbers) {
  const std::size_t step = can_pipeline() ? kCommandsAhead : 1;
  std::vector<std::uint32_t> agreed;
  for (std::size_t first = 0; first < numbers.size(); first += step) {
    const auto some = numbers.subspan(first, std::min(step, numbers.size() - first));
    std::string lines;
    for (const std::uint32_t number : some) lines += fmt::format("DELE {}\r\n", number);
    MAILKEEP_CHECKED(stream_->write(lines));
    for (const std::uint32_t number : some) {
      MAILKEEP_TRY(answer, read_answer());
      if (answer.is_ok) agreed.push_back(number);
    }
  }
  return agreed;
}

Result<bool> Session::quit() {
  MAILKEEP_TRY(answer, command("QUIT"));
  return answer.is_ok;
}

}  // namespace mailkeep::fetcher::pop3
