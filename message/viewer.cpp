// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/viewer.h"

#include <optional>
#include <utility>

#include "common/encoding.h"
#include "message/parser_process.h"
#include "message/text_tools.h"
#include "message/wire.h"

namespace mailkeep::message {
namespace {

using common::ErrorKind;

constexpr std::size_t kBytesInMiB = 1UL << 20U;

bool is_part_number(std::string_view number) {
  return !number.empty() && number.size() <= kMaxNumberBytes &&
         number.find_first_not_of("0123456789.") == std::string_view::npos;
}

// Puts the frames of one answer together.
class PartTaker {
 public:
  Taken take(std::string_view frame) {
    if (!reply_) {
      reply_ = decode_part(frame);
      if (!reply_) return Taken::Nonsense;
      return reply_->finding == PartFinding::Found ? Taken::More : Taken::Done;
    }
    if (frame.empty()) return Taken::Done;
    if (frame.size() > kMaxPieceBytes || frame.size() > kMaxPartBytes - bytes_.size())
      return Taken::Nonsense;
    bytes_ += frame;
    return Taken::More;
  }

  PartFinding finding() const { return reply_->finding; }

  DecodedPart finish() {
    DecodedPart decoded{std::move(reply_->part), std::move(bytes_)};
    decoded.part.size = decoded.bytes.size();
    return decoded;
  }

 private:
  std::optional<PartReply> reply_;
  std::string bytes_;
};

}  // namespace

struct Viewer::Impl {
  std::filesystem::path program;
  std::chrono::milliseconds patience;
  std::unique_ptr<ParserProcess> process;

  common::Status ask(const Request& request, const TakeReply& take) {
    if (!process) {
      MAILKEEP_TRY(started, ParserProcess::start(program));
      process = std::move(started);
    }
    if (process->exchange({&request, 1}, patience, take)) return {};
    process.reset();
    return common::fail(ErrorKind::Malformed,
                        "this message cannot be taken apart: the parser died or took too long; "
                        "download its raw bytes instead");
  }
};

Viewer::Viewer(std::filesystem::path program, std::chrono::milliseconds patience)
    : impl_(std::make_unique<Impl>()) {
  impl_->program = std::move(program);
  impl_->patience = patience;
}

Viewer::~Viewer() = default;

common::Result<MessageView> Viewer::view(const std::string& raw) {
  if (raw.size() > kMaxViewBytes)
    return common::fail(ErrorKind::Limit,
                        "this message is larger than the {} MiB that are shown; download its raw "
                        "bytes instead",
                        kMaxViewBytes / kBytesInMiB);
  std::optional<MessageView> view;
  MAILKEEP_CHECKED(impl_->ask({kFrameView, {}, raw}, [&](std::string_view frame) {
    view = decode_view(frame);
    return view ? Taken::Done : Taken::Nonsense;
  }));
  return std::move(*view);
}

common::Result<DecodedPart> Viewer::part(const std::string& raw, std::string_view number) {
  if (raw.size() > kMaxRequestBytes)
    return common::fail(ErrorKind::Limit,
                        "this message is larger than the {} MiB that are taken apart; download its "
                        "raw bytes instead",
                        kMaxRequestBytes / kBytesInMiB);
  PartTaker taker;
  if (is_part_number(number)) {
    std::string head;
    common::put_field(head, number);
    MAILKEEP_CHECKED(impl_->ask({kFramePart, std::move(head), raw},
                                [&](std::string_view frame) { return taker.take(frame); }));
    if (taker.finding() == PartFinding::Found) return taker.finish();
    if (taker.finding() == PartFinding::IsMultipart)
      return common::fail(ErrorKind::NotFound,
                          "part {} only holds other parts; ask for one of those", number);
  }
  return common::fail(ErrorKind::NotFound, "this message has no such part");
}

}  // namespace mailkeep::message
