// Changing what a person is to us.  A role is dated, so that the past stays as it was.
import type { PersonRole } from '@/api/types';

export const ROLES = ['champion', 'sponsor', 'admin', 'user'] as const;
export type Role = (typeof ROLES)[number];

const DAY_MS = 86_400_000;

function isFresh(from: string, now: string): boolean {
  return Date.parse(now) - Date.parse(from) < DAY_MS;
}

export function currentRoles(roles: readonly PersonRole[]): Role[] {
  return ROLES.filter(role => roles.some(one => one.role === role && one.to === null));
}

/** Those who matter most to us first, those who left last; people of equal standing stay in order. */
export function byStanding<P extends { roles: PersonRole[]; left_at: string | null }>(
  people: readonly P[],
): P[] {
  const rank = (person: P) => {
    if (person.left_at !== null) return ROLES.length + 1;
    const held = currentRoles(person.roles)[0];
    return held ? ROLES.indexOf(held) : ROLES.length;
  };
  return [...people].sort((a, b) => rank(a) - rank(b));
}

/** The roles after giving or ending one now; a role given less than a day ago was a slip. */
export function toggleRole(roles: readonly PersonRole[], role: Role, now: string): PersonRole[] {
  if (roles.some(one => one.role === role && one.to === null)) {
    return roles
      .filter(one => !(one.role === role && one.to === null && isFresh(one.from, now)))
      .map(one => (one.role === role && one.to === null ? { ...one, to: now } : one));
  }
  return [...roles, { role, from: now, to: null }];
}
