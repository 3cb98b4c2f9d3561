import { expect, test } from 'vitest';
import { choices, holdsExpression, keyHelp, type Scope, wordAt, wordsFor } from './scope';

const name = (usage: string, doc: string, source = 'metric') => ({
  name: usage.split(/[.(]/)[0] ?? '',
  usage,
  type: 'double' as const,
  unit: '',
  doc,
  source,
});
const scope: Scope = {
  names: [
    name('arr', 'annual recurring revenue', 'contracts'),
    name('logins.sum(days)', 'sign-ins'),
    name('logins.days_since()', 'sign-ins'),
    name('trait.plan', 'a trait'),
  ],
  functions: [
    { name: 'size', usage: 'size(x)', doc: 'how many', kind: 'function' },
    { name: 'startsWith', usage: 'x.startsWith(prefix)', doc: 'begins with', kind: 'function' },
    { name: 'math.abs', usage: 'math.abs(x)', doc: 'without its sign', kind: 'function' },
    { name: '_+_', usage: 'x + y', doc: 'sum', kind: 'operator' },
  ],
  schemas: {
    signals: {
      description: 'What to notice',
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: { when: { 'x-cel-result': 'bool' }, severity: { enum: ['low', 'high'] } },
      },
    },
    scorecard: {
      type: 'object',
      properties: { scorecard: {}, applies_when: { 'x-cel-result': 'bool' }, groups: { type: 'array' } },
    },
  },
};
const labels = (before: string) => wordsFor(scope, before)?.words.map(word => word.label);

test('an expression is completed with every name and function in scope', () => {
  expect(labels('ar')).toEqual(['arr', 'logins', 'trait', 'size', 'math']);
  expect(wordsFor(scope, 'arr > 5 && lo')?.length).toBe(2);
  expect(wordsFor(scope, 'lo')?.words[1]?.doc).toBe('sign-ins');
});

test('after a dot come the methods of that name, or those of any value', () => {
  expect(labels('logins.')).toEqual(['sum', 'days_since']);
  expect(wordsFor(scope, 'x && logins.su')?.words.map(word => word.insert)).toEqual([
    'sum(28)',
    'days_since()',
  ]);
  expect(labels('trait.')).toEqual(['plan']);
  expect(labels('math.a')).toEqual(['abs']);
  expect(labels('stage.')).toEqual(['startsWith']);
});

test('inside a text nothing is completed', () => {
  expect(wordsFor(scope, "stage == 'ar")).toBeNull();
  expect(labels("stage == 'it\\'s' && ar")).toContain('arr');
});

test('keys are those of the section, or of the file that is one', () => {
  const keys = (text: string, ...path: string[]) => keyHelp(scope, text, path).map(key => key.key);
  expect(keys('signals:\n', 'signals', 'usage-drop')).toEqual(['when', 'severity']);
  expect(keys('scorecard: mid\n')).toEqual(['scorecard', 'applies_when', 'groups']);
  expect(keys('')).toEqual(['signals', 'scorecard']);
  expect(choices(scope, 'signals:\n', ['signals', 'usage-drop', 'severity'])).toEqual(['low', 'high']);
});

test('expressions are known from the schema, and the common ones before it came', () => {
  expect(holdsExpression(scope, '', ['signals', 'x', 'when'])).toBe(true);
  expect(holdsExpression(scope, 'scorecard: x', ['applies_when'])).toBe(true);
  const nothing = { ...scope, schemas: {} };
  expect(holdsExpression(nothing, '', ['signals', 'x', 'when'])).toBe(true);
  expect(holdsExpression(nothing, '', ['groups', '[]', 'measures', '[]', 'value'])).toBe(true);
  expect(holdsExpression(nothing, '', ['signals', 'x', 'severity'])).toBe(false);
});

test('a word under the pointer has its meaning', () => {
  expect(wordAt(scope, 'arr', '')?.doc).toBe('annual recurring revenue');
  expect(wordAt(scope, 'sum', 'logins')?.usage).toBe('sum(days)');
  expect(wordAt(scope, 'nothing', '')).toBeNull();
});

test('a schema of a file that holds the section is as good as one of its value', () => {
  const value = scope.schemas.signals ?? {};
  const ofFile: Scope = {
    ...scope,
    schemas: {
      signals: {
        anyOf: [{ type: 'object', properties: { signals: { $ref: '#/$defs/all' } } }],
        $defs: { all: value },
      },
    },
  };
  expect(keyHelp(ofFile, 'signals:\n', ['signals', 'x']).map(key => key.key)).toEqual(['when', 'severity']);
  expect(holdsExpression(ofFile, '', ['signals', 'x', 'when'])).toBe(true);
  expect(keyHelp(ofFile, '', []).map(key => key.key)).toEqual(['signals']);
});
