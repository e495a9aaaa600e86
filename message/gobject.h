// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Owners for what GLib hands out, and casts that ask the object first. Private to message/.

#include <gmime/gmime.h>

#include <memory>
#include <string_view>

namespace mailkeep::message {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
struct FreeGlib {
  void operator()(void* memory) const { g_free(memory); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;
using OwnedText = std::unique_ptr<char, FreeGlib>;

// The object as a T if it is one, else null.
template <class T>
T* cast_if(void* object, GType type) {
  if (object == nullptr) return nullptr;
  const auto is_a = g_type_check_instance_is_a(static_cast<GTypeInstance*>(object), type);
  return is_a != 0 ? static_cast<T*>(object) : nullptr;
}

inline Owned<GMimeMessage> read_message(std::string_view bytes, GMimeParserOptions* options) {
  const Owned<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  return Owned<GMimeMessage>(g_mime_parser_construct_message(parser.get(), options));
}

}  // namespace mailkeep::message
