import { expect, test } from 'vitest';
import type { Migration } from '@/api/types';
import { cellOf, leftOf, shadesOf, sumOf, unwellOf, wayOf } from './matrix';

const tally = (accounts: number, minor: number, left = 0) => ({
  accounts,
  arr: { minor, currency: 'USD' },
  left,
});
const cells: Migration['cells'] = [
  { was: 'yellow', is: 'green', tally: tally(9, 900) },
  { was: 'yellow', is: 'yellow', tally: tally(4, 400) },
  { was: 'yellow', is: 'red', tally: tally(2, 250) },
  { was: 'green', is: 'green', tally: tally(5, 1) },
];

test('003-32 of 15 yellow accounts 9 are green: 60 %', () => {
  const row = sumOf(cells, was => was === 'yellow');
  expect(row).toEqual({ accounts: 15, minor: 1550 });
  expect(cellOf(cells, 'yellow', 'green').accounts / row.accounts).toBe(0.6);
  expect(cellOf(cells, 'red', 'green')).toEqual({ accounts: 0, minor: 0 });
});

test('worse is towards red, and no score is neither', () => {
  expect(wayOf('green', 'yellow')).toBe('worse');
  expect(wayOf('red', 'yellow')).toBe('better');
  expect(wayOf('none', 'red')).toBe('other');
  expect(wayOf('green', 'none')).toBe('other');
  expect(wayOf('none', 'none')).toBe('same');
  expect(sumOf(cells, (was, is) => wayOf(was, is) === 'worse')).toEqual({ accounts: 2, minor: 250 });
});

test('who is scored only now did not make the others worse', () => {
  const now = unwellOf([...cells, { was: 'none', is: 'red', tally: tally(96, 5000) }]);
  expect(now.was).toEqual({ accounts: 15, minor: 1550 });
  expect(now.is).toEqual({ accounts: 6, minor: 650 });
  expect(now.fresh).toEqual({ accounts: 96, minor: 5000 });
  expect(now.freshUnwell).toEqual({ accounts: 96, minor: 5000 });
  expect(unwellOf(cells).fresh.accounts).toBe(0);
});

test('no score is a row only where somebody has none', () => {
  expect(shadesOf(cells)).toEqual(['red', 'yellow', 'green']);
  expect(shadesOf([...cells, { was: 'none', is: 'red', tally: tally(1, 0) }])).toContain('none');
});

test('who has left is counted once, whatever way they went', () => {
  expect(leftOf(cells)).toBe(0);
  expect(leftOf([...cells, { was: 'red', is: 'red', tally: tally(3, 0, 2) }])).toBe(2);
  expect(
    leftOf([
      { was: 'none', is: 'red', tally: tally(1, 0, 1) },
      { was: 'red', is: 'red', tally: tally(3, 0, 2) },
    ]),
  ).toBe(3);
});
