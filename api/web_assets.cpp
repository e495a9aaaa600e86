// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/web_assets.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "api/conditional.h"
#include "api/web_assets_internal.h"
#include "common/check.h"
#include "common/digest.h"

namespace mailkeep::api {
namespace {

constexpr std::string_view kShell = "index.html";
constexpr std::string_view kContract = "openapi.json";

// Own scripts and style sheets and nothing else; frames for the HTML of mails, which come with a
// policy of their own; no text ever becomes markup or script (Trusted Types).
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kTypes{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".json", "application/json"},
}};

std::string_view type_of(std::string_view name) {
  const auto* found =
      std::ranges::find_if(kTypes, [name](const auto& type) { return name.ends_with(type.first); });
  MAILKEEP_CHECK(found != kTypes.end());
  return found->second;
}

Handler serve(const WebAsset& asset) {
  const std::string etag = etag_of(common::Sha256::of(asset.bytes));
  return [asset, etag](const Request& request) -> Answer {
    if (is_known_to_client(request, etag)) {
      Response known = not_modified(etag);
      set_header(known, "Cache-Control", "no-cache");
      return known;
    }
    Response response;
    response.body = std::string(asset.bytes);
    set_header(response, "Content-Type", std::string(type_of(asset.name)));
    set_header(response, "Content-Security-Policy", std::string(kPolicy));
    // Asked for each time, and answered with 304: after an update nobody works with half of each.
    set_header(response, "Cache-Control", "no-cache");
    set_header(response, "ETag", etag);
    return response;
  };
}

std::string place_of(std::string_view name) {
  if (name == kShell) return "/";
  if (name == kContract) return "/api/v1/openapi.json";
  return "/assets/" + std::string(name);
}

}  // namespace

void add_web_routes(Router& router) {
  for (const WebAsset& asset : web_assets()) {
    router.add(Method::Get, place_of(asset.name), serve(asset));
  }
}

}  // namespace mailkeep::api
