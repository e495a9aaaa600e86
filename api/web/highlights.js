// SPDX-License-Identifier: GPL-3.0-or-later
// Text with the words that were found marked. Ranges count Unicode code points, strings UTF-16 units.

import { h } from "./dom.js";

/** Text and <mark> in turn, for ascending ranges that do not overlap. */
export function markedText(text, ranges) {
  const pieces = [];
  let unit = 0;
  let point = 0;
  let done = 0;
  const advance = (goal) => {
    for (; point < goal && unit < text.length; point += 1)
      unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
    return unit;
  };
  for (const [begin, end] of ranges) {
    const from = advance(begin);
    const to = advance(end);
    if (from >= to) continue;
    pieces.push(text.slice(done, from), h("mark", {}, text.slice(from, to)));
    done = to;
  }
  pieces.push(text.slice(done));
  return pieces;
}
