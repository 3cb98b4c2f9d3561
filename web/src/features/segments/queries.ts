// Who is in what, how many, and who came and went; kept true while a page shows it.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client, unwrap } from '@/api/client';
import { whileChanging } from '@/features/accounts';

const KEY = ['segments'] as const;
/** While accounts change, each is read again this often at most: boards come from memory; who left and
 * renewed, and who entered and left a segment, is looked up. */
const PARTS = [
  { part: 'board', restMs: 1000 },
  { part: 'overlap', restMs: 10_000 },
  { part: 'moves', restMs: 10_000 },
] as const;

export function useSegmentBoard() {
  return useQuery({
    queryKey: [...KEY, 'board', 'sets'] as const,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/segments', { signal })),
  });
}

/** What the answers of the seven questions rest on. */
export function useQuestionGrounds() {
  return useQuery({
    queryKey: [...KEY, 'moves', 'questions'] as const,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/segment-questions', { signal })),
    select: list => new Map(list.data.map(ground => [ground.question, ground])),
  });
}

export function useOverlap(names: readonly string[]) {
  const segments = names.join(',');
  return useQuery({
    queryKey: [...KEY, 'overlap', segments] as const,
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/v1/segment-overlap', { params: { query: { segments } }, signal })),
    enabled: names.length > 1,
    placeholderData: keepPreviousData,
  });
}

export function useCoverage() {
  return useQuery({
    queryKey: [...KEY, 'board', 'coverage'] as const,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/coverage', { signal })),
  });
}

export function useMoves(name: string, days: number) {
  return useQuery({
    queryKey: [...KEY, 'moves', name, days] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/segments/{name}/moves', { params: { path: { name }, query: { days } }, signal }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** The members with the most ARR. */
export function useMembers(name: string, limit: number) {
  return useQuery({
    queryKey: [...KEY, 'board', 'members', name] as const,
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/accounts', { params: { query: { segment: name, sort: '-arr', limit } }, signal }),
      ),
  });
}

export function useLiveSegments(): void {
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
