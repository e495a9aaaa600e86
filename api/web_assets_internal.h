// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The files of api/web/, as they were when the program was built. Private to api/.

#include <span>
#include <string_view>

namespace mailkeep::api {

struct WebAsset {
  std::string_view name;  // without a folder: "main.js"
  std::string_view bytes;
};

std::span<const WebAsset> web_assets();

}  // namespace mailkeep::api
