// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// PartList: every part of one mail, flat and in order, with the way to its exact bytes. Private to
// message/.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "message/byte_sink.h"
#include "message/open_mail.h"
#include "message/view.h"

namespace mailkeep::message {

inline constexpr std::size_t kNoParent = SIZE_MAX;

struct FoundPart {
  enum class Kind { Multipart, Message, Leaf };

  GMimeObject* object;
  Kind kind;
  Part info;           // all but the size
  std::size_t parent;  // index in the list, or kNoParent
  Source source;       // what its offsets count in
  bool is_body;        // the one part of a message that is no multipart
};

class PartList {
 public:
  // mail must outlive this. Limits that are reached are noted.
  PartList(const OpenMail& mail, const ParseLimits& limits, std::vector<std::string>& notes);

  const std::vector<FoundPart>& parts() const { return parts_; }

 private:
  struct Place {
    std::string number;
    bool is_body;
    std::size_t parent;
    unsigned depth;
  };

  void visit(GMimeObject* object, const Source& source, const Place& place);
  void visit_children(GMimeMultipart* multipart, const Source& source, const Place& place);
  void visit_message(GMimeMessage* message, const Source& source, const Place& place);
  void visit_encoded_message(std::size_t index);
  std::size_t add(GMimeObject* object, FoundPart::Kind kind, const Source& source,
                  const Place& place);

  const ParseLimits& limits_;
  std::vector<std::string>& notes_;
  std::vector<FoundPart> parts_;
  // Messages that came encoded, and what GMime made of them.
  std::deque<std::string> decoded_;
  std::vector<Owned<GMimeMessage>> messages_;
};

// The bytes of a part that is no multipart, transfer encoding undone. Those of a message part are
// the message as it stands in the mail.
void write_bytes(const PartList& list, std::size_t index, const ByteSink& sink);

std::string bytes_of(const PartList& list, std::size_t index, std::size_t limit);
std::uint64_t size_of(const PartList& list, std::size_t index);

}  // namespace mailkeep::message
