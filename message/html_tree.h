// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// HtmlTree: the tree that a browser would build, within limits of size, depth, memory and time.
// Private to message/.

#include <gumbo.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

namespace mailkeep::message {

// The time that all trees of one mail may take together, in CPU time of this process.
class CpuBudget {
 public:
  explicit CpuBudget(std::chrono::milliseconds time);
  std::chrono::milliseconds left() const;
  bool is_spent() const { return left().count() == 0; }

 private:
  std::chrono::milliseconds end_;
};

class Arena;

class HtmlTree {
 public:
  // html is UTF-8 and must outlive this.
  HtmlTree(std::string_view html, std::size_t max_bytes, const CpuBudget& budget);
  HtmlTree(const HtmlTree&) = delete;
  HtmlTree& operator=(const HtmlTree&) = delete;
  ~HtmlTree();

  // Null if the page was over a limit.
  const GumboOutput* page() const { return page_; }

 private:
  void build(std::string_view html);

  std::unique_ptr<Arena> arena_;
  const GumboOutput* page_ = nullptr;
};

// The children of an element or a document, else null.
const GumboVector* children_of(const GumboNode& node);

}  // namespace mailkeep::message
