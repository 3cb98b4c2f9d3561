// The shapes of the program's resources.
import { problemOf } from './errors';
import type { ProgramProblem } from './types';

export interface ProgramMatch {
  rule: null | { kind: string; name: string; expression: string; type: string };
  problems: ProgramProblem[];
  of: number;
  matches: number;
  unknown: number;
  arr: number;
  currency: string;
  accounts: {
    id: string;
    name: string;
    arr: number;
    value_text: string;
    why: { name: string; value_text: string; source: string }[];
  }[];
}

interface Moved {
  from: string;
  to: string;
  count: number;
  arr: number;
}

interface Standing {
  points: number | null;
  colour: string;
  scorecard: string;
}

export interface ProgramDiff {
  problems: ProgramProblem[];
  identical: boolean;
  changed_files: { name: string; change: 'added' | 'removed' | 'changed' }[];
  currency: string;
  rescored: { count: number; arr: number };
  colours: Moved[];
  models: Moved[];
  segments: {
    name: string;
    change: 'new' | 'gone' | 'same';
    before: number;
    after: number;
    entered: number;
    left: number;
    entered_arr: number;
    left_arr: number;
  }[];
  signals: {
    name: string;
    change: 'new' | 'gone' | 'same';
    would_raise: number;
    would_clear: number;
    already_true: number;
    arr: number;
  }[];
  accounts: {
    id: string;
    name: string;
    arr: number;
    before: Standing | null;
    after: Standing | null;
    entered: string[];
    left: string[];
    raises: string[];
    clears: string[];
  }[];
  needs_scan: string[];
  words: string[];
}

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
