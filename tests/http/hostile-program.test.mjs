// Programs that mean harm: each is refused in no time, with an error that names the place.  What
// `cairn program check` prints is in tests/golden/program/hostile.txt; CN_GOLDEN_UPDATE=1 writes it
// anew, and git diff shows what changed.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand } from './harness.mjs';

const GOLDEN = new URL('../golden/program/hostile.txt', import.meta.url);
const PATIENCE_MS = 5000; // of a sanitized build beside other work; each takes some tens of ms

const rule = text => `scorecard: a
measures:
  - {name: b, weight: 1, score: 1.0}
exceptions:
  - when: ${JSON.stringify(text)}
    cap: 49
    because: c
`;
const folds = (range, depth) => depth === 0 ? 'arr > 1.0' : `${range}.all(x${depth}, ${folds(range, depth - 1)})`;
const metrics = (count, text) => `metrics:\n${Array.from({ length: count }, (_, i) => `  m${i}: ${text}\n`).join('')}`;

const programs = {
  // Expressions.
  '5,000 parentheses, opened and closed': rule(`${'('.repeat(5000)}true${')'.repeat(5000)}`),
  '10,000 parentheses that are never closed': rule('('.repeat(10000)),
  '10,000 brackets': rule('['.repeat(10000)),
  '200 lists in one another': rule(`size(${'['.repeat(200)}${']'.repeat(200)}) > 0`),
  '10,000 times not': rule(`${'!'.repeat(10000)}has_champion`),
  '10,000 times minus': rule(`${'-'.repeat(10000)}1 > 0`),
  '1,000 choices in one another': rule(`${'false ? true : '.repeat(1000)}true`),
  '8,000 fields of fields': rule(`a${'.b'.repeat(8000)}`),
  '5,000 operands': rule(Array(5000).fill('a').join('&&')),
  'a longer expression than there may be': rule(`name == '${'x'.repeat(20000)}'`),
  'macros in macros': rule(folds('[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]', 6)),
  'a pattern that grows': rule("name.matches('((a{0,100}){0,100}){0,100}')"),
  'a pattern without an end': rule("name.matches('(a+')"),
  'a pattern that looks back': rule(String.raw`name.matches('(a)\\1')`),
  'an int of 26 digits': rule(`arr > ${'9'.repeat(26)}`),
  'an int of 10,000 digits': rule(`arr > ${'9'.repeat(10000)}`),
  'a double beyond doubles': rule('arr > 1e999999'),
  'half a pair of surrogates': rule(String.raw`name == '\ud800'`),
  'an escape that there is not': rule(String.raw`name == '\q'`),
  'text without an end': rule("name == 'abc"),
  'nothing': rule('   '),
  'an empty text': rule(''),
  // What reads itself.  More than one file: by name.
  'a segment that reads itself': 'segments:\n  a: {when: segment.a || arr > 1.0}\n',
  'segments in a ring': 'segments:\n  a: {when: segment.b}\n  b: {when: "!segment.c"}\n  c: {when: segment.has("a")}\n',
  'two rings and who reads one': 'segments:\n  a: {when: segment.b}\n  b: {when: segment.a}\n  c: {when: segment.d}\n  d: {when: segment.c}\n  e: {when: segment.a}\n',
  'a ring of 200 segments': `segments:\n${Array.from({ length: 200 }, (_, i) => `  s${i}: {when: segment.s${(i + 1) % 200}}\n`).join('')}`,
  'a scorecard that is chosen by its colour': "scorecard: a\napplies_when: health.colour == 'red'\nmeasures:\n  - {name: b, weight: 1, score: 1.0}\n",
  'a score of the score': 'scorecard: a\nmeasures:\n  - {name: b, weight: 1, value: health.score, map: {0: 0, 100: 100}}\n',
  "a score of the children's scores by hand": `scorecard: a\nmeasures:\n  - {name: b, weight: 1, value: 'children.mean("health.score")', map: {0: 0, 100: 100}}\n`,
  "a score of the parent's score": `scorecard: a\nmeasures:\n  - {name: b, weight: 1, value: 'parent.value("health.score")', map: {0: 0, 100: 100}}\n`,
  'a segment of the score, and a score of the segment': {
    'a.yaml': 'scorecard: a\nmeasures:\n  - {name: b, weight: 1, score: "segment.good ? 100.0 : 0.0"}\n',
    'b.yaml': 'segments:\n  good: {when: health.score > 50.0}\n',
  },
  'a score of a segment of a segment of an exception': {
    'a.yaml': 'scorecard: a\napplies_when: segment.outer\nmeasures:\n  - {name: b, weight: 1, score: 1.0}\nexceptions:\n  - {when: arr > 1.0, cap: 49, because: c}\n',
    'b.yaml': `segments:\n  inner: {when: "health.fired('c')"}\n  outer: {when: segment.inner}\n`,
  },
  'coverage of a colour of the coverage': {
    'a.yaml': `scorecard: a\napplies_when: cadence_days < 10.0\nmeasures:\n  - {name: b, weight: 1, score: 1.0}\n`,
    'b.yaml': 'coverage:\n  all: {from: 0, cadence: 30d, colours: {red: {cadence: 7d}}}\n',
  },
  // YAML.
  'a billion laughs': `a: &a [ha, ha]\n${'bcdefghi'.split('').map((c, i) => `${c}: &${c} [${`*${'abcdefgh'[i]}, `.repeat(9)}]\n`).join('')}metrics: *i\n`,
  'an anchor and its alias': 'metrics:\n  a: &x {event: A, count: events}\n  b: *x\n',
  'a tag that makes objects': 'metrics:\n  a: !!python/object/apply:os.system {event: A, count: events}\n',
  'a tag of its own': 'metrics:\n  a: {event: !local A, count: events}\n',
  'a merge key': 'metrics:\n  a:\n    <<: {event: A}\n    count: events\n',
  'the same metric twice': 'metrics:\n  a: {event: A, count: events}\n  a: {event: B, count: events}\n',
  'the same section twice': 'metrics: {}\nmetrics: {}\n',
  'the same key twice in one line': 'metrics:\n  a: {event: A, event: B, count: events}\n',
  'a tab in the indentation': 'metrics:\n\ta: {event: A, count: events}\n',
  'a tab after blanks': 'metrics:\n  a:\n  \tevent: A\n',
  'bytes that are not UTF-8': Buffer.from('metrics:\n  a: {event: "\xC3(", count: events}\n', 'latin1'),
  'a surrogate as UTF-8': Buffer.from('metrics:\n  a: {event: "\xED\xA0\x80", count: events}\n', 'latin1'),
  'UTF-16': Buffer.from('\uFEFFmetrics: {}\n', 'utf16le'),
  'a NUL': 'metrics:\n  a: {event: "A\0", count: events}\n',
  'an escape sequence of the terminal': 'metrics:\n  a: {event: A\x1B[31m, count: events}\n',
  'an escape sequence in one character': 'metrics:\n  a: {event: A\u009B31m, count: events}\n',
  'two documents': 'metrics: {}\n---\nmetrics: {}\n',
  '5,000 lists that are never closed': `metrics: ${'['.repeat(5000)}`,
  '5,000 maps in one another': `metrics: ${'{a: '.repeat(5000)}1${'}'.repeat(5000)}`,
  'a map as a key': '? {a: b}\n: c\n',
  'a map without an end': 'metrics: {a: {event: A\n',
  'a key of 5,000 letters': `metrics:\n  ${'a'.repeat(5000)}: {event: A, count: events}\n`,
  'a name of 70 letters': `metrics:\n  ${'a'.repeat(70)}: {event: A, count: events}\n`,
  'more values than a file may have': `a: [${'1,'.repeat(120000)}]\n`,
  'a file that is too large': `#${' '.repeat(1 << 20)}\nmetrics: {}\n`,
  'more metrics than there may be': metrics(600, '{event: A, count: events}'),
  '300 mistakes': metrics(300, '{event: A, cuont: events, count: events}'),
  'numbers that are none': 'scorecard: a\nmeasures: [{name: b, weight: .inf, score: 1.0}, {name: c, weight: 0x10, score: 1.0}]\n',
};

async function check(dir, text) {
  const files = typeof text === 'string' || Buffer.isBuffer(text) ? { 'a.yaml': text } : text;
  await rm(join(dir, 'b.yaml'), { force: true });
  for (const [name, body] of Object.entries(files)) await writeFile(join(dir, name), body);
  const began = Date.now();
  const { code, stdout, stderr } = await cairnCommand(['program', 'check', dir]);
  const took = Date.now() - began;
  assert.equal(code, 1, `accepted: ${stdout}`);
  assert.equal(stdout, '');
  assert.ok(took < PATIENCE_MS, `took ${took} ms`);
  return stderr;
}

test('003 bad input: hostile programs get errors that name the place', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-hostile-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  let all = '';
  for (const [name, text] of Object.entries(programs)) {
    const printed = await check(dir, text);
    assert.match(printed, /^[ab]\.yaml:\d+:\d+: |at a\.yaml$/m, name);
    assert.doesNotMatch(printed, /[^\n\x20-\x7E]/, `${name}: nothing but what can be printed`);
    const lines = printed.split('\n');
    all += `== ${name}\n${lines.slice(0, 9).join('\n').trimEnd()}\n${lines.length > 10 ? `(${lines.length} lines)\n` : ''}`;
  }
  if (process.env.CN_GOLDEN_UPDATE) await writeFile(GOLDEN, all);
  assert.equal(all, await readFile(GOLDEN, 'utf8'));
});

test('003 bad input: a pattern that is slow elsewhere is an ordinary one here', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-hostile-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, 'a.yaml'), rule(`'${'a'.repeat(5000)}!'.matches('(a+)+$') || name.matches('(a|aa)+$')`));
  const began = Date.now();
  const { code, stderr } = await cairnCommand(['program', 'check', dir]); // folds the constant part
  assert.equal(code, 0, stderr);
  assert.ok(Date.now() - began < PATIENCE_MS);
});
