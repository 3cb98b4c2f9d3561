// The program as the server has it, and what it says of a draft.
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useMemo } from 'react';
import { client, unwrap } from '@/api/client';
import { readProgramSchema } from '@/api/program';
import type { ProgramCheck, ProgramFile, ProgramTests } from '@/api/types';
import { programKeys } from './keys';
import { type Scope, SECTIONS } from './scope';
import type { Schema } from './shape';

const BUILDING_MS = 1000;
const HOUR_MS = 3_600_000;
const VERSIONS_AT_ONCE = 50;
/** What was said of a text that is no longer shown is soon forgotten. */
const KEPT_MS = 30_000;

/** A text of the program with the number of its revision: what is asked of it is cached by that. */
export interface Revision {
  id: number;
  files: ProgramFile[];
}

/** Asks again and again while a version is on its way. */
export function useProgram(awaited = 0) {
  return useQuery({
    queryKey: programKeys.now,
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/program', { signal })),
    refetchInterval: ({ state: { data } }) =>
      data && (data.building || data.version < awaited) ? BUILDING_MS : false,
  });
}

export function useVersions() {
  return useInfiniteQuery({
    queryKey: programKeys.versions,
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET('/api/v1/program/versions', {
          params: { query: { limit: VERSIONS_AT_ONCE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: page => page.next_cursor,
    select: all => all.pages.flatMap(page => page.items),
  });
}

/** A version never changes. */
const versionQuery = (version: number) => ({
  queryKey: ['program', 'version', version] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    unwrap(client.GET('/api/v1/program/versions/{version}', { params: { path: { version } }, signal })).then(
      one => one.files ?? [],
    ),
  staleTime: HOUR_MS,
});

export function useVersionFiles(version: number | null) {
  return useQuery({
    ...versionQuery(version ?? 0),
    enabled: version !== null && version > 0,
  });
}

/** Reads the files of a version when they are needed, not before. */
export function useReadVersion() {
  const cache = useQueryClient();
  return (version: number) => cache.fetchQuery(versionQuery(version));
}

export function useScope(): Scope {
  const names = useQuery({
    queryKey: ['program', 'names'],
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/program/names', { signal })),
    staleTime: HOUR_MS,
  });
  const functions = useQuery({
    queryKey: ['program', 'functions'],
    queryFn: ({ signal }) => unwrap(client.GET('/api/v1/program/functions', { signal })),
    staleTime: HOUR_MS,
  });
  const schemas = useQueries({
    queries: SECTIONS.map(section => ({
      queryKey: ['program', 'schema', section],
      queryFn: ({ signal }: { signal: AbortSignal }) => readProgramSchema<Schema>(section, signal),
      staleTime: HOUR_MS,
    })),
    combine: answers =>
      Object.fromEntries(
        answers.flatMap(({ data }, i) => (data && SECTIONS[i] ? [[SECTIONS[i], data] as const] : [])),
      ),
  });
  return useMemo(
    () => ({ names: names.data?.items ?? [], functions: functions.data?.items ?? [], schemas }),
    [names.data, functions.data, schemas],
  );
}

export interface Checked extends ProgramCheck {
  of: Revision;
}

export function useCheck(revision: Revision, enabled: boolean) {
  return useQuery({
    queryKey: ['program', 'check', revision.id],
    queryFn: async ({ signal }): Promise<Checked> => ({
      ...(await unwrap(client.POST('/api/v1/program/check', { body: { files: revision.files }, signal }))),
      of: revision,
    }),
    enabled,
    staleTime: HOUR_MS,
    gcTime: KEPT_MS,
    placeholderData: keepPreviousData,
  });
}

export interface Spot {
  file: string;
  line: number;
  column: number;
}

/** The rule at a place of a text, over the caller's accounts as they are now. */
export function useMatch(revision: Revision, spot: Spot, enabled: boolean) {
  return useQuery({
    queryKey: ['program', 'match', revision.id, spot],
    queryFn: ({ signal }) =>
      unwrap(client.POST('/api/v1/program/match', { body: { files: revision.files, ...spot }, signal })),
    enabled,
    gcTime: KEPT_MS,
    placeholderData: keepPreviousData,
  });
}

const NONE: readonly string[] = [];

/** What a text, or an older version, would change against the active version; the signals of `start`
 *  are raised at once. */
export function useEffects(target: Revision | { version: number }, enabled: boolean, start = NONE) {
  const isVersion = 'version' in target;
  return useQuery({
    queryKey: ['program', 'diff', isVersion ? `v${target.version}` : target.id, ...start],
    queryFn: ({ signal }) =>
      unwrap(
        client.POST('/api/v1/program/diff', {
          body: isVersion ? { version: target.version } : { files: target.files, start: [...start] },
          signal,
        }),
      ),
    enabled,
    gcTime: KEPT_MS,
    // While a choice of signals is counted, what was said of the one before stands.
    ...(start.length > 0 ? { placeholderData: keepPreviousData } : {}),
  });
}

export interface Tested extends ProgramTests {
  of: Revision;
}

export function useRunTests() {
  return useMutation({
    mutationFn: async (revision: Revision): Promise<Tested> => ({
      ...(await unwrap(client.POST('/api/v1/program/test', { body: { files: revision.files } }))),
      of: revision,
    }),
  });
}

export function useApply() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { files: ProgramFile[]; note: string; base_version: number; start: string[] }) =>
      unwrap(client.POST('/api/v1/program/apply', { body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: programKeys.all }),
  });
}

export function useRollback() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { version: number; note: string }) =>
      unwrap(client.POST('/api/v1/program/rollback', { body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: programKeys.all }),
  });
}
