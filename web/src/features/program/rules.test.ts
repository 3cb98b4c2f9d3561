import { expect, test } from 'vitest';
import { addRule, kindsFor, ruleNameFault } from './rules';
import { EMPTY_SCOPE, type Scope } from './scope';

const scope: Scope = {
  ...EMPTY_SCOPE,
  schemas: {
    signals: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['when', 'severity'],
        properties: {
          until: { type: 'string', 'x-cel-result': 'bool' },
          when: { type: 'string', 'x-cel-result': 'bool' },
          severity: { enum: ['low', 'high'] },
          doc: { type: 'string' },
        },
      },
    },
  },
};
const file = (name: string, text: string) => ({ name, text });
const added = (
  files: { name: string; text: string }[],
  open: string,
  kind: 'signal' | 'exception',
  name: string,
) => {
  const placed = addRule(scope, files, open, { kind, name, expression: '!has_champion' });
  const text = placed.files.find(one => one.name === placed.file)?.text ?? '';
  expect(text.split('\n')[placed.line - 1]).toContain('!has_champion');
  return `${placed.file}\n${text}`;
};

test('the first signal makes its file, with what a signal must say', () => {
  expect(added([], 'metrics.yaml', 'signal', 'alone')).toBe(
    'signals.yaml\nsignals:\n  alone:\n    when: "!has_champion"\n    severity: low\n',
  );
});

test('a further one stands at the end of the section, before what follows', () => {
  const text = '# mine\nsignals: # here\n  a:\n    when: x\n\n# next\nsegments:\n  b: {}\n';
  expect(added([file('rules.yaml', text)], 'rules.yaml', 'signal', 'alone')).toBe(
    'rules.yaml\n# mine\nsignals: # here\n  a:\n    when: x\n  alone:\n    when: "!has_champion"\n    severity: low\n\n# next\nsegments:\n  b: {}\n',
  );
});

test('an exception stands in the scorecard that is open, also if it is the first', () => {
  const line = '  - {when: "!has_champion", cap: 60, because: no champion}\n';
  const first = [file('s.yaml', 'scorecard: s\n')];
  expect(added(first, 's.yaml', 'exception', 'no champion')).toBe(
    `s.yaml\nscorecard: s\nexceptions:\n${line}`,
  );
  const more = [file('s.yaml', 'scorecard: s\nexceptions:\n  - {when: x, cap: 3}\nbands: {}\n')];
  expect(added(more, 's.yaml', 'exception', 'no champion')).toBe(
    `s.yaml\nscorecard: s\nexceptions:\n  - {when: x, cap: 3}\n${line}bands: {}\n`,
  );
});

test('only what the program can take is offered', () => {
  const files = [file('s.yaml', 'scorecard: s\n'), file('m.yaml', 'metrics:\n')];
  expect(kindsFor(scope, files, 's.yaml')).toEqual(['signal', 'exception']);
  expect(kindsFor(EMPTY_SCOPE, files, 'm.yaml')).toEqual([]);
});

test('a rule has a name of its own', () => {
  const files = [file('signals.yaml', 'signals:\n  usage-drop:\n    when: x\n')];
  expect(ruleNameFault(files, { kind: 'signal', name: 'usage-drop' })).toBe(true);
  expect(ruleNameFault(files, { kind: 'segment', name: 'usage-drop' })).toBe(false);
  for (const name of ['', 'Two words', '1x', 'a:']) {
    expect(ruleNameFault(files, { kind: 'signal', name })).toBe(true);
  }
});
