import { expect, test } from 'vitest';
import { keyWithHint, snippet } from './snippets';

test('a key stands in the snippet of its own source only', () => {
  expect(keyWithHint('demo-write-key', '-key')).toBe('demo-write-key');
  expect(keyWithHint('demo-write-key', '…-key')).toBe('demo-write-key');
  expect(keyWithHint('demo-write-key', 'x9Qz')).toBeNull();
  expect(keyWithHint('demo-write-key', '')).toBeNull();
  expect(keyWithHint(undefined, '-key')).toBeNull();
});

test('every snippet holds the key and the address', () => {
  for (const kind of ['curl', 'node', 'browser'] as const) {
    const text = snippet(kind, 'wk', 'https://cairn.example');
    expect(text).toContain('wk');
    expect(text).toContain('cairn.example');
  }
});
