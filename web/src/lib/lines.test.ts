import { expect, test } from 'vitest';
import { diffLines, hunksOf } from './lines';

const signs = { same: ' ', added: '+', removed: '-' };
const drawn = (before: string, after: string) =>
  diffLines(before, after).map(line => `${signs[line.kind]}${line.text}`);

test('a changed line is the old one and the new one, in place', () => {
  expect(drawn('a\nb\nc\n', 'a\nB\nc\n')).toEqual([' a', '-b', '+B', ' c']);
});

test('lines that came and went keep their numbers on either side', () => {
  expect(diffLines('a\nc', 'a\nb\nc\nd')).toEqual([
    { kind: 'same', text: 'a', before: 1, after: 1 },
    { kind: 'added', text: 'b', before: null, after: 2 },
    { kind: 'same', text: 'c', before: 2, after: 3 },
    { kind: 'added', text: 'd', before: null, after: 4 },
  ]);
});

test('equal texts have no change, an empty text is all new or all gone', () => {
  expect(drawn('a\nb', 'a\nb')).toEqual([' a', ' b']);
  expect(drawn('', 'a\nb')).toEqual(['+a', '+b']);
  expect(drawn('a\nb', '')).toEqual(['-a', '-b']);
  expect(drawn('', '')).toEqual([]);
});

test('applying what changed to the text before gives the text after, for any two texts', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  for (let round = 0; round < 300; round++) {
    const text = () => Array.from({ length: random(14) }, () => 'abc'[random(3)]).join('\n');
    const [before, after] = [text(), text()];
    const lines = diffLines(before, after);
    const side = (without: string) =>
      lines
        .filter(line => line.kind !== without)
        .map(line => line.text)
        .join('\n');
    expect(side('added')).toBe(before);
    expect(side('removed')).toBe(after);
  }
});

test('two long texts that share nothing are one big change', () => {
  const lines = diffLines('a\n'.repeat(3000), 'b\n'.repeat(3000));
  expect(lines).toHaveLength(6000);
  expect(lines[0]?.kind).toBe('removed');
});

test('a hunk holds a change with what stands around it, and near ones are one', () => {
  const before = Array.from({ length: 30 }, (_, i) => `${i}`);
  const after = before.map(line => (['5', '7', '20'].includes(line) ? `${line}!` : line));
  const hunks = hunksOf(diffLines(before.join('\n'), after.join('\n')), 2);
  expect(hunks.map(hunk => [hunk[0]?.text, hunk[hunk.length - 1]?.text])).toEqual([
    ['3', '9'],
    ['18', '22'],
  ]);
});
