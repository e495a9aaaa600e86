// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Folder names as people read them. The store keeps the bytes of the wire; this is for showing,
// matching and searching, never for speaking to a server.

#include <string>
#include <string_view>

namespace mailkeep::store {

struct FolderName {
  std::string text;      // valid UTF-8
  bool is_exact = true;  // false: something could not be decoded and became U+FFFD
};

// An IMAP name: modified UTF-7 (RFC 3501 §5.1.3), or UTF-8 from servers that speak it.
FolderName decode_imap_folder(std::string_view wire);

// Any other name (a POP3 INBOX, a path of an import): UTF-8 as it stands.
FolderName decode_plain_folder(std::string_view bytes);

// One of the two: only IMAP's names are encoded.
inline FolderName decode_folder(std::string_view wire, bool is_imap) {
  return is_imap ? decode_imap_folder(wire) : decode_plain_folder(wire);
}

}  // namespace mailkeep::store
