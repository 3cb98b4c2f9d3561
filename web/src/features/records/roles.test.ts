import { expect, test } from 'vitest';
import type { PersonRole } from '@/api/types';
import { byStanding, currentRoles, toggleRole } from './roles';

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

test('the champion stands first, and who left stands last', () => {
  const person = (name: string, roles: PersonRole[], left_at: string | null = null) => ({
    name,
    roles,
    left_at,
  });
  const people = [
    person('plain', []),
    person('gone', [champion], '2026-02-01T00:00:00Z'),
    person('once', [{ ...champion, to: '2026-02-01T00:00:00Z' }]),
    person('champion', [champion]),
  ];
  expect(byStanding(people).map(one => one.name)).toEqual(['champion', 'plain', 'once', 'gone']);
});
