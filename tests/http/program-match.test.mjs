// The rule under a cursor in a text that was not applied: what it reads is as that text says.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

const METRICS = 'metrics:\n  logins: {event: Signed In, count: events}\n';
const CARD = limit => `scorecard: all
measures:
  - {name: logins, weight: 1, value: logins.sum(28), map: {0: 0, ${limit}: 100}}
exceptions:
  - {when: logins.sum(28) < 2.0, cap: 90, because: few}
`;
const SEGMENTS = least => `segments:\n  busy: {when: logins.sum(28) >= ${least}.0}\n`;
const SIGNAL = when => `signals:\n  asked: {when: ${when}}\n`;
const program = ({ limit = 4, least = 3, when = 'arr >= 0.0', metrics = METRICS, more = [] }) => [
  { name: 'metrics.yaml', text: metrics },
  { name: 'scorecards/all.yaml', text: CARD(limit) },
  { name: 'segments.yaml', text: SEGMENTS(least) },
  { name: 'signals.yaml', text: SIGNAL(when) },
  ...more,
];

// Accounts with one, two and three sign-ins under the program without changes.
async function start(t) {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key } = await admin.createSource('Shop');
  const at = new Date(Date.now() - 3600_000).toISOString();
  await cairn.send(write_key, [0, 1, 2].flatMap(account => Array.from({ length: account + 1 }, (_, i) => ({
    type: 'track', userId: `u${account}`, event: 'Signed In', timestamp: at, messageId: `m${account}-${i}`,
    properties: { amount: 10 }, context: { groupId: `g${account}` },
  }))));
  await waitFor(async () => {
    const { body } = await admin.get('/api/v1/accounts');
    return body.total === 3 && body.data.every(row => row.score);
  });
  const applied = await admin.post('/api/v1/program/apply', { files: program({}) });
  assert.deepEqual([applied.status, applied.body.state], [200, 'active'], JSON.stringify(applied.body));
  const ask = async (files, file = 'signals.yaml', needle = 'when: ') => {
    const lines = files.find(one => one.name === file).text.split('\n');
    const line = lines.findIndex(one => one.includes(needle));
    const answer = await admin.post('/api/v1/program/match', {
      files, file, line: line + 1, column: lines[line].indexOf(needle) + needle.length + 2 });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  return { admin, ask };
}

const names = match => match.accounts.map(account => account.name).sort();

test('003 an unsaved rule reads scores, segments and colours as the same unsaved text defines them', async t => {
  const { ask } = await start(t);
  // As applied: 25, 50 and 75 points; one account is busy.
  const now = await ask(program({ when: 'health.score >= 50.0' }));
  assert.deepEqual([now.matches, now.words], [2, []], JSON.stringify(now));
  assert.deepEqual((await ask(program({ when: 'segment.busy' }))).matches, 1);

  const scored = await ask(program({ limit: 2, when: 'health.score >= 50.0' }));
  assert.equal(scored.matches, 3, JSON.stringify(scored));
  assert.match(scored.accounts[0].why[0].name, /health\.score/);
  const lowered = await ask(program({ least: 2, when: 'segment.busy' }));
  assert.deepEqual([lowered.matches, lowered.problems], [2, []]);
  const both = await ask(program({ least: 2, limit: 3, when: 'segment.busy && health.score > 90.0' }));
  assert.deepEqual([both.matches, names(both)], [1, ['g2']]);

  // What exists in that text alone.
  const more = [{ name: 'more.yaml', text: 'segments:\n  keen: {when: segment.busy || logins.sum(7) >= 2.0}\n' }];
  const fresh = await ask(program({ when: 'segment.keen', more }));
  assert.deepEqual([fresh.matches, fresh.problems, fresh.words], [2, [], []], JSON.stringify(fresh));
  const of = await ask(program({ when: 'segment.keen', more }), 'more.yaml');
  assert.deepEqual([of.rule.kind, of.rule.name, of.matches], ['segment', 'keen', 2]);
  const metrics = `${METRICS}  visits: {event: Signed In, count: events}\n`;
  const counted = await ask(program({ metrics, when: 'visits.sum(28) >= 2.0' }));
  assert.deepEqual([counted.matches, counted.needs_scan], [2, []], JSON.stringify(counted));
});

test('003 of a metric that has to be counted from the log first nothing is matched, and it is said in a sentence', async t => {
  const { ask } = await start(t);
  const metrics = `${METRICS}  spend: {event: Signed In, sum: amount}\n`;
  const direct = await ask(program({ metrics, when: 'spend.sum(28) > 5.0' }));
  assert.deepEqual([direct.needs_scan, direct.matches, direct.of, direct.accounts], [['spend'], 0, 0, []], JSON.stringify(direct));
  assert.deepEqual(direct.words, ['metric spend is counted from the log when the program is applied: '
    + 'until then nothing can be said of what reads it']);
  // Also where it is read through a segment, and not where it is not read.
  const more = [{ name: 'more.yaml', text: 'segments:\n  pays: {when: spend.sum(28) > 5.0}\n' }];
  assert.deepEqual((await ask(program({ metrics, more, when: 'segment.pays' }))).needs_scan, ['spend']);
  const other = await ask(program({ metrics, more, when: 'segment.busy' }));
  assert.deepEqual([other.needs_scan, other.matches], [[], 1], JSON.stringify(other));
});

test('003 with mistakes elsewhere a rule is matched by what the active version makes, and that is said', async t => {
  const { ask } = await start(t);
  const more = [{ name: 'more.yaml', text: 'segments:\n  odd: {when: lógins > 3}\n  keen: {when: arr >= 0.0}\n' }];
  const partly = await ask(program({ limit: 2, when: 'health.score >= 50.0', more }));
  assert.deepEqual([partly.matches, partly.problems], [2, []], JSON.stringify(partly));
  assert.match(partly.words.join(), /mistakes elsewhere/);
  const fired = await ask(program({ when: "health.fired('few')", more }));
  assert.deepEqual([fired.matches, fired.problems], [1, []], JSON.stringify(fired));
  const plain = await ask(program({ when: 'logins.sum(28) >= 2.0', more }));
  assert.deepEqual([plain.matches, plain.words], [2, []]);
  const blocked = await ask(program({ when: 'segment.keen', more }));
  assert.deepEqual([blocked.matches, blocked.problems.length], [0, 1], JSON.stringify(blocked));
  assert.match(blocked.problems[0].message, /when the mistakes elsewhere are gone/);
  const wrong = await ask(program({ when: 'segment.keem', more }));
  assert.deepEqual(wrong.problems.map(problem => problem.file), ['signals.yaml'], JSON.stringify(wrong));
  assert.match(wrong.problems[0].message, /keen/);
});
