// The same events again, in every way in which they come again: counted once.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const EVENTS = 40;

const batch = Array.from({ length: EVENTS }, (_, n) => ({
  type: 'track', messageId: `m${n}`, userId: `u${n % 8}`, event: 'Order Placed', properties: { amount: n },
  context: { groupId: 'acme' }, timestamp: new Date(Date.now() - 3_600_000).toISOString(),
}));

const gauge = async (cairn, name) => Number(new RegExp(`^${name} (-?[0-9.e+]+)$`, 'm')
  .exec((await cairn.call('GET', '/metrics')).text)[1]);

// Events of the account in its charts.
async function counted(cairn, admin, account) {
  await waitFor(async () => (await gauge(cairn, 'cairn_engine_events_behind')) === 0 &&
    (await gauge(cairn, 'cairn_metric_waiting_rows')) === 0);
  const { body } = await admin.get(`/api/v1/accounts/${account.id}/metrics`);
  return JSON.stringify(body.data.map(metric => [metric.name, metric.days]));
}

test('reliability 10: a batch that is sent again counts once: at once, by several, after a restart', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource('Shop');
  assert.equal((await cairn.send(key, batch)).status, 200);
  const account = await admin.account('acme');
  const once = await counted(cairn, admin, account);
  const score = (await admin.get(`/api/v1/accounts/${account.id}`)).body.score;

  const all = await Promise.all(Array.from({ length: 20 }, () => cairn.send(key, batch)));
  for (const res of all) assert.equal(res.status, 200);
  await cairn.send(key, [...batch, ...batch]); // twice in one request
  assert.equal(await gauge(cairn, 'cairn_event_log_position'), EVENTS);
  assert.equal(await counted(cairn, admin, account), once);

  await cairn.kill();
  await cairn.start();
  const again = await cairn.login();
  await cairn.send(key, batch);
  assert.equal(await gauge(cairn, 'cairn_event_log_position'), EVENTS);
  assert.equal(await counted(cairn, again, account), once);
  assert.deepEqual((await again.get(`/api/v1/accounts/${account.id}`)).body.score, score);

  // What makes two events the same is source and message id, whoever they are about.
  const { write_key: other } = await again.createSource('Second shop');
  await cairn.send(other, batch);
  assert.equal(await gauge(cairn, 'cairn_event_log_position'), 2 * EVENTS);
  await cairn.send(key, batch.map(event => ({ ...event, context: { groupId: 'umbrella' } })));
  assert.equal(await gauge(cairn, 'cairn_event_log_position'), 2 * EVENTS);
  assert.notEqual(await counted(cairn, again, account), once, 'what is new does count');

  cairn.assertClean(await cairn.stop());
  const { code, stdout } = await cairnCommand(['replay', ...cairn.where]);
  assert.equal(code, 0, stdout);
  assert.match(stdout, new RegExp(`^${2 * EVENTS} events, .*, 0 differ`));
});
