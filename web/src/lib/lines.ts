// What changed between two texts, line by line.  Knows nothing of what the lines mean.

export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
  /** Its number in the text before and after, from 1; null where it is not. */
  before: number | null;
  after: number | null;
}

/** Lines that stand together, with a few unchanged ones around. */
export type Hunk = DiffLine[];

/** Beyond so many changed lines, what lies between the common ends is one big change. */
const MOST_STEPS = 1500;

const linesOf = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** Myers: how far each diagonal reaches with 0, 1, 2 … changes; null if there are too many. */
function trace(a: readonly string[], b: readonly string[]): Map<number, number>[] | null {
  const steps: Map<number, number>[] = [];
  let reach = new Map([[1, 0]]);
  for (let d = 0; d <= Math.min(a.length + b.length, MOST_STEPS); d++) {
    steps.push(reach);
    const next = new Map<number, number>();
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return steps;
    }
    reach = next;
  }
  return null;
}

/** The changes from the end to the beginning. */
function walkBack(a: readonly string[], b: readonly string[], steps: Map<number, number>[]): DiffLine[] {
  const out: DiffLine[] = [];
  let x = a.length;
  let y = b.length;
  for (let d = steps.length - 1; d >= 0; d--) {
    const reach = steps[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const before = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (reach.get(before) ?? 0);
    const fromY = d === 0 ? 0 : fromX - before;
    while (x > fromX && y > fromY) {
      out.push({ kind: 'same', text: a[x - 1] ?? '', before: x, after: y });
      x--;
      y--;
    }
    if (d === 0) break;
    if (down) out.push({ kind: 'added', text: b[y - 1] ?? '', before: null, after: y });
    else out.push({ kind: 'removed', text: a[x - 1] ?? '', before: x, after: null });
    x = fromX;
    y = fromY;
  }
  return out;
}

function whole(a: readonly string[], b: readonly string[]): DiffLine[] {
  return [
    ...a.map((text, i): DiffLine => ({ kind: 'removed', text, before: i + 1, after: null })),
    ...b.map((text, i): DiffLine => ({ kind: 'added', text, before: null, after: i + 1 })),
  ];
}

/** Every line of both texts, in order. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = linesOf(before);
  const b = linesOf(after);
  const steps = trace(a, b);
  return steps ? walkBack(a, b, steps).reverse() : whole(a, b);
}

/** The changed lines with `around` unchanged ones before and after each. */
export function hunksOf(lines: readonly DiffLine[], around = 2): Hunk[] {
  const hunks: Hunk[] = [];
  let last = -1;
  lines.forEach((line, i) => {
    if (line.kind === 'same') return;
    const from = Math.max(i - around, last + 1);
    const to = Math.min(i + around, lines.length - 1);
    const current = hunks[hunks.length - 1];
    if (current && from === last + 1) current.push(...lines.slice(from, to + 1));
    else hunks.push(lines.slice(from, to + 1));
    last = Math.max(last, to);
  });
  return hunks;
}
