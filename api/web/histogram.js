// SPDX-License-Identifier: GPL-3.0-or-later
// A histogram of months: to look at, to click, and to drag a range over.

import { h, svg } from "./dom.js";
import { count } from "./format.js";

const WIDTH = 200;
const HEIGHT = 56;
const LEAST_MONTHS = 12;

const numberOf = (month) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1;
const monthOf = (number) =>
  `${String(Math.floor(number / 12)).padStart(4, "0")}-${String((number % 12) + 1).padStart(2, "0")}`;

/**
 * values: [{value: "2024-03", count}], ascending. chosen: {from, to} or null.
 * choose(from, to): two months, the first not after the second.
 */
export function histogram(values, chosen, choose) {
  const dated = values.filter((one) => /^\d{4}-\d{2}$/.test(one.value));
  if (dated.length === 0) return null;
  const last = numberOf(dated.at(-1).value);
  const first = Math.min(numberOf(dated[0].value), last - LEAST_MONTHS + 1);
  const length = last - first + 1;
  const most = Math.max(...dated.map((one) => one.count));
  const step = WIDTH / length;
  const caption = h("p", { class: "histogram-caption" });
  const brush = svg("rect", { class: "brush", y: 0, height: HEIGHT, width: 0 });
  const said = (from, to) => {
    const sum = dated.filter(({ value }) => value >= from && value <= to)
      .reduce((total, one) => total + one.count, 0);
    return `${from === to ? from : `${from} to ${to}`}: ${count(sum, "message")}`;
  };
  const whole = said(dated[0].value, dated.at(-1).value);
  const mark = (from, to) => {
    const begin = Math.max(0, numberOf(from) - first);
    const end = Math.min(length, numberOf(to) - first + 1);
    brush.setAttribute("x", begin * step);
    brush.setAttribute("width", Math.max(0, (end - begin) * step));
  };
  const rest = () => {
    caption.textContent = whole;
    if (chosen && numberOf(chosen.from) >= 0 && numberOf(chosen.to) >= 0) mark(chosen.from, chosen.to);
    else brush.setAttribute("width", 0);
  };

  const picture = svg("svg", {
    class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none",
    role: "img", "aria-label": `Messages by month, ${whole}`,
  }, brush, dated.map((one) => {
    const height = Math.max(2, (one.count / most) * (HEIGHT - 2));
    return svg("rect", {
      class: "month-bar", "data-month": one.value, x: (numberOf(one.value) - first) * step,
      y: HEIGHT - height, width: Math.max(step * 0.8, step - 2), height,
    });
  }));

  let start = null;
  const monthAt = (event) => {
    const box = picture.getBoundingClientRect();
    const place = Math.floor(((event.clientX - box.left) / box.width) * length);
    return first + Math.max(0, Math.min(length - 1, place));
  };
  const range = (event) => {
    const here = monthAt(event);
    const there = start ?? here;
    return [monthOf(Math.min(here, there)), monthOf(Math.max(here, there))];
  };
  picture.addEventListener("pointerdown", (event) => {
    start = monthAt(event);
    picture.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  picture.addEventListener("pointermove", (event) => {
    const [from, to] = range(event);
    caption.textContent = said(from, to);
    if (start !== null) mark(from, to);
  });
  picture.addEventListener("pointerup", (event) => {
    if (start === null) return;
    const months = range(event);
    start = null;
    choose(...months);
  });
  picture.addEventListener("pointercancel", () => { start = null; rest(); });
  picture.addEventListener("pointerleave", () => { if (start === null) rest(); });
  rest();
  return h("div", { class: "histogram-frame" }, picture, caption);
}
