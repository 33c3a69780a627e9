// Growth as lines on two logarithmic axes: linear growth is a straight line, as steep as the dashed diagonal.
import type { Growth } from "../result.ts";
import { duration } from "./numbers.ts";
import { logScale } from "./scale.ts";
import { circle, line, polyline, svg, text } from "./svg.ts";

const width = 860;
const height = 470;
const left = 80;
const right = 290;
const top = 76;
const bottom = height - 60;

/** One growth part on all runtimes. */
export function linePlot(runtimes: readonly { readonly runtime: string; readonly part: Growth }[]): string {
  const { title, x: xName } = runtimes[0]!.part;
  const points = runtimes.flatMap(({ part }) => part.series.flatMap((series) => series.points));
  const range = (axis: 0 | 1): [number, number] => {
    const values = points.map((point) => point[axis]);
    return [Math.min(...values), Math.max(...values)];
  };
  const x = logScale(...range(0), left, width - right);
  const y = logScale(...range(1), bottom, top);
  const shapes: string[] = [
    text(20, 30, title, "title"),
    text(20, 50, "Processor time of one call; both axes logarithmic.", "soft"),
  ];
  for (const tick of x.ticks) {
    shapes.push(line(x.place(tick), top, x.place(tick), bottom, "grid"));
    shapes.push(text(x.place(tick), bottom + 18, tick.toLocaleString("en"), "soft", "middle"));
  }
  for (const tick of y.ticks) {
    shapes.push(line(left, y.place(tick), width - right, y.place(tick), "grid"));
    shapes.push(text(left - 8, y.place(tick) + 4, duration(tick), "soft", "end"));
  }
  shapes.push(line(left, bottom, width - right, bottom, "axis"), line(left, top, left, bottom, "axis"));
  shapes.push(text((left + width - right) / 2, height - 18, xName, "", "middle"));
  let legendY = top + 14;
  for (const [older, { runtime, part }] of runtimes.entries()) {
    shapes.push(text(width - right + 20, legendY, runtime, "strong"));
    legendY += 20;
    for (const [index, { name, slope, points: own }] of part.series.entries()) {
      const colour = `s${index % 4}`;
      const placed = own.map(([px, py]) => [x.place(px), y.place(py)] as const);
      const look = `line ${colour}${older > 0 ? " dashed" : ""}`;
      shapes.push(polyline(placed, look));
      if (older === 0) shapes.push(...placed.map(([px, py]) => circle(px, py, 3, colour)));
      shapes.push(line(width - right + 20, legendY - 4, width - right + 44, legendY - 4, look));
      shapes.push(text(width - right + 50, legendY, `${name}: slope ${slope.toFixed(2)}`, "soft"));
      legendY += 18;
    }
    legendY += 14;
  }
  return svg(title, width, height, shapes);
}
