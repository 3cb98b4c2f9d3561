// Texts that a rule compares with a name of the program: what can never be is refused while it is written.  No server is
// needed.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand } from './harness.mjs';

const FILES = {
  'scorecards/all.yaml': `scorecard: all
measures:
  - {name: size, weight: 1, score: 50.0}
exceptions:
  - {when: arr < 5.0, cap: 20, because: too small}
`,
  'scorecards/next.yaml': 'scorecard: next\nshadow: true\nmeasures:\n  - {name: size, weight: 1, score: 60.0}\n',
  'coverage.yaml': `coverage:
  tech: {from: 0, below: 5000}
  low: {from: 5000, below: 20000}
  mid: {from: 20000, below: 100000}
  high: {from: 100000}
`,
  'lifecycle.yaml': 'lifecycle:\n  stages:\n    onboarding: {from: 0}\n    growth: {from: 91}\n',
};

/** What `cairn program check` says of a segment with that condition, which is at 2:14. */
async function check(t, condition, files = FILES) {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-values-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ ...files, 's.yaml': `segments:\n  all: {when: ${condition}}\n  vip: {when: "arr > 5.0"}\n` })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return cairnCommand(['program', 'check', folder]);
}

async function refuses(t, condition, said, files) {
  const got = await check(t, condition, files);
  assert.equal(got.code, 1, `${condition}: ${got.stdout}${got.stderr}`);
  assert.match(got.stderr, said, condition);
}

async function takes(t, condition, files) {
  const got = await check(t, condition, files);
  assert.equal(got.code, 0, `${condition}: ${got.stdout}${got.stderr}`);
}

test('003 a comparison with no coverage model of the program is refused at the text, with the one that is meant', async t => {
  await refuses(t, "coverage == 'middle'", /s\.yaml:2:27: coverage is never 'middle', did you mean 'mid'\?/);
  await refuses(t, "coverage == 'middle'", /fix 2:27: 'mid' instead of 'middle'/);
  await refuses(t, "arr > 5.0 && 'hihg' != coverage", /s\.yaml:2:28: coverage is never 'hihg', did you mean 'high'\?/);
  await refuses(t, "coverage == 'MID'", /did you mean 'mid'\?/);
  await refuses(t, "coverage == 'platinum'", /coverage is never 'platinum': it is 'tech', 'low', 'mid' or 'high'/);
  await takes(t, "coverage == 'mid' || 'high' != coverage");
});

test('003 every text of a list, and every key of a map, is compared with the names by itself', async t => {
  await refuses(t, '"coverage in [\'high\', \'lwo\']"', /s\.yaml:2:37: coverage is never 'lwo', did you mean 'low'\?/);
  await refuses(t, '"coverage in [\'high\'] + [\'lwo\']"', /coverage is never 'lwo', did you mean 'low'\?/);
  await refuses(t, "\"{'high': 9.0, 'medium': 3.0}[coverage] > arr\"", /coverage is never 'medium'/);
  await refuses(t, "\"{'high': arr, 'teck': 3.0}[coverage] > 5.0\"", /coverage is never 'teck', did you mean 'tech'\?/);
  await takes(t, '"coverage in [\'high\', \'low\'] && {\'high\': arr, \'tech\': 3.0}[coverage] > 5.0"');
});

test('003 colours, scorecards that count and stages of the lifecycle are such names too', async t => {
  await refuses(t, "health.colour == 'gren'", /health\.colour is never 'gren', did you mean 'green'\?/);
  await refuses(t, "health.colour == 'grey'", /health\.colour is never 'grey': it is 'red', 'yellow' or 'green'/);
  await refuses(t, "health.scorecard == 'al'", /health\.scorecard is never 'al', did you mean 'all'\?/);
  await refuses(t, "health.scorecard == 'next'", /health\.scorecard is never 'next': it is 'all'/);
  await refuses(t, "stage == 'onbording'", /stage is never 'onbording', did you mean 'onboarding'\?/);
  await takes(t, "health.colour == 'green' && health.scorecard != 'all' && stage == 'growth'");
});

test('003 a segment or a reason that the program does not have is refused with the nearest one', async t => {
  await refuses(t, "'segment.has(\"vipp\")'", /there is no segment "vipp", did you mean "vip"\?/);
  await refuses(t, "'health.fired(\"to small\")'", /no exception has the reason "to small", did you mean "too small"\?/);
});

test('003 what may hold any text is compared with any text: traits, currencies, and stages of a record', async t => {
  const { 'lifecycle.yaml': _, ...files } = FILES;
  await takes(t, "trait.plan == 'whatever' && currency == 'XYZ'");
  await takes(t, "stage == 'anything'", files);
  await takes(t, "\"(has(coverage) ? coverage : 'none') == 'none'\"");
});

test('003 a name that nothing has and nothing is like may be a trait, and it is said how to write that', async t => {
  await refuses(t, "plan == 'pro'", /s\.yaml:2:15: no such name 'plan'; if it is a trait, write trait\.plan\n/);
  await refuses(t, 'arrr > 5.0', /no such name 'arrr', did you mean 'arr'\?/);
  await refuses(t, 'nothing.like_it > 5.0', /no such name 'nothing\.like_it'\n/);
});

test('003 a file that cannot be read is told once: rules that name what it has do not bury it, and other mistakes are told', async t => {
  const metrics = 'metrics:\n  logins: {event: Signed In, count: events}\n  seats_used: {trait: seats_used, keep: last}\n bad: [\n';
  const got = await check(t, '"logins.sum(28) > 1.0 && seats_used.last() > 1.0 && logns.sum(28) > 1.0"', { ...FILES, 'metrics.yaml': metrics });
  assert.equal(got.code, 1);
  const told = got.stderr.split('\n').filter(line => /^\S+:\d+:\d+: /.test(line));
  assert.equal(told.length, 2, got.stderr);
  assert.match(told[0], /^metrics\.yaml:4:2: not YAML: .* \(2 more problem\(s\) with names of this file are left out\)$/);
  assert.match(told[1], /^s\.yaml:2:\d+: no such name 'logns'/);
  assert.match(got.stderr, /cairn program check: 2 problem\(s\)/);
});
