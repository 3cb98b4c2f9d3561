// What a role may do, as far as the screen must know it.  The server decides; this only hides what it
// would refuse.
import type { User } from '@/api/types';
import { useSession } from './queries';

type Deed = 'write' | 'try' | 'operate' | 'administer';

const ROLES: Record<Deed, readonly User['role'][]> = {
  write: ['admin', 'ops', 'leader', 'csm'],
  try: ['admin', 'ops', 'leader'],
  operate: ['admin', 'ops'],
  administer: ['admin'],
};

export function useCan(deed: Deed): boolean {
  return ROLES[deed].includes(useSession().user.role);
}
