// The shapes of the program's resources.
import { problemOf } from './errors';
import type { ProgramProblem } from './types';

export interface ProgramTests {
  problems: ProgramProblem[];
  passed: number;
  failed: number;
  cases: {
    file: string;
    line: number;
    name: string;
    ok: boolean;
    differences: { what: string; expected: string; got: string }[];
  }[];
}

/** Until the schema names these paths. */
export async function programCall<T>(
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const response = await fetch(`/api/v1/program${path}`, {
    method,
    headers: { accept: 'application/json', ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
    ...(signal ? { signal } : {}),
  });
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemOf(response.status, answer);
  return answer as T;
}
