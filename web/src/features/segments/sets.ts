// Small arithmetic over segments: their models, which ones are compared, and the list behind a number.
// Pure.
import type { OverlapPart, Segment } from '@/api/types';
import type { AccountSearch } from '@/features/accounts';

/** As many as the server compares at once. */
export const COMPARED_MOST = 16;
/** As many sets as the list of accounts takes in one filter. */
const FILTER_MOST = 9;

export interface Model {
  /** null: segments of no model. */
  name: string | null;
  primary: boolean;
  segments: Segment[];
}

/** The primary model first, what is in no model last, else as in the program. */
export function modelsOf(sets: readonly Segment[]): Model[] {
  const models = new Map<string | null, Model>();
  for (const set of sets) {
    if (set.kind !== 'segment') continue;
    const model = models.get(set.model) ?? { name: set.model, primary: set.primary, segments: [] };
    model.segments.push(set);
    models.set(set.model, model);
  }
  const rank = (model: Model) => (model.primary ? 0 : model.name === null ? 2 : 1);
  return [...models.values()].sort((a, b) => rank(a) - rank(b));
}

/** Those of the address that there are; without any, the first. */
export function comparedOf(sets: readonly Segment[], wanted: readonly string[]): string[] {
  const names = sets.filter(set => set.kind === 'segment').map(set => set.name);
  const found = names.filter(name => wanted.includes(name));
  return (found.length > 1 ? found : names).slice(0, COMPARED_MOST);
}

/** The accounts in exactly these of the compared ones.  Nobody is in two segments of one model, so those
 * beside one that they are in need not be named.  null: the list cannot say it. */
export function exactly(
  part: Pick<OverlapPart, 'segments'>,
  compared: readonly string[],
  sets: readonly Segment[],
): AccountSearch | null {
  const modelOf = new Map(sets.filter(set => set.kind === 'segment').map(set => [set.name, set.model]));
  const inModels = new Set(part.segments.map(name => modelOf.get(name)).filter(Boolean));
  const without = compared.filter(
    name => !part.segments.includes(name) && !inModels.has(modelOf.get(name) ?? null),
  );
  if (part.segments.length + without.length > FILTER_MOST) return null;
  return {
    segment: part.segments.join(','),
    ...(without.length > 0 ? { without: without.join(',') } : {}),
  };
}

/** How many were in it at the end of each day, counted back from now. */
export function sizesOf(days: readonly { entered: number; left: number }[], now: number): number[] {
  let size = now;
  return days
    .toReversed()
    .map(day => {
      const at = size;
      size -= day.entered - day.left;
      return at;
    })
    .reverse();
}
