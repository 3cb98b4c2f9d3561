import { expect, test } from 'vitest';
import { currentRoles, toggleRole } from './roles';

const champion = { role: 'champion', from: '2026-01-01', to: null } as const;

test('a role that ends keeps its past', () => {
  expect(toggleRole([champion], 'champion', '2026-03-01')).toEqual([{ ...champion, to: '2026-03-01' }]);
});

test('a role given by mistake today leaves no trace', () => {
  const given = toggleRole([champion], 'sponsor', '2026-03-01');
  expect(currentRoles(given)).toEqual(['champion', 'sponsor']);
  expect(toggleRole(given, 'sponsor', '2026-03-01')).toEqual([champion]);
});
