import { expect, test } from 'vitest';
import type { OverlapPart, Segment } from '@/api/types';
import {
  COMPARED_MOST,
  comparedOf,
  conditionOf,
  divide,
  exactly,
  modelsOf,
  nameFor,
  othersOf,
  pickedOf,
  sizesOf,
} from './sets';

const set = (name: string, model: string | null, primary = false): Segment => ({
  kind: 'segment',
  name,
  doc: '',
  rule: null,
  model,
  primary,
  question: 'none',
  reads_state: false,
  stage: null,
  in_stage: null,
  accounts: 0,
  arr: null,
  bands: [],
});
const sets = [
  set('quiet', null),
  set('full', 'reach'),
  set('half', 'reach'),
  set('core', 'value', true),
  set('tail', 'value', true),
];

test('the primary model comes first, what is in no model last', () => {
  expect(modelsOf(sets).map(model => model.name)).toEqual(['value', 'reach', null]);
  expect(modelsOf([{ ...set('mid', null), kind: 'coverage' }])).toEqual([]);
});

test('the address chooses what is compared; one alone compares nothing', () => {
  expect(comparedOf(sets, ['core', 'quiet', 'gone'])).toEqual(['quiet', 'core']);
  expect(comparedOf(sets, ['core'])).toHaveLength(5);
});

test('an exact combination names what it is not in, but not beside one of the same model', () => {
  const compared = sets.map(one => one.name);
  expect(exactly({ segments: ['core', 'full'] }, compared, sets)).toEqual({
    segment: 'core,full',
    without: 'quiet',
  });
  expect(exactly({ segments: ['quiet'] }, compared, sets)).toEqual({
    segment: 'quiet',
    without: 'full,half,core,tail',
  });
  expect(exactly({ segments: ['quiet', 'core', 'half'] }, compared, sets)).toEqual({
    segment: 'quiet,core,half',
  });
  const many = Array.from({ length: COMPARED_MOST }, (_, i) => set(`s${i}`, null));
  const names = many.map(one => one.name);
  const { segment, without } = exactly({ segments: ['s1'] }, names, many);
  expect([segment, ...(without?.split(',') ?? [])].sort()).toEqual(names.toSorted());
});

test('sizes are counted back from now', () => {
  const days = [
    { entered: 5, left: 0 },
    { entered: 1, left: 3 },
    { entered: 0, left: 1 },
  ];
  expect(sizesOf(days, 10)).toEqual([13, 11, 10]);
});

const sum = (accounts: number, minor: number | null) => ({
  accounts,
  arr: minor === null ? null : { minor, currency: 'USD' },
});
const part = (names: string, accounts: number, minor: number | null, red: number): OverlapPart => ({
  segments: names.split(' '),
  ...sum(accounts, minor),
  bands: [
    { band: 'red', ...sum(red, minor) },
    { band: 'green', ...sum(accounts - red, 0) },
  ],
  at_risk: sum(red, minor),
  left: sum(1, 10),
  renewed: sum(2, 20),
});

test('004-12 capabilities 35: an overlap is divided by how many of the picked segments its accounts are in', () => {
  const exact = [
    part('a', 7, 700, 1),
    part('a b', 5, 500, 2),
    part('a b c', 3, 300, 3),
    part('b c', 2, null, 0),
    part('a c', 4, 400, 4),
    part('c', 9, 900, 0),
  ];
  const two = divide(exact, ['a', 'b']);
  expect(two.all).toEqual({
    ...sum(8, 800),
    bands: [
      { band: 'red', ...sum(5, 800) },
      { band: 'green', ...sum(3, 0) },
    ],
    at_risk: sum(5, 800),
    left: sum(2, 20),
    renewed: sum(4, 40),
  });
  expect(two.alone.map(({ name, fate }) => [name, fate.accounts, fate.arr?.minor])).toEqual([
    ['a', 11, 1100],
    ['b', 2, undefined],
  ]);
  expect(two.some.accounts).toBe(0);
  const three = divide(exact, ['a', 'b', 'c']);
  expect([three.all.accounts, three.some.accounts, three.some.arr?.minor]).toEqual([3, 11, 900]);
  expect(three.alone.map(({ fate }) => fate.accounts)).toEqual([7, 0, 9]);
});

test('the two that share the most are picked, unless the address picks two', () => {
  const pairs = [part('a b', 1, 0, 0), part('a c', 4, 0, 0), part('b c', 4, 0, 0)];
  expect(pickedOf(['a', 'b', 'c'], pairs, [])).toEqual(['a', 'c']);
  expect(pickedOf(['a', 'b', 'c'], pairs, ['c', 'b', 'gone'])).toEqual(['b', 'c']);
  expect(pickedOf(['a', 'b', 'c'], pairs, ['b'])).toEqual(['a', 'c']);
  // What was answered is still of other segments.
  expect(pickedOf(['x', 'y'], pairs, [])).toEqual(['x', 'y']);
});

test('capabilities 35: the condition of an overlap is that of its exact list', () => {
  const compared = sets.map(one => one.name);
  const others = othersOf({ segments: ['core', 'full'] }, compared, sets);
  expect(conditionOf(['core', 'full'], others)).toBe(
    'segment.has("core") && segment.has("full") && !segment.has("quiet")',
  );
  expect(conditionOf(['core'], [])).toBe('segment.has("core")');
});

test('a new segment is called after what it is made of, and like no other', () => {
  expect(nameFor(['core', 'full'], sets)).toBe('core-and-full');
  expect(nameFor(['core', 'full'], [{ name: 'core-and-full' }, { name: 'core-and-full-2' }])).toBe(
    'core-and-full-3',
  );
  expect(nameFor(Array<string>(9).fill('a'.repeat(30)), []).length).toBeLessThan(140);
});
