// Any expression as of a past moment, over HTTP and by the command.
import assert from 'node:assert/strict';
import test from 'node:test';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const DAY = 86400_000;

async function withLogins(t) {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key } = await admin.createSource('Shop');
  const event = (id, ago) => ({ type: 'track', userId: 'u1', event: 'Signed In', messageId: id,
    timestamp: new Date(Date.now() - ago).toISOString(), context: { groupId: 'g1' } });
  await cairn.send(write_key, [event('m1', 60_000), event('m2', 3 * DAY)]);
  const total = count => waitFor(async () => {
    const { body } = await admin.post('/api/v1/program/evaluate', { expression: 'logins.sum(28)' });
    return body.values?.[0]?.number === count && body;
  });
  await total(2);
  return { cairn, admin, write_key, event, total };
}

test('003 any expression is evaluated as of a past moment, as it was known and as it was true', async t => {
  const { cairn, admin, write_key, event, total } = await withLogins(t);
  const ask = body => admin.post('/api/v1/program/evaluate', body);
  const { id } = await waitFor(async () => (await admin.get('/api/v1/accounts')).body.data.find(row => row.score));
  const then = new Date(Date.now()).toISOString();
  await new Promise(done => setTimeout(done, 20)); // received later than `then`
  await cairn.send(write_key, [event('m3', 2 * DAY)]);
  await total(3);

  const known = await ask({ expression: 'logins.sum(28)', at: then, accounts: [id] });
  assert.equal(known.status, 200, JSON.stringify(known.body));
  assert.deepEqual([known.body.was_known, known.body.of, known.body.values[0].number, known.body.type, known.body.limit],
    [true, 1, 2, 'double', null]);
  const truth = (await ask({ expression: 'logins.sum(28)', at: then, as: 'true' })).body;
  assert.equal(truth.values[0].number, 2, 'the two of complete days'); // m1 is of today
  assert.match(truth.at, /T00:00:00/);
  const early = (await ask({ expression: 'logins.sum(28)', at: new Date(Date.now() - 30 * DAY).toISOString() })).body;
  assert.deepEqual([early.was_known, early.of], [false, 0]);

  const score = (await ask({ expression: 'health.score', at: then })).body;
  assert.equal(typeof score.values[0].number, 'number');
  const red = (await ask({ expression: "health.colour == 'red'", at: then, as: 'true' })).body;
  assert.deepEqual([red.known_only, red.values.length], [true, 0]);
  assert.match(red.problems[0].message, /exists as known only/);
  const wrong = (await ask({ expression: 'login.sum(28) > 1.0' })).body;
  assert.match(wrong.problems[0].message, /login/);
  assert.equal((await ask({ expression: '1', version: 99 })).status, 422);
  assert.equal((await ask({})).status, 422);
  assert.equal((await ask({ expression: '1', at: '2999-01-01T00:00:00Z' })).status, 422);
  assert.equal((await ask({ signal: 'no-such-signal' })).status, 422);
});

test('003 cairn eval answers what the server does', async t => {
  const { cairn } = await withLogins(t);
  await cairn.stop();
  const run = (...args) => cairnCommand(['eval', ...cairn.where, ...args]);
  const now = await run('logins.sum(28)', '--account', 'g1');
  assert.equal(now.code, 0, now.stderr);
  assert.match(now.stdout, /^acct_\S+ .* 2\n1 accounts, 0 without a value; double at /);
  const before = await run('logins.sum(28)', '--at', '2020-01-01T00:00:00Z');
  assert.match(before.stdout, /^nothing was known yet at 2020-01-01/);
  const wrong = await run('logins.sum(');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /expression:1:/);
});
