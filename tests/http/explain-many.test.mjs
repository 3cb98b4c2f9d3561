// Explanations of the past are slow work: what they take, nobody else waits for.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

const ACCOUNTS = 600;
const EXPLANATIONS = 400;
const DAY = 86_400_000;

// Its rank makes an explanation read every account.
const CARD = `
scorecard: ranked
measures:
  - {name: rank, weight: 1, value: 'peers.percentile("arr")', map: {0: 0, 1: 100}}
  - {name: use, weight: 1, value: events.sum(28), map: {0: 0, 9: 100}}
`;

const ago = days => new Date(Date.now() - days * DAY).toISOString().replace(/\.\d+Z/, 'Z');

test('reliability 17: a crowd of explanations of the past keeps neither lists nor sign-in waiting', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  const joins = Array.from({ length: ACCOUNTS }, (_, i) => [
    { type: 'group', userId: `u${i}`, groupId: `a${i}`, traits: { name: `Account ${i}` } },
    { type: 'track', userId: `u${i}`, event: 'Seen', context: { groupId: `a${i}` }, timestamp: ago(i % 40) },
  ]).flat();
  assert.equal((await cairn.send(key, joins)).status, 200);
  const files = [{ name: 'metrics.yaml', text: 'metrics:\n  events: {event: Seen, count: events}\n' }, { name: 'scorecards/ranked.yaml', text: CARD }];
  const applied = await admin.post('/api/v1/program/apply', { files, base_version: 1 });
  assert.equal(applied.status, 200, applied.text);
  const { id } = await admin.account(`a${ACCOUNTS - 1}`);
  const explain = (since, at) => admin.get(`/api/v1/accounts/${id}/health?since=${ago(since)}&at=${ago(at)}`);
  await waitFor(async () => (await admin.get(`/api/v1/accounts/${id}/health`)).body.scorecard === 'ranked', { what: 'the score' });

  let answered = 0;
  const crowd = Array.from({ length: EXPLANATIONS }, async (_, i) => {
    const { status, text } = await explain(20 + i, 2 + (i % 9));
    answered++;
    return { status, text };
  });
  await waitFor(() => answered > 0, { what: 'the first explanation' });
  const begun = performance.now();
  const waits = {};
  const beside = async (what, call) => {
    const { status, text } = await call();
    assert.equal(status, 200, text);
    waits[what] = { ms: Math.round(performance.now() - begun), explained: answered };
  };
  await Promise.all([
    beside('list', () => admin.get('/api/v1/accounts')),
    beside('account', () => admin.get(`/api/v1/accounts/${id}`)),
    beside('sign-in', async () => ({ status: (await cairn.login()) && 200 })),
  ]);
  const answers = await Promise.all(crowd);
  t.diagnostic(`${JSON.stringify(waits)}; all explained after ${Math.round(performance.now() - begun)} ms`);
  for (const { status, text } of answers) assert.equal(status, 200, text);
  for (const [what, { explained }] of Object.entries(waits)) {
    assert.ok(explained < EXPLANATIONS * 0.9, `${what}: ${explained} explanations were answered before it`);
  }
});
