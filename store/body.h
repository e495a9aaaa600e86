// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Body: the exact bytes of one message on their way into the store, hashed as they arrive.
//
// Up to kSpoolThresholdBytes they stay in memory; beyond, they go into an unlinked file in
// <data>/spool, so that a message of any size costs bounded memory and a crash leaves nothing
// behind. Not shared between threads. Errors: Disk.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "common/digest.h"
#include "common/result.h"

namespace mailkeep::store {

inline constexpr std::uint64_t kSpoolThresholdBytes = 8ULL << 20U;

class Body {
 public:
  Body() = default;
  Body(Body&&) noexcept;
  Body& operator=(Body&&) noexcept;
  ~Body();

  const common::Digest& digest() const { return digest_; }
  std::uint64_t size() const { return size_; }

  // The bytes in order, in pieces of at most piece_bytes. Stops at the first error of the sink.
  common::Status read(std::size_t piece_bytes,
                      const std::function<common::Status(std::string_view)>& sink) const;

  static Body of(std::string bytes);  // for what is in memory anyway

 private:
  friend class BodyWriter;
  std::string memory_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  common::Digest digest_;
};

class BodyWriter {
 public:
  explicit BodyWriter(std::filesystem::path data_dir) : data_dir_(std::move(data_dir)) {}
  BodyWriter(BodyWriter&&) noexcept = default;
  BodyWriter& operator=(BodyWriter&&) noexcept = default;

  void expect(std::uint64_t bytes);  // a hint: reserve memory, never more than the threshold
  common::Status append(std::string_view bytes);
  std::uint64_t size() const { return body_.size_; }
  common::Result<Body> finish() &&;

 private:
  common::Status spill();
  std::filesystem::path data_dir_;
  common::Sha256 hash_;
  Body body_;
};

}  // namespace mailkeep::store
