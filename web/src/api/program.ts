// JSON Schemas of the program's sections, which the API's own schema does not describe further.
import { problemOf } from './errors';

const NOT_FOUND = 404;

/** Null for a section that this server does not have. */
export async function readProgramSchema<T>(section: string, signal: AbortSignal): Promise<T | null> {
  const response = await fetch(`/api/v1/program/schema/${encodeURIComponent(section)}`, {
    headers: { accept: 'application/schema+json' },
    signal,
  });
  if (response.status === NOT_FOUND) return null;
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemOf(response.status, answer);
  return answer as T;
}
