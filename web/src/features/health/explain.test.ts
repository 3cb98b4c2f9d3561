import { describe, expect, test } from 'vitest';
import type { ExplainItem } from '@/api/types';
import { costs, digitsOf, leaves, longMinus, movers, pathTo, visibleItems } from './explain';

function item(path: string, points: number, more: Partial<ExplainItem> = {}): ExplainItem {
  const depth = path.split('/').length;
  return {
    path,
    depth,
    name: path,
    kind: depth === 1 ? 'group' : 'measure',
    weight: null,
    value: null,
    raw: null,
    raw_text: null,
    was_text: null,
    points,
    change: null,
    missing: false,
    reason: null,
    rule: null,
    account_id: null,
    facts: [],
    ...more,
  };
}

const bill = [
  item('usage', 32, { change: -6, weight: 0.8 }),
  item('usage/logins', 12, { weight: 0.25, value: 60, change: -7 }),
  item('usage/breadth', 20, { weight: 0.75, value: 100, change: 1 }),
  item('support', 5, { change: 0, weight: 0.2 }),
  item('support/critical', 5, { weight: 1, value: 50, change: 0 }),
  item('exception', -4, { kind: 'exception', change: -4 }),
];
const paths = (items: readonly ExplainItem[]) => items.map(one => one.path);

describe('rows', () => {
  test('a closed row hides all below it, however deep', () => {
    const deep = [item('a', 1), item('a/b', 1), item('a/b/c', 1), item('d', 1)];
    expect(paths(visibleItems(deep, new Set()))).toEqual(['a', 'd']);
    expect(paths(visibleItems(deep, new Set(['a/b'])))).toEqual(['a', 'd']);
    expect(paths(visibleItems(deep, new Set(['a'])))).toEqual(['a', 'a/b', 'd']);
    expect(paths(visibleItems(deep, new Set(['a', 'a/b'])))).toEqual(['a', 'a/b', 'a/b/c', 'd']);
  });
  test('the leaves are what the score is made of', () => {
    expect(paths(leaves(bill))).toEqual(['usage/logins', 'usage/breadth', 'support/critical', 'exception']);
  });
  test('the way to a row names each of its ancestors', () => {
    const row = bill[1];
    expect(row && pathTo(bill, row)).toEqual(['usage/logins', 'usage']);
  });
});

describe('why', () => {
  test('the largest moves come first, groups and still rows not at all', () => {
    expect(paths(movers(bill, 2))).toEqual(['usage/logins', 'exception']);
  });
  test('a measure costs what it could give and does not', () => {
    expect(
      costs(bill, 5).map(({ item, most, lost }) => [item.path, Math.round(most), Math.round(lost)]),
    ).toEqual([
      ['usage/breadth', 60, 40],
      ['support/critical', 20, 15],
      ['usage/logins', 20, 8],
    ]);
  });
  test('a missing measure costs nothing', () => {
    expect(costs([item('a/b', 0, { weight: 1, missing: true })], 5)).toEqual([]);
  });
});

test('figures show as many digits as adding up needs', () => {
  expect(digitsOf([item('a', 12)])).toBe(1);
  expect(digitsOf([item('a', 12.25), item('b', 1)])).toBe(2);
  expect(digitsOf([item('a', 12, { change: 0.125 })])).toBe(3);
});

test('a negative value has the minus of all other figures; a word keeps its hyphen', () => {
  expect(longMinus('-0.208')).toBe('\u22120.208');
  expect(longMinus('8 features')).toBe('8 features');
  expect(longMinus('-key')).toBe('-key');
  expect(longMinus(null)).toBeNull();
});
