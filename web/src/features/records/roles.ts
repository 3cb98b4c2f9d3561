// Changing what a person is to us.  A role is dated, so that the past stays as it was.
import type { PersonRole } from '@/api/types';

export const ROLES = ['champion', 'sponsor', 'admin', 'user'] as const;
export type Role = (typeof ROLES)[number];

export function currentRoles(roles: readonly PersonRole[]): Role[] {
  return ROLES.filter(role => roles.some(one => one.role === role && one.to === null));
}

/** The roles after giving or ending one today. */
export function toggleRole(roles: readonly PersonRole[], role: Role, today: string): PersonRole[] {
  if (roles.some(one => one.role === role && one.to === null)) {
    return roles
      .filter(one => !(one.role === role && one.to === null && one.from >= today))
      .map(one => (one.role === role && one.to === null ? { ...one, to: today } : one));
  }
  return [...roles, { role, from: today, to: null }];
}
