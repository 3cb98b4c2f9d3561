// The figures of the portfolio and how accounts moved, kept true by the stream.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client, unwrap } from '@/api/client';
import { whileChanging } from '@/features/accounts';

const KEY = ['portfolio'] as const;
/** While accounts change, each is read again this often at most: figures come from memory, movements
 * are looked up account by account. */
const PARTS = [
  { part: 'figures', restMs: 2000 },
  { part: 'migration', restMs: 10_000 },
] as const;

const ownerQuery = (owner: string | undefined) => (owner ? { owner_id: owner } : {});

export function usePortfolio(owner: string | undefined, asOf: string | undefined) {
  return useQuery({
    queryKey: [...KEY, 'figures', owner, asOf] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/portfolio', {
          params: { query: { ...ownerQuery(owner), ...(asOf ? { as_of: asOf } : {}) } },
          signal,
        }),
      ),
    // Figures of another moment must not stand under the banner of this one.
    placeholderData: (old, query) => (query?.queryKey.at(-1) === asOf ? old : undefined),
  });
}

export interface Moments {
  moved_from: string;
  moved_to?: string;
}

export function useMigration(owner: string | undefined, { moved_from, moved_to }: Moments) {
  const query = { ...ownerQuery(owner), from: moved_from, ...(moved_to ? { to: moved_to } : {}) };
  return useQuery({
    queryKey: [...KEY, 'migration', query] as const,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/health/migration', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** Keeps the page's figures true while it is open. */
export function useLivePortfolio(): void {
  const cache = useQueryClient();
  useEffect(() => {
    const stops = PARTS.map(({ part, restMs }) =>
      whileChanging(restMs, () => void cache.invalidateQueries({ queryKey: [...KEY, part] })),
    );
    return () => {
      for (const stop of stops) stop();
    };
  }, [cache]);
}
