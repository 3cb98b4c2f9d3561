// Reading an explanation: which rows are open, what moved the score, what costs the most.  Pure.
import type { ExplainItem } from '@/api/types';

const SMALL = 0.05;
export const MINUS = '\u2212';

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
    .filter(item => item.kind !== 'rest' && item.change !== null && Math.abs(item.change) >= SMALL)
    .sort((a, b) => Math.abs(b.change ?? 0) - Math.abs(a.change ?? 0))
    .slice(0, count);
}

/** The share of the whole score that each row stands for: the product of the weights above it. */
export function shares(items: readonly ExplainItem[]): Map<ExplainItem, number> {
  const found = new Map<ExplainItem, number>();
  const above: number[] = [1];
  for (const item of items) {
    const share = (above[item.depth - 1] ?? 1) * (item.weight ?? 0);
    above[item.depth] = share;
    found.set(item, share);
  }
  return found;
}

export interface Cost {
  item: ExplainItem;
  /** What the measure could give at best, in points of the score. */
  most: number;
  lost: number;
}

/** The measures that cost the most points.  Missing ones cost nothing: their weight is shared. */
export function costs(items: readonly ExplainItem[], count: number): Cost[] {
  const share = shares(items);
  return leaves(items)
    .filter(item => item.kind === 'measure' && item.value !== null)
    .map(item => {
      const most = 100 * (share.get(item) ?? 0);
      return { item, most, lost: most - item.points };
    })
    .filter(cost => cost.most > 0 && cost.lost >= SMALL)
    .sort((a, b) => b.lost - a.lost)
    .slice(0, count);
}

/** Names of the program as words: "critical-tickets" is read as "critical tickets". */
export function words(name: string): string {
  return name.replaceAll(/[-_]/g, ' ');
}

/** A number's text from the server with the minus that all other figures have. */
export function longMinus(text: string): string;
export function longMinus(text: string | null): string | null;
export function longMinus(text: string | null): string | null {
  return text?.replace(/^-(?=\d)/, MINUS) ?? null;
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
