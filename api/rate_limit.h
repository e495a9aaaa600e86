// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// RateLimiter: a token bucket for each key (a token's id, an address), and the headers RateLimit
// and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers) that tell a client where it stands.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/problem.h"
#include "api/response.h"
#include "common/guarded.h"

namespace mailkeep::api {

struct RatePolicy {
  std::string name = "default";  // a word of letters, digits and dashes
  std::uint64_t quota = 600;     // requests that may come at once, and in each window
  std::chrono::seconds window{60};
};

struct RateDecision {
  bool is_allowed = true;
  std::uint64_t remaining = 0;
  std::chrono::seconds until_next{0};  // when refused: how long until one is allowed
  std::chrono::seconds until_full{0};
};

class RateLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // At most `max_keys` buckets are held. When that many are in use, new keys share one bucket:
  // inventing addresses neither costs memory nor buys anybody a fresh start.
  explicit RateLimiter(RatePolicy policy, std::size_t max_keys = 10'000);

  // Any thread may call.
  RateDecision take(std::string_view key, Time now = std::chrono::steady_clock::now());
  void give_back(std::string_view key);  // a try that turned out not to count
  std::size_t keys() const;

  void describe(Response& response, const RateDecision& decision) const;
  Problem refusal(const RateDecision& decision) const;  // too-many-requests, with Retry-After

 private:
  struct Bucket {
    double tokens;
    Time updated;
  };
  using Buckets = std::unordered_map<std::string, Bucket>;

  double tokens_at(const Bucket& bucket, Time now) const;
  Bucket& bucket_for(Buckets& buckets, std::string_view key, Time now) const;

  RatePolicy policy_;
  std::size_t max_keys_;
  mutable common::Guarded<Buckets> buckets_;
};

}  // namespace mailkeep::api
