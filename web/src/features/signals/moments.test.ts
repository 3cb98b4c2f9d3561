import { expect, test } from 'vitest';
import type { Signal } from '@/api/types';
import { signalMoments } from './moments';

const signal = (part: Partial<Signal>) =>
  ({
    rule: 'quiet',
    because: 'nobody came',
    severity: 'high',
    raised_at: null,
    cleared_at: null,
    ...part,
  }) as Signal;

test('a signal is a moment when it was raised and when it cleared, and none while it never was raised', () => {
  expect(signalMoments([signal({})])).toEqual([]);
  const moments = signalMoments([
    signal({ raised_at: '2026-01-01T00:00:00Z', cleared_at: '2026-01-03T00:00:00Z' }),
  ]);
  expect(moments.map(({ at, say, name }) => [at, say, name])).toEqual([
    ['2026-01-01T00:00:00Z', 'raised', 'nobody came'],
    ['2026-01-03T00:00:00Z', 'cleared', 'nobody came'],
  ]);
});
