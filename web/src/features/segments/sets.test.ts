import { expect, test } from 'vitest';
import type { Segment } from '@/api/types';
import { comparedOf, exactly, modelsOf, sizesOf } from './sets';

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
  const many = Array.from({ length: 14 }, (_, i) => set(`s${i}`, null));
  expect(
    exactly(
      { segments: ['s1'] },
      many.map(one => one.name),
      many,
    ),
  ).toBeNull();
});

test('sizes are counted back from now', () => {
  const days = [
    { entered: 5, left: 0 },
    { entered: 1, left: 3 },
    { entered: 0, left: 1 },
  ];
  expect(sizesOf(days, 10)).toEqual([13, 11, 10]);
});
