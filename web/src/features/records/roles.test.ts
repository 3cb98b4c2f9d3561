import { expect, test } from 'vitest';
import { currentRoles, toggleRole } from './roles';

const champion = { role: 'champion', from: '2026-01-01T00:00:00Z', to: null } as const;

test('a role that ends keeps its past', () => {
  expect(toggleRole([champion], 'champion', '2026-03-01T00:00:00Z')).toEqual([
    { ...champion, to: '2026-03-01T00:00:00Z' },
  ]);
});

test('a role given by mistake within a day leaves no trace', () => {
  const given = toggleRole([champion], 'sponsor', '2026-03-01T00:00:00Z');
  expect(currentRoles(given)).toEqual(['champion', 'sponsor']);
  expect(toggleRole(given, 'sponsor', '2026-03-01T00:01:00Z')).toEqual([champion]);
});
