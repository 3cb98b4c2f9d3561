// The lines of shadow scorecards beside that of the live score.  Pure.
import type { ShadowPoint } from '@/api/types';

export interface ShadowLine {
  name: string;
  points: ShadowPoint[];
}

/** One line a shadow, by name; each oldest first, as the server sends them. */
export function shadowLines(points: readonly ShadowPoint[]): ShadowLine[] {
  const lines = new Map<string, ShadowPoint[]>();
  for (const point of points) {
    const line = lines.get(point.scorecard);
    if (line) line.push(point);
    else lines.set(point.scorecard, [point]);
  }
  return [...lines].map(([name, line]) => ({ name, points: line }));
}

/** The point that held at a moment, in milliseconds; null before the first. */
export function heldAt<T extends { at: string }>(points: readonly T[], at: number): T | null {
  let held: T | null = null;
  for (const point of points) {
    if (Date.parse(point.at) > at) break;
    held = point;
  }
  return held;
}

/** The points that hold at the steps, which ascend, in seconds. */
export function valuesAt(points: readonly ShadowPoint[], steps: readonly number[]): (number | null)[] {
  const times = points.map(point => Date.parse(point.at) / 1000);
  let held = -1;
  return steps.map(at => {
    while (held + 1 < times.length && (times[held + 1] ?? 0) <= at) held++;
    return points[held]?.points ?? null;
  });
}

/** All moments at which a line makes a step, ascending, in seconds; none before `from` or after `end`. */
export function stepsOf(times: readonly number[], lines: readonly ShadowLine[]): number[] {
  const first = times[0] ?? 0;
  const end = times.at(-1) ?? 0;
  const all = new Set(times);
  for (const { points } of lines) {
    for (const point of points) {
      const at = Date.parse(point.at) / 1000;
      if (at > first && at < end) all.add(at);
    }
  }
  return [...all].sort((a, b) => a - b);
}
