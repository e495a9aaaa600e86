// SPDX-License-Identifier: GPL-3.0-or-later
// How the archive grew: an area over time, drawn from what was archived on each day.

import { h, svg } from "./dom.js";
import { formatNumber, formatSize } from "./format.js";

const WIDTH = 480;
const HEIGHT = 150;
const LEFT = 64;
const RIGHT = 16;
const TOP = 10;
const BOTTOM = 22;
const DAY_MS = 86_400_000;

/** [{time, value}]: sums up to each day, beginning with nothing on the day before the first. */
export function sums(days, name) {
  let value = 0;
  const points = days.map((day) => ({ time: Date.parse(day.day), value: (value += day[name]) }));
  return points.length ? [{ time: points[0].time - DAY_MS, value: 0 }, ...points] : [];
}

/** A round number not below the greatest value, for the scale. */
function ceiling(value, base) {
  if (value <= 4) return 4;
  const power = base ** Math.floor(Math.log(value) / Math.log(base));
  return [1, 2, 4, 5, 8, 10, 16, 32, 64, 128, 256, 512, 1024].map((step) => step * power)
    .find((one) => one >= value);
}

function axisDate(time) {
  return new Date(time).toISOString().slice(0, 10);
}

function areaChart(title, points, format, base) {
  const first = points[0].time;
  const length = Math.max(DAY_MS, points.at(-1).time - first);
  const most = ceiling(points.at(-1).value, base);
  const x = (time) => LEFT + ((time - first) / length) * (WIDTH - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const line = points.map((one) => `${x(one.time).toFixed(1)},${y(one.value).toFixed(1)}`);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => [
    svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(most * share), y2: y(most * share) }),
    share * 2 === Math.round(share * 2)
      ? svg("text", { class: "axis", x: LEFT - 6, y: y(most * share) + 4, "text-anchor": "end" },
        format(most * share)) : null,
  ]).flat().filter(Boolean);
  const cursor = svg("line", { class: "chart-cursor", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
  const last = points.at(-1);
  const rest = `${format(last.value)} on ${axisDate(last.time)}`;
  const readout = h("span", { class: "chart-readout" }, rest);
  const picture = svg("svg", {
    class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
    "aria-label": `${title}: from ${format(0)} on ${axisDate(first)} to ${rest}`,
  }, grid,
  svg("polygon", { class: "area", points: [`${x(first)},${y(0)}`, ...line, `${x(last.time)},${y(0)}`].join(" ") }),
  svg("polyline", { class: "line", points: line.join(" ") }), cursor,
  svg("text", { class: "axis", x: LEFT, y: HEIGHT - 5 }, axisDate(first)),
  svg("text", { class: "axis", x: WIDTH - RIGHT, y: HEIGHT - 5, "text-anchor": "end" }, axisDate(last.time)));

  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const time = first + ((((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT)) * length;
    const point = points.findLast((one) => one.time <= time) ?? points[0];
    cursor.setAttribute("x1", x(point.time));
    cursor.setAttribute("x2", x(point.time));
    cursor.setAttribute("visibility", "visible");
    readout.textContent = `${format(point.value)} on ${axisDate(point.time)}`;
  });
  picture.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    readout.textContent = rest;
  });
  return h("figure", { class: "chart-frame" }, h("figcaption", {}, h("strong", {}, title), readout), picture);
}

export function growthCharts(growth) {
  if (growth.days.length === 0) return h("p", { class: "empty" }, "Nothing has been archived yet.");
  return h("div", { class: "charts" },
    areaChart("Messages", sums(growth.days, "messages"), (value) => formatNumber(Math.round(value)), 10),
    areaChart("Size", sums(growth.days, "bytes"), (value) => formatSize(Math.round(value)), 1024));
}
