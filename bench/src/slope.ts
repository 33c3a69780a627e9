// Growth: the slope of log(time - fixed cost) against log(size). 1 is linear.

/** Slope of the least-squares line through the logarithms of `points` from `from` on, less the time of the first. */
export function slopeOf(points: readonly (readonly [number, number])[], from: number): number {
  const fixed = points[0]![1];
  const logs = points
    .filter(([x, y]) => x >= from && y > fixed)
    .map(([x, y]) => [Math.log(x), Math.log(y - fixed)] as const);
  const mean = (axis: 0 | 1): number => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return covariance / logs.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}
