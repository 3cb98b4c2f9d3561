// Small arithmetic over segments: their models, which ones are compared, the list behind a number and the
// condition that makes a segment of it.  Pure.
import type { OverlapPart, Segment, SegmentOverlap } from '@/api/types';
import type { AccountSearch } from '@/features/accounts';

/** As many as the server compares at once, and as the list of accounts takes in one filter. */
export const COMPARED_MOST = 16;
/** The server takes names of 140 bytes; a number must find room. */
const NAME_MOST = 130;

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

/** Those that it must be told are not meant.  Nobody is in two segments of one model, so those beside one
 * that they are in need not be named. */
export function othersOf(
  part: Pick<OverlapPart, 'segments'>,
  compared: readonly string[],
  sets: readonly Segment[],
): string[] {
  const modelOf = new Map(sets.filter(set => set.kind === 'segment').map(set => [set.name, set.model]));
  const inModels = new Set(part.segments.map(name => modelOf.get(name)).filter(Boolean));
  return compared.filter(name => !part.segments.includes(name) && !inModels.has(modelOf.get(name) ?? null));
}

/** The accounts in exactly these of the compared ones. */
export function exactly(
  part: Pick<OverlapPart, 'segments'>,
  compared: readonly string[],
  sets: readonly Segment[],
): AccountSearch {
  const without = othersOf(part, compared, sets);
  return {
    segment: part.segments.join(','),
    ...(without.length > 0 ? { without: without.join(',') } : {}),
  };
}

/** The condition of a segment of the accounts in all of the first and none of the second. */
export function conditionOf(segments: readonly string[], without: readonly string[]): string {
  const has = (name: string) => `segment.has("${name}")`;
  return [...segments.map(has), ...without.map(name => `!${has(name)}`)].join(' && ');
}

/** A name for it that no set has yet, nor the draft; as long as one may be. */
export function nameFor(
  segments: readonly string[],
  sets: readonly Pick<Segment, 'name'>[],
  drafted: (name: string) => boolean = () => false,
): string {
  const name = segments.join('-and-').slice(0, NAME_MOST);
  const isTaken = (one: string) => sets.some(set => set.name === one) || drafted(one);
  let number = 1;
  let free = name;
  while (isTaken(free)) free = `${name}-${++number}`;
  return free;
}

/** Those of the address that are compared; without two, the two that share the most accounts. */
export function pickedOf(
  compared: readonly string[],
  pairs: SegmentOverlap['pairs'],
  wanted: readonly string[],
): string[] {
  const found = compared.filter(name => wanted.includes(name));
  if (found.length > 1) return found;
  const isCompared = pairs.filter(pair => pair.segments.every(name => compared.includes(name)));
  const largest = isCompared.reduce<(typeof pairs)[number] | null>(
    (most, pair) => (most && most.accounts >= pair.accounts ? most : pair),
    null,
  );
  return largest?.segments ?? compared.slice(0, 2);
}

export type Fate = Omit<OverlapPart, 'segments'>;
type Sum = Fate['left'];

const plus = (a: Sum, b: Sum): Sum => ({
  accounts: a.accounts + b.accounts,
  arr: a.arr && b.arr ? { ...a.arr, minor: a.arr.minor + b.arr.minor } : (a.arr ?? b.arr),
});
const NOBODY: Sum = { accounts: 0, arr: null };

/** What became of several parts' accounts together; no account is in two parts. */
export function together(parts: readonly Fate[]): Fate {
  const sum = (of: (part: Fate) => Sum) => parts.map(of).reduce(plus, NOBODY);
  const bands = parts[0]?.bands ?? [];
  return {
    ...sum(part => part),
    bands: bands.map(({ band }) => ({
      band,
      ...sum(part => part.bands.find(one => one.band === band) ?? NOBODY),
    })),
    at_risk: sum(part => part.at_risk),
    left: sum(part => part.left),
    renewed: sum(part => part.renewed),
  };
}

export interface Division {
  /** In all of the picked ones. */
  all: Fate;
  /** By picked name: in that one alone. */
  alone: { name: string; fate: Fate }[];
  /** In several, but not in all. */
  some: Fate;
}

/** Divides the accounts by how many of the picked segments they are in, whatever else they are in. */
export function divide(exact: readonly OverlapPart[], picked: readonly string[]): Division {
  const inPicked = (part: OverlapPart) => part.segments.filter(name => picked.includes(name));
  const where = (is: (names: string[]) => boolean) => together(exact.filter(part => is(inPicked(part))));
  return {
    all: where(names => names.length === picked.length),
    alone: picked.map(name => ({ name, fate: where(names => names.length === 1 && names[0] === name) })),
    some: where(names => names.length > 1 && names.length < picked.length),
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
