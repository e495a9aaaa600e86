// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The page: what is in api/web/, served out of the program itself.
//
// Nothing in it depends on who asks, so nobody has to sign in for it; what it shows it asks of the
// API, as whoever is signed in.

#include "api/router.h"

namespace mailkeep::api {

// GET /, GET /assets/{name} and GET /api/v1/openapi.json, each with an ETag and the page's
// Content-Security-Policy.
void add_web_routes(Router& router);

}  // namespace mailkeep::api
