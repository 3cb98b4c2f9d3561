import { expect, test } from 'vitest';
import { choicesAt, docAt, isExpression, keysAt, type Schema } from './shape';

const scorecard: Schema = {
  type: 'object',
  required: ['scorecard'],
  properties: {
    scorecard: { type: 'string', description: 'its name' },
    applies_when: { type: 'string', 'x-cel-result': 'bool', description: 'which accounts it scores' },
    groups: { type: 'array', items: { $ref: '#/$defs/group' } },
  },
  $defs: {
    group: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        measures: { type: 'array', items: { $ref: '#/$defs/measure' } },
        group: { $ref: '#/$defs/group' },
      },
    },
    measure: {
      type: 'object',
      properties: { map: { type: 'object' } },
      oneOf: [
        { properties: { value: { type: 'string', 'x-cel-result': 'bool' } }, required: ['value'] },
        {
          properties: { score: { anyOf: [{ type: 'string', 'x-cel-result': 'bool' }, { type: 'number' }] } },
        },
      ],
    },
  },
};
const signals: Schema = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    properties: {
      when: { type: 'string', 'x-cel-result': 'bool' },
      severity: { enum: ['low', 'high'], description: 'how bad it is' },
      quiet: { type: 'boolean' },
    },
  },
};

test('the keys of a place are those of all its alternatives, with what they hold', () => {
  expect(keysAt(scorecard, []).map(key => [key.key, key.isRequired, key.holds])).toEqual([
    ['scorecard', true, 'text'],
    ['applies_when', false, 'text'],
    ['groups', false, 'list'],
  ]);
  const path = ['groups', '[]', 'measures', '[]'];
  expect(keysAt(scorecard, path).map(key => key.key)).toEqual(['map', 'value', 'score']);
  expect(keysAt(signals, ['usage-drop']).map(key => key.key)).toEqual(['when', 'severity', 'quiet']);
  expect(keysAt(signals, [])).toEqual([]);
  expect(keysAt(scorecard, ['no', 'such', 'place'])).toEqual([]);
});

test('an expression is known by what must come out, also behind alternatives', () => {
  expect(isExpression(signals, ['any', 'when'])).toBe(true);
  expect(isExpression(signals, ['any', 'severity'])).toBe(false);
  expect(isExpression(scorecard, ['groups', '[]', 'measures', '[]', 'score'])).toBe(true);
});

test('choices and meaning of a value come from the schema', () => {
  expect(choicesAt(signals, ['any', 'severity'])).toEqual(['low', 'high']);
  expect(choicesAt(signals, ['any', 'quiet'])).toEqual(['true', 'false']);
  expect(docAt(signals, ['any', 'severity'])).toBe('how bad it is');
});

test('a schema that refers to itself ends', () => {
  const loop: Schema = { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }] } } };
  expect(keysAt(loop, ['x', 'y'])).toEqual([]);
});
