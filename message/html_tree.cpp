// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/html_tree.h"

#include <algorithm>
#include <csetjmp>
#include <ctime>
#include <iterator>
#include <string>
#include <unordered_map>
#include <vector>

#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

// gumbo's scope checks walk the stack of open elements, so deep nesting costs quadratic time, and
// each element costs a few hundred bytes. Real mail stays far below these.
constexpr std::size_t kMaxTreeTags = 300'000;
constexpr std::size_t kMaxTreeDepth = 3'000;
// Formatting elements left open are opened again in every block, and each attribute is compared
// with all before it: what the tags alone do not show is stopped while it grows.
constexpr std::size_t kMaxTreeMemory = 256UL << 20U;
constexpr unsigned kAllocationsBetweenLooks = 256;

// Elements that are empty, or end where the next of their kind begins: alone they nest nothing.
bool can_nest(std::string_view name) {
  constexpr std::string_view kFlat[] = {
      "area",  "base", "br",    "col",  "dd",    "dt",     "embed", "hr",    "img",
      "input", "li",   "link",  "meta", "o:p",   "option", "p",     "param", "source",
      "tbody", "td",   "tfoot", "th",   "thead", "tr",     "track", "wbr",
  };
  return std::find(std::begin(kFlat), std::end(kFlat), name) == std::end(kFlat);
}

// How deep the page can nest at most, by the tags that no end tag of their name follows.
class DepthCount {
 public:
  // False once it is too deep.
  bool open(const std::string& name) {
    if (!can_nest(name)) return true;
    ++open_[name];
    return ++depth_ <= kMaxTreeDepth;
  }

  void close(const std::string& name) {
    const auto found = open_.find(name);
    if (found == open_.end() || found->second == 0) return;
    --found->second;
    --depth_;
  }

 private:
  std::unordered_map<std::string, std::size_t> open_;
  std::size_t depth_ = 0;
};

std::string name_at(std::string_view html, std::size_t at) {
  constexpr std::size_t kLongestName = 24;
  std::size_t end = at;
  while (end < html.size() && end - at < kLongestName && !is_space(html[end]) && html[end] != '/' &&
         html[end] != '>')
    ++end;
  return lower_ascii(html.substr(at, end - at));
}

bool is_too_much_for_a_tree(std::string_view html) {
  std::size_t tags = 0;
  DepthCount depth;
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    if (++tags > kMaxTreeTags) return true;
    const char next = at + 1 < html.size() ? html[at + 1] : '\0';
    if (next == '/')
      depth.close(name_at(html, at + 2));
    else if (is_letter(next) && !depth.open(name_at(html, at + 1)))
      return true;
  }
  return false;
}

std::chrono::milliseconds cpu_time_used() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::milliseconds(now.tv_sec * 1'000 + now.tv_nsec / 1'000'000);
}

}  // namespace

// gumbo frees its tree by recursion, which a deep page turns into a stack overflow. All its memory
// comes from here instead and goes at once. That also allows to leave gumbo in the middle of its
// work: nothing it holds needs another end than this.
class Arena {
 public:
  explicit Arena(const CpuBudget& budget) : budget_(budget) {}

  static void* allocate(void* self, std::size_t bytes) {
    auto* arena = static_cast<Arena*>(self);
    if (arena->is_spent(bytes)) std::longjmp(arena->way_out, 1);
    return arena->take(bytes);
  }
  static void release(void*, void*) {}

  std::jmp_buf way_out;

 private:
  bool is_spent(std::size_t bytes) {
    if (bytes > kMaxTreeMemory || taken_ + bytes > kMaxTreeMemory) return true;
    if (++allocations_ % kAllocationsBetweenLooks != 0) return false;
    return budget_.is_spent();
  }

  void* take(std::size_t bytes) {
    constexpr std::size_t kChunk = 256UL << 10U;
    bytes = (bytes + 15U) & ~std::size_t{15};
    if (bytes > left_) {
      const std::size_t size = std::max(bytes, kChunk);
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
      taken_ += size;
      next_ = chunks_.back().get();
      left_ = size;
    }
    char* memory = next_;
    next_ += bytes;
    left_ -= bytes;
    return memory;
  }

  const CpuBudget& budget_;
  std::size_t taken_ = 0;
  unsigned allocations_ = 0;
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

HtmlTree::HtmlTree(std::string_view html, std::size_t max_bytes, const CpuBudget& budget)
    : arena_(std::make_unique<Arena>(budget)) {
  if (budget.is_spent()) return;
  if (html.size() <= max_bytes && !is_too_much_for_a_tree(html)) build(html);
}

HtmlTree::~HtmlTree() = default;

// Nothing here has a destructor, so that the jump skips none.
void HtmlTree::build(std::string_view html) {
  if (setjmp(arena_->way_out) != 0) return;
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &Arena::allocate;
  options.deallocator = &Arena::release;
  options.userdata = arena_.get();
  options.max_errors = 0;
  page_ = gumbo_parse_with_options(&options, html.data(), html.size());
}

CpuBudget::CpuBudget(std::chrono::milliseconds time) : end_(cpu_time_used() + time) {}

std::chrono::milliseconds CpuBudget::left() const {
  return std::max(end_ - cpu_time_used(), std::chrono::milliseconds(0));
}

const GumboVector* children_of(const GumboNode& node) {
  if (node.type == GUMBO_NODE_DOCUMENT) return &node.v.document.children;
  if (node.type == GUMBO_NODE_ELEMENT) return &node.v.element.children;
  return nullptr;
}

}  // namespace mailkeep::message
