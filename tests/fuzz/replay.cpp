// SPDX-License-Identifier: GPL-3.0-or-later
// Goes through every seed of a folder, each whole, cut at many places and with bytes changed, by a
// fixed sequence: the same inputs in every run, without a fuzzing engine.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "tests/fuzz/target.h"

namespace {

constexpr int kMutationsOfEach = 400;

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

std::string mutated(std::string input, std::minstd_rand& random) {
  const auto below = [&](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(input.size() + 1);
    switch (below(4)) {
      case 0:
        input.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 1:
        input.erase(at, 1 + below(8));
        break;
      case 2:
        input.insert(at, input.substr(below(input.size() + 1), below(64)));
        break;
      default:
        if (at < input.size()) input[at] = static_cast<char>(below(256));
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  std::size_t seeds = 0;
  run("");
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string seed{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    std::minstd_rand random(static_cast<unsigned>(seed.size()) + 1);
    run(seed);
    for (int i = 0; i < kMutationsOfEach; ++i) run(mutated(seed, random));
    ++seeds;
  }
  std::printf("%zu seeds, %d mutations of each\n", seeds, kMutationsOfEach);
  return seeds > 0 ? 0 : 1;
}
