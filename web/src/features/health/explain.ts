// Reading an explanation: which rows are open, what moved the score, what costs the most.  Pure.
import type { ExplainItem } from '@/api/types';

const SMALL = 0.05;

/** The rows to draw: those whose ancestors are all open. */
export function visibleItems(items: readonly ExplainItem[], open: ReadonlySet<string>): ExplainItem[] {
  const shown: ExplainItem[] = [];
  let closedDepth = Number.POSITIVE_INFINITY;
  for (const item of items) {
    if (item.depth > closedDepth) continue;
    closedDepth = Number.POSITIVE_INFINITY;
    shown.push(item);
    if (!open.has(item.path)) closedDepth = item.depth;
  }
  return shown;
}

export function hasParts(items: readonly ExplainItem[], item: ExplainItem): boolean {
  const next = items[items.indexOf(item) + 1];
  return next !== undefined && next.depth > item.depth;
}

/** Rows without rows below them: what the score is made of in the end. */
export function leaves(items: readonly ExplainItem[]): ExplainItem[] {
  return items.filter((item, i) => (items[i + 1]?.depth ?? 0) <= item.depth);
}

/** What moved the score most, up or down, at most `count`. */
export function movers(items: readonly ExplainItem[], count: number): ExplainItem[] {
  return leaves(items)
    .filter(item => item.change !== null && Math.abs(item.change) >= SMALL)
    .sort((a, b) => Math.abs(b.change ?? 0) - Math.abs(a.change ?? 0))
    .slice(0, count);
}

export interface Cost {
  item: ExplainItem;
  /** What the measure could give at best, in points of the score. */
  most: number;
  lost: number;
}

/** The measures that cost the most points.  Missing ones cost nothing: their weight is shared. */
export function costs(items: readonly ExplainItem[], count: number): Cost[] {
  const known = leaves(items).filter(
    item => item.kind === 'measure' && item.value !== null && item.weight !== null,
  );
  const given = known.reduce((sum, item) => sum + item.points, 0);
  const weighed = known.reduce((sum, item) => sum + ((item.weight ?? 0) * (item.value ?? 0)) / 100, 0);
  const scale = weighed > 0 ? given / weighed : 1;
  return known
    .map(item => {
      const most = (item.weight ?? 0) * scale;
      return { item, most, lost: most - item.points };
    })
    .filter(cost => cost.lost >= SMALL)
    .sort((a, b) => b.lost - a.lost)
    .slice(0, count);
}

/** Digits after the point that all figures of the bill need, so that it adds up as shown. */
export function digitsOf(items: readonly ExplainItem[]): number {
  const figures = items.flatMap(item => [item.points, item.change ?? 0]);
  for (let digits = 1; digits < 3; digits++) {
    if (figures.every(figure => Math.abs(figure - Number(figure.toFixed(digits))) < 1e-6)) return digits;
  }
  return 3;
}

/** The paths of an item's ancestors and its own: what must be open to see its facts. */
export function pathTo(items: readonly ExplainItem[], item: ExplainItem): string[] {
  const at = items.indexOf(item);
  const paths = [item.path];
  let depth = item.depth;
  for (let i = at - 1; i >= 0 && depth > 1; i--) {
    const above = items[i];
    if (above && above.depth < depth) {
      paths.push(above.path);
      depth = above.depth;
    }
  }
  return paths;
}
