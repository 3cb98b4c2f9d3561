// The shapes of the program's resources.
import { problemOf } from './errors';

export interface ProgramFile {
  name: string;
  text: string;
}

export interface ProgramEdit {
  file: string;
  line: number;
  column: number;
  end_line: number;
  end_column: number;
  text: string;
}

export interface ProgramProblem {
  file: string;
  line: number;
  column: number;
  end_line: number;
  end_column: number;
  severity: 'error' | 'warning';
  message: string;
  fix: null | { label: string; edits: ProgramEdit[] };
}

interface Author {
  id: string;
  name: string;
}

export interface ProgramVersion {
  version: number;
  hash: string;
  at: string;
  author: Author | null;
  note: string;
  is_active: boolean;
  state: 'active' | 'building' | 'past' | 'failed';
  changed_files: string[];
  rolls_back: number | null;
}

export interface ProgramNow {
  version: number;
  hash: string;
  at: string;
  author: Author | null;
  note: string;
  files: ProgramFile[];
  building: null | {
    version: number;
    note: string;
    at: string;
    metrics: { name: string; done_days: number; total_days: number }[];
  };
}

export interface ProgramCheck {
  ok: boolean;
  problems: ProgramProblem[];
  summary: { metrics: number; scorecards: number; segments: number; signals: number; columns: number };
}

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

export type ProgramColour = 'red' | 'yellow' | 'green' | 'grey' | 'none';

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

export interface ProgramName {
  name: string;
  usage: string;
  type: string;
  unit: string;
  doc: string;
  source: string;
}

export interface ProgramFunction {
  name: string;
  usage: string;
  doc: string;
  kind: 'function' | 'macro' | 'operator';
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
