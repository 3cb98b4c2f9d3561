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

/** The roles after giving or ending one now; a role given less than a day ago was a slip. */
export function toggleRole(roles: readonly PersonRole[], role: Role, now: string): PersonRole[] {
  if (roles.some(one => one.role === role && one.to === null)) {
    return roles
      .filter(one => !(one.role === role && one.to === null && isFresh(one.from, now)))
      .map(one => (one.role === role && one.to === null ? { ...one, to: now } : one));
  }
  return [...roles, { role, from: now, to: null }];
}
