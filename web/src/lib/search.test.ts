import { expect, test } from 'vitest';
import { joinList, only, parseSearch, splitList, stringifySearch } from './search';

test('a query reads as one would type it', () => {
  expect(stringifySearch({ band: 'red,yellow', q: 'a b&c', sort: undefined })).toBe(
    '?band=red,yellow&q=a+b%26c',
  );
  expect(stringifySearch({})).toBe('');
});

test('what is written is read again', () => {
  const search = { q: '50% = "x" & <y>', since: '2026-01-01T00:00:00Z', band: 'red' };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test('lists are separated by commas', () => {
  expect(splitList('red,,green')).toEqual(['red', 'green']);
  expect(splitList(undefined)).toEqual([]);
  expect(joinList([])).toBeUndefined();
});

test('what a reader does not return is taken from the address', () => {
  const read = only(search => (search.days === '30' ? { days: '30' } : {}));
  expect(read({ days: '30', x: '1' })).toStrictEqual({ days: '30', x: undefined });
  expect(read({ days: 'many' })).toStrictEqual({ days: undefined });
});
