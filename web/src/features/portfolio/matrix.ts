// Reading the migration matrix: sums of its rows and columns, and who went which way.  Pure.
import type { Migration } from '@/api/types';

/** The worst first; what has no score last. */
export const SHADES = ['red', 'yellow', 'green', 'none'] as const;
export type MatrixShade = (typeof SHADES)[number];

export interface Sum {
  accounts: number;
  minor: number;
}
const EMPTY: Sum = { accounts: 0, minor: 0 };

export type Way = 'worse' | 'better' | 'same' | 'other';

const RANK: Record<MatrixShade, number> = { red: 0, yellow: 1, green: 2, none: -1 };

/** From or to "no score" is neither worse nor better. */
export function wayOf(was: MatrixShade, is: MatrixShade): Way {
  if (was === is) return 'same';
  if (was === 'none' || is === 'none') return 'other';
  return RANK[is] < RANK[was] ? 'worse' : 'better';
}

type Test = (was: MatrixShade, is: MatrixShade) => boolean;

export function sumOf(cells: Migration['cells'], test: Test): Sum {
  return cells
    .filter(cell => test(cell.was, cell.is))
    .reduce(
      (sum, { tally }) => ({ accounts: sum.accounts + tally.accounts, minor: sum.minor + tally.arr.minor }),
      EMPTY,
    );
}

export function cellOf(cells: Migration['cells'], was: MatrixShade, is: MatrixShade): Sum {
  return sumOf(cells, (a, b) => a === was && b === is);
}

/** How many accounts of the matrix have left by now. */
export function leftOf(cells: Migration['cells']): number {
  return cells.reduce((sum, { tally }) => sum + tally.left, 0);
}

const isUnwell = (shade: MatrixShade) => shade === 'red' || shade === 'yellow';

/** What is in red and yellow: then and now, of the accounts that had a score both times, or have none now;
 * who is scored only now did not get worse, and stands apart. */
export function unwellOf(cells: Migration['cells']) {
  const isFresh = (was: MatrixShade, is: MatrixShade) => was === 'none' && is !== 'none';
  return {
    was: sumOf(cells, isUnwell),
    is: sumOf(cells, (was, is) => was !== 'none' && isUnwell(is)),
    fresh: sumOf(cells, isFresh),
    freshUnwell: sumOf(cells, (was, is) => isFresh(was, is) && isUnwell(is)),
  };
}

/** Rows and columns worth drawing: "no score" only if anybody was or is without one. */
export function shadesOf(cells: Migration['cells']): readonly MatrixShade[] {
  const scoreless = cells.some(cell => cell.was === 'none' || cell.is === 'none');
  return SHADES.filter(shade => shade !== 'none' || scoreless);
}
