// Cases of a program: coverage, stages, shadows, and accounts with children.  No server is needed.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand } from './harness.mjs';

const FILES = {
  'metrics.yaml': 'metrics:\n  logins: {event: Signed In, count: events}\n',
  'scorecards/all.yaml': `scorecard: all
children: {take: mean, share: 0.5}
measures:
  - {name: logins, weight: 1, value: logins.sum(28), map: {0: 0, 10: 100}}
`,
  'scorecards/next.yaml': `scorecard: next
shadow: true
applies_when: arr >= 1000.0
measures:
  - {name: logins, weight: 1, value: logins.sum(28), map: {0: 0, 40: 100}}
`,
  'segments.yaml': `segments:
  group: {when: 'children.count() >= 2.0'}
  rich: {when: 'children.sum("arr") + arr > 100.0'}
  sick: {when: 'children.min("health.score") < 50.0'}
coverage:
  low: {from: 0, below: 30000, cadence: 30d}
  high: {from: 30000, cadence: 14d}
lifecycle:
  stages:
    onboarding: {from: 0}
    growth: {from: 91}
`,
};

async function run(t, tests, files = FILES) {
  const folder = await mkdtemp(join(tmpdir(), 'cairn-cases-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ ...files, 'tests/t.yaml': `tests:\n${tests}` })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return cairnCommand(['program', 'test', folder]);
}

test('003 a case expects a coverage model, a lifecycle stage and the score of a shadow', async t => {
  const right = await run(t, `
  - name: large and young
    given: {arr: 40000, tenure_days: 10, logins.sum(28): 10}
    expect: {score: 100, coverage: high, stage: onboarding, shadows: {next: 25}}
  - name: small and old
    given: {arr: 500, tenure_days: 100, logins.sum(28): 5}
    expect: {score: 50, coverage: low, stage: growth, shadows: {next: none}}
  - name: nothing is known
    expect: {coverage: none, stage: none}
`);
  assert.equal(right.code, 0, right.stdout + right.stderr);
  assert.match(right.stdout, /3 passed, 0 failed/);
  const wrong = await run(t, `
  - name: all of it is otherwise
    given: {arr: 40000, tenure_days: 10, logins.sum(28): 10}
    expect: {coverage: low, stage: none, shadows: {next: none}}
`);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /coverage: expected low, got high/);
  assert.match(wrong.stdout, /stage: expected none, got onboarding/);
  assert.match(wrong.stdout, /shadow next: expected none, got 25/);
});

test('003 children of a case are accounts of their own: what a parent reads of them and takes of their scores is computed', async t => {
  const right = await run(t, `
  - name: a parent takes half of its children's mean
    given: {arr: 50, logins.sum(28): 10}
    children:
      - {arr: 40, logins.sum(28): 0}
      - {arr: 20, logins.sum(28): 4}
    expect: {score: 60, segments: [group, rich, sick]}
  - name: the case beside it has none of these children
    given: {arr: 50, logins.sum(28): 10}
    expect: {score: 100, segments: []}
  - name: one child, and what is given of the children stands
    given: {arr: 50, logins.sum(28): 10, children.sum("arr"): 10}
    children:
      - {arr: 4000, logins.sum(28): 10}
    expect: {score: 100, segments: []}
`);
  assert.equal(right.code, 0, right.stdout + right.stderr);
  const wrong = await run(t, `
  - name: the children lower it
    given: {logins.sum(28): 10}
    children: [{logins.sum(28): 0}]
    expect: {score: 100}
`);
  assert.match(wrong.stdout, /score: expected 100, got 50/);
});

test('003 a case that gives an account of another number is no child of the case beside it', async t => {
  const right = await run(t, `
  - name: a parent of one
    given: {arr: 50, logins.sum(28): 10}
    children: [{arr: 4000, logins.sum(28): 10}]
    expect: {score: 100, segments: [rich]}
  - name: a child of somebody else
    given: {arr: 50, logins.sum(28): 0, parent_id: 1}
    expect: {score: 0, segments: []}
  - name: a child of nobody that is here
    given: {arr: 50, logins.sum(28): 0, parent_id: 9007199254740992}
    expect: {score: 0, segments: []}
`);
  assert.equal(right.code, 0, right.stdout + right.stderr);
});

test('003 a number of a case that no column can hold is told with its place and the limits', async t => {
  const wrong = await run(t, `
  - {name: a, given: {parent_id: 1e300}, expect: {segments: []}}
  - {name: b, given: {parent_id: -9007199254740994}, expect: {segments: []}}
  - {name: c, given: {parent_id: 9007199254740992}, expect: {segments: [child]}}
`, { ...FILES, 'segments.yaml': "segments:\n  child: {when: 'parent_id > 0'}\n" });
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /t\.yaml:3:34: "parent_id" must be a number from -9007199254740992 to 9007199254740992, not "1e300"/);
  assert.match(wrong.stderr, /t\.yaml:4:34: "parent_id" must be a number/);
  assert.doesNotMatch(wrong.stderr, /t\.yaml:5/);
});

test('003 mistakes of such cases are told with line, column and what was meant', async t => {
  const wrong = await run(t, `
  - name: names
    given: {arr: 1}
    children: [{tenre_days: 1}, {health.score: 3}]
    expect: {coverage: hihg, stage: growht, shadows: {nextt: 3, all: 4}}
`);
  assert.equal(wrong.code, 1);
  for (const said of [/t\.yaml:5:17: no rule reads "tenre_days" \(did you mean tenure_days\?\)/,
    /t\.yaml:5:34: "health\.score" is what the program makes/,
    /t\.yaml:6:24: there is no coverage model "hihg"/, /there is no lifecycle stage "growht" \(did you mean growth\?\)/,
    /no scorecard "nextt" is a shadow \(did you mean next\?\)/, /no scorecard "all" is a shadow/])
    assert.match(wrong.stderr, said);
  const none = await run(t, '  - {name: nobody looks, children: [{logins.sum(28): 1}], expect: {score: 1}}\n', {
    'metrics.yaml': FILES['metrics.yaml'],
    'scorecards/all.yaml': FILES['scorecards/all.yaml'].replace(/children:.*\n/, ''),
  });
  assert.equal(none.code, 1);
  assert.match(none.stderr, /no rule reads children, and no scorecard takes them/);
});

test('003 a scorecard that cannot be parsed is told once: the cases that name it are not wrong', async t => {
  const broken = FILES['scorecards/all.yaml'].replace('children:', 'grades: {A: 85, B: 50\nchildren:');
  const { code, stdout, stderr } = await run(t, `
  - name: it is scored by it
    given: {arr: 50, logins.sum(28): 10}
    expect: {scorecard: all, score: 100}
  - name: another one too
    expect: {scorecard: all}
`, { ...FILES, 'scorecards/all.yaml': broken });
  assert.notEqual(code, 0);
  assert.match(stdout + stderr, /scorecards\/all\.yaml:\d+/);
  assert.doesNotMatch(stdout + stderr, /there is no scorecard|tests\/t\.yaml/);
});
