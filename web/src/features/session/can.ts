// What a role may do, as far as the screen must know it.  The server decides; this only hides what it
// would refuse.
import type { User } from '@/api/types';
import { useAsOf } from '@/lib/asOf';
import { useSession } from './queries';

type Deed = 'write' | 'try' | 'operate' | 'administer';

const ROLES: Record<Deed, readonly User['role'][]> = {
  write: ['admin', 'ops', 'leader', 'csm'],
  try: ['admin', 'ops', 'leader'],
  operate: ['admin', 'ops'],
  administer: ['admin'],
};

/** Nobody writes into the past that is shown. */
export function useCan(deed: Deed): boolean {
  const isPast = useAsOf() !== undefined;
  return ROLES[deed].includes(useSession().user.role) && !(isPast && deed === 'write');
}

type Scope = 'own' | 'team' | 'all';

const SEES_AT_MOST: Record<User['role'], Scope> = {
  admin: 'all',
  ops: 'all',
  leader: 'all',
  csm: 'team',
  viewer: 'team',
};

/** Whose accounts somebody sees: what both their scope and their role allow; without a team, their own. */
export function seenBy({
  role,
  scope,
  team,
}: {
  role: User['role'];
  scope: Scope;
  team?: string | null;
}): Scope {
  const both: Scope = scope === 'all' ? SEES_AT_MOST[role] : scope;
  return both === 'team' && !team ? 'own' : both;
}
