import { expect, test } from 'vitest';
import { hasStatus, problemOf } from './errors';

test('a problem document speaks in sentences', () => {
  const problem = problemOf(404, { title: 'not-found', status: 404, detail: 'there is no such account' });
  expect(problem.title).toBe('Not found');
  expect(problem.detail).toBe('There is no such account');
  expect(problem.message).toBe('There is no such account');
  expect(hasStatus(problem, 404)).toBe(true);
});

test('an answer that is no problem document still says its status', () => {
  expect(problemOf(502, '<html>').title).toBe('HTTP 502');
  expect(problemOf(500, null).detail).toBeNull();
});
