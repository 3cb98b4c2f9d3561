import { expect, test } from 'vitest';
import { changesOf, type Draft, keepDraft, loadDraft, nameFault, rebase, withFile } from './draft';

const file = (name: string, text: string) => ({ name, text });

class Memory implements Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  readonly kept = new Map<string, string>();
  full = false;
  getItem(key: string) {
    return this.kept.get(key) ?? null;
  }
  setItem(key: string, text: string) {
    if (this.full) throw new Error('quota');
    this.kept.set(key, text);
  }
  removeItem(key: string) {
    this.kept.delete(key);
  }
}
const memory = () => new Memory() as Memory & Storage;

test('a draft is there again for its user, and for nobody else', () => {
  const storage = memory();
  const draft: Draft = { base: 3, files: [file('a.yaml', 'x: 1')], at: 5 };
  expect(keepDraft(storage, 'usr_1', draft)).toBe(true);
  expect(loadDraft(storage, 'usr_1')).toEqual(draft);
  expect(loadDraft(storage, 'usr_2')).toBeNull();
  keepDraft(storage, 'usr_1', null);
  expect(loadDraft(storage, 'usr_1')).toBeNull();
});

test('a browser that keeps nothing is noticed, and what is no draft is none', () => {
  const storage = memory();
  storage.full = true;
  expect(keepDraft(storage, 'usr_1', { base: 1, files: [], at: 0 })).toBe(false);
  for (const text of ['{', '7', '{"base":1}', '{"base":1,"at":2,"files":[{"name":"a"}]}']) {
    storage.kept.set('cairn-program-draft-usr_1', text);
    expect(loadDraft(storage, 'usr_1')).toBeNull();
  }
});

test('what changed is told file by file', () => {
  expect(changesOf([file('a', '1'), file('b', '1')], [file('b', '2'), file('c', '1')])).toEqual([
    { name: 'a', change: 'removed' },
    { name: 'b', change: 'changed' },
    { name: 'c', change: 'added' },
  ]);
  expect(changesOf([file('a', '1')], [file('a', '1')])).toEqual([]);
});

test('a draft moves to a newer version with its own changes alone', () => {
  const base = [file('a', '1'), file('b', '1'), file('c', '1'), file('d', '1')];
  const mine = [file('a', 'mine'), file('b', '1'), file('d', '1'), file('new', 'mine')];
  const newer = [file('a', '1'), file('b', 'theirs'), file('c', '1'), file('d', '1')];
  expect(rebase(base, mine, newer)).toEqual({
    files: [file('a', 'mine'), file('b', 'theirs'), file('d', '1'), file('new', 'mine')],
    both: [],
  });
});

test('what both changed is named, unless both did the same', () => {
  const base = [file('a', '1'), file('b', '1'), file('c', '1')];
  const mine = withFile(withFile(withFile(base, 'a', 'mine'), 'b', 'same'), 'c', 'mine');
  const newer = [file('a', 'theirs'), file('b', 'same')];
  expect(rebase(base, mine, newer)).toEqual({ files: mine, both: ['a', 'c'] });
});

test('a new file has a name of its own that the program takes', () => {
  const files = [file('signals.yaml', '')];
  expect(nameFault('scorecards/small.yaml', files)).toBeNull();
  expect(nameFault('signals.yaml', files)).toBe('taken');
  for (const name of ['', 'x', 'x.txt', '../x.yaml', '/x.yaml', 'a//b.yaml', 'a b.yaml']) {
    expect(nameFault(name, files)).toBe('form');
  }
});
