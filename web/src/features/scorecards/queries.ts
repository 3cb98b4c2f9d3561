// Which scorecard scores whom; kept true while a page shows it.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client, unwrap } from '@/api/client';
import { whileChanging } from '@/features/accounts';

const KEY = ['scorecards'] as const;
/** While accounts change, the board is read again this often at most. */
const REST_MS = 2000;

export function useScorecards() {
  return useQuery({
    queryKey: [...KEY, 'board'] as const,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/scorecards', { signal })),
  });
}

export function useLiveScorecards(): void {
  const cache = useQueryClient();
  useEffect(() => whileChanging(REST_MS, () => void cache.invalidateQueries({ queryKey: KEY })), [cache]);
}
