// What went wrong with a call, in the words of the server's problem document.
import type { Problem } from './types';

/** The server's words begin small and may be joined by hyphens; on screen they are a sentence. */
function sentence(text: string): string {
  const words = /^[a-z]+(-[a-z]+)+$/.test(text) ? text.replaceAll('-', ' ') : text;
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** No answer came: the server, or the way to it, is away. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('the server does not answer', { cause });
    this.name = 'Unreachable';
  }
}

export class ApiProblem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string | null;
  /** Of an account that became part of another: which. */
  readonly successor: string | null;
  readonly fields: { pointer: string; detail: string }[];

  constructor(status: number, problem: Partial<Problem>) {
    super(sentence(problem.detail ?? problem.title ?? `HTTP ${status}`));
    this.name = 'ApiProblem';
    this.status = status;
    this.title = sentence(problem.title ?? `HTTP ${status}`);
    this.detail = problem.detail ? sentence(problem.detail) : null;
    this.successor = problem.successor ?? null;
    this.fields = problem.errors ?? [];
  }
}

/** The problem of an answer that is not 2xx; a body that is no problem document only gives its status. */
export function problemOf(status: number, body: unknown): ApiProblem {
  if (typeof body === 'object' && body !== null && 'title' in body) {
    return new ApiProblem(status, body as Partial<Problem>);
  }
  return new ApiProblem(status, {});
}

export function hasStatus(error: unknown, status: number): error is ApiProblem {
  return error instanceof ApiProblem && error.status === status;
}

/** What was wrong and, if the server says so, where; the summary of many begins with the first of them. */
export function detailOf({ status, detail, fields }: ApiProblem): string | null {
  const [first] = fields;
  const isSaid = status !== 422 && first && detail?.toLowerCase().endsWith(first.detail.toLowerCase());
  if (!first || isSaid) return detail;
  const each = fields.map(field =>
    [field.pointer.replace(/^\//, ''), field.detail].filter(Boolean).join(': '),
  );
  return [status === 422 ? null : detail, each.join('; ')].filter(Boolean).join(': ');
}
