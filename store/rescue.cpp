// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/rescue.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "common/encoding.h"
#include "common/log.h"
#include "store/private_files.h"
#include "store/sql/database.h"
#include "store/sql/migrations.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::string_view kMagic = "mailkeep-rescue 1\n";
constexpr std::string_view kEnding = ".mail";
constexpr std::size_t kPieceBytes = 1U << 20U;
constexpr std::size_t kMaxUidlBytes = 1U << 20U;
constexpr std::size_t kMessagesPerSeal = 100;

class File {
 public:
  explicit File(int number) : number_(number) {}
  ~File() { ::close(number_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

tl::unexpected<common::Error> disk_error(std::string_view what,
                                         const std::filesystem::path& where) {
  return common::fail(ErrorKind::Disk, "cannot {} {}: {}", what, where.string(),
                      std::generic_category().message(errno));
}

Status write_all(int file, std::string_view bytes, const std::filesystem::path& where) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return disk_error("write", where);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status sync_folder(const std::filesystem::path& folder) {
  const int number = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (number < 0) return disk_error("open", folder);
  const File file(number);
  if (::fsync(file.number()) != 0) return disk_error("flush", folder);
  return {};
}

std::string head_of(const Arrival& arrival) {
  std::string head(kMagic);
  common::put_field(head, arrival.uidl);
  common::put_u8(head, arrival.announced_size ? 1 : 0);
  common::put_u64(head, arrival.announced_size.value_or(0));
  common::put_field(head, arrival.body.digest().view());
  return head;
}

Status write_file(const std::filesystem::path& path, const Arrival& arrival) {
  const std::filesystem::path unfinished = path.string() + ".part";
  const int number = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (number < 0) return disk_error("create", unfinished);
  const File file(number);
  MAILKEEP_CHECKED(write_all(file.number(), head_of(arrival), unfinished));
  MAILKEEP_CHECKED(arrival.body.read(kPieceBytes, [&](std::string_view piece) {
    return write_all(file.number(), piece, unfinished);
  }));
  // Order: the bytes are durable before the name that says they are whole.
  if (::fsync(file.number()) != 0) return disk_error("flush", unfinished);
  if (::rename(unfinished.c_str(), path.c_str()) != 0) return disk_error("rename", unfinished);
  return {};
}

std::string read_bytes(std::istream& in, std::size_t count) {
  std::string bytes(count, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  return bytes;
}

std::string read_field(std::istream& in) {
  const std::string length = read_bytes(in, 4);
  common::FieldReader reader(length);
  const std::uint32_t count = reader.u32();
  return reader.ok() && count <= kMaxUidlBytes ? read_bytes(in, count) : std::string();
}

// Nothing if the file is not exactly what keep() writes.
Result<std::optional<Arrival>> read_file(const std::filesystem::path& path,
                                         const std::filesystem::path& data_dir) {
  std::ifstream in(path, std::ios::binary);
  if (read_bytes(in, kMagic.size()) != kMagic) return std::optional<Arrival>();
  Arrival arrival;
  arrival.uidl = read_field(in);
  const std::string announced = read_bytes(in, 9);
  common::FieldReader reader(announced);
  const bool is_announced = reader.u8() != 0;
  const std::uint64_t size = reader.u64();
  if (is_announced) arrival.announced_size = size;
  const auto digest = common::Digest::from_bytes(read_field(in));
  if (!reader.ok() || !digest || !in) return std::optional<Arrival>();
  BodyWriter writer(data_dir);
  for (;;) {
    const std::string piece = read_bytes(in, kPieceBytes);
    if (piece.empty()) break;
    MAILKEEP_CHECKED(writer.append(piece));
  }
  MAILKEEP_TRY(body, std::move(writer).finish());
  if (body.digest() != *digest) return std::optional<Arrival>();
  arrival.body = std::move(body);
  return std::optional<Arrival>(std::move(arrival));
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == kEnding) files.push_back(entry.path());
  }
  return files;
}

Status seal_files(Ledger& ledger, EpochId epoch, std::vector<Arrival>&& arrivals,
                  const std::vector<std::filesystem::path>& files) {
  Batch batch;
  batch.epoch = epoch;
  batch.arrivals = std::move(arrivals);
  MAILKEEP_CHECKED(ledger.seal(std::move(batch)));
  // Order: removed only after the commit. If we die here: sealed once more, which writes nothing.
  std::error_code ignored;
  for (const auto& file : files) std::filesystem::remove(file, ignored);
  return {};
}

}  // namespace

Result<Rescue> Rescue::open(Archive& archive, AccountId account) {
  MAILKEEP_TRY(reading, archive.database().begin_read());
  MAILKEEP_TRY(id, archive_id(reading->connection()));
  return Rescue(archive.data_dir(), fmt::format("{}-{}", id, number(account)));
}

Status Rescue::keep(const Batch& batch) const {
  if (batch.arrivals.empty()) return {};
  MAILKEEP_CHECKED(make_private_directory(folder_));
  for (const Arrival& arrival : batch.arrivals) {
    // One name for one (UIDL, content): kept twice is kept once.
    const std::string name = common::Sha256::of(head_of(arrival)).hex() + std::string(kEnding);
    MAILKEEP_CHECKED(write_file(folder_ / name, arrival));
  }
  MAILKEEP_CHECKED(sync_folder(folder_));
  MAILKEEP_CHECKED(sync_folder(folder_.parent_path()));
  common::log(common::LogLevel::Warning, "fetch.rescued",
              {{"messages", std::to_string(batch.arrivals.size())}, {"folder", folder_.string()}});
  return sync_folder(data_dir_);
}

Result<std::uint64_t> Rescue::seal_kept(Ledger& ledger, EpochId epoch) const {
  std::uint64_t count = 0;
  std::vector<Arrival> arrivals;
  std::vector<std::filesystem::path> files;
  std::uint64_t bytes = 0;
  const auto seal = [&]() -> Status {
    if (arrivals.empty()) return {};
    count += arrivals.size();
    bytes = 0;
    return seal_files(ledger, epoch, std::exchange(arrivals, {}), std::exchange(files, {}));
  };
  for (const auto& path : files_in(folder_)) {
    MAILKEEP_TRY(arrival, read_file(path, data_dir_));
    if (!arrival) {
      common::log(common::LogLevel::Error, "fetch.rescue.damaged", {{"file", path.string()}});
      continue;
    }
    bytes += std::min(arrival->body.size(), kSpoolThresholdBytes);
    arrivals.push_back(std::move(*arrival));
    files.push_back(path);
    if (arrivals.size() >= kMessagesPerSeal || bytes >= kSpoolThresholdBytes)
      MAILKEEP_CHECKED(seal());
  }
  MAILKEEP_CHECKED(seal());
  return count;
}

}  // namespace mailkeep::store
