import { expect, test } from 'vitest';
import { withSeen } from './seen';

test('the newest visits are kept', () => {
  let seen: Record<string, number> = {};
  for (let i = 0; i < 300; i++) seen = withSeen(seen, `a${i}`, i);
  seen = withSeen(seen, 'a250', 1000);
  expect(Object.keys(seen)).toHaveLength(200);
  expect(seen.a250).toBe(1000);
  expect(seen.a99).toBeUndefined();
});
