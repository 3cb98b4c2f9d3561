// Cache keys of everything about accounts.  Parts are what hangs below one account.
import { accountPart } from '@/api/keys';
import type { AccountFilter } from './filter';

export const accountKeys = {
  all: ['accounts'] as const,
  lists: ['accounts', 'list'] as const,
  page: (filter: AccountFilter, page: number) => ['accounts', 'list', filter, page] as const,
  one: (id: string) => ['accounts', 'one', id] as const,
  past: (id: string, asOf: string) => ['accounts', 'past', id, asOf] as const,
  parts: accountPart,
};
