// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace mailkeep::api {

namespace {

constexpr const char* kShared = "";  // the bucket of all who find no room

std::chrono::seconds whole_seconds(double seconds) {
  return std::chrono::seconds(static_cast<std::int64_t>(std::ceil(seconds)));
}

}  // namespace

RateLimiter::RateLimiter(RatePolicy policy, std::size_t max_keys)
    : policy_(std::move(policy)), max_keys_(max_keys) {}

double RateLimiter::tokens_at(const Bucket& bucket, Time now) const {
  const double passed = std::chrono::duration<double>(now - bucket.updated).count();
  const double rate =
      static_cast<double>(policy_.quota) / static_cast<double>(policy_.window.count());
  return std::min(static_cast<double>(policy_.quota), bucket.tokens + std::max(passed, 0.0) * rate);
}

RateLimiter::Bucket& RateLimiter::bucket_for(Buckets& buckets, std::string_view key,
                                             Time now) const {
  const auto found = buckets.find(std::string(key));
  if (found != buckets.end()) return found->second;
  if (buckets.size() >= max_keys_) {
    // A full bucket says no more than none.
    std::erase_if(buckets, [&](const auto& entry) {
      return tokens_at(entry.second, now) >= static_cast<double>(policy_.quota);
    });
  }
  const std::string room = buckets.size() < max_keys_ ? std::string(key) : kShared;
  return buckets.try_emplace(room, Bucket{static_cast<double>(policy_.quota), now}).first->second;
}

RateDecision RateLimiter::take(std::string_view key, Time now) {
  const double left = buckets_.with([&](Buckets& buckets) {
    Bucket& bucket = bucket_for(buckets, key, now);
    const double tokens = tokens_at(bucket, now);
    bucket = {tokens >= 1 ? tokens - 1 : tokens, now};
    return tokens - 1;
  });
  const double seconds_each =
      static_cast<double>(policy_.window.count()) / static_cast<double>(policy_.quota);
  RateDecision decision;
  decision.is_allowed = left >= 0;
  decision.remaining = static_cast<std::uint64_t>(std::max(left, 0.0));
  if (!decision.is_allowed) decision.until_next = whole_seconds(-left * seconds_each);
  decision.until_full =
      whole_seconds((static_cast<double>(policy_.quota) - std::max(left, 0.0)) * seconds_each);
  return decision;
}

void RateLimiter::give_back(std::string_view key) {
  buckets_.with([&](Buckets& buckets) {
    const auto found = buckets.find(std::string(key));
    if (found == buckets.end()) return;
    found->second.tokens = std::min(found->second.tokens + 1, static_cast<double>(policy_.quota));
  });
}

std::size_t RateLimiter::keys() const {
  return buckets_.with([](const Buckets& buckets) { return buckets.size(); });
}

void RateLimiter::describe(Response& response, const RateDecision& decision) const {
  set_header(response, "RateLimit-Policy",
             fmt::format("\"{}\";q={};w={}", policy_.name, policy_.quota, policy_.window.count()));
  set_header(response, "RateLimit",
             fmt::format("\"{}\";r={};t={}", policy_.name, decision.remaining,
                         decision.until_full.count()));
}

Problem RateLimiter::refusal(const RateDecision& decision) const {
  const auto wait = std::max<std::int64_t>(decision.until_next.count(), 1);
  Problem problem = make_problem(
      "too-many-requests",
      fmt::format("at most {} requests in {} seconds are taken; try again in {} seconds",
                  policy_.quota, policy_.window.count(), wait));
  Response headers;
  describe(headers, decision);
  problem.headers = std::move(headers.headers);
  problem.headers.emplace_back("Retry-After", std::to_string(wait));
  return problem;
}

}  // namespace mailkeep::api
