// What is set is what is met: limits that other tests meet only at what is usual.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';

import { ADMIN, basic, startCairn, waitFor } from './harness.mjs';
import { settingsOf } from './telling.mjs';

const HOUR_MS = 3_600_000;
const ago = ms => new Date(Date.now() - ms).toISOString();
const track = more => ({ type: 'track', userId: 'u1', event: 'Signed In', context: { groupId: 'g1' }, ...more });

// Resolves with how long the server keeps a connection that has had its answer.
async function keptFor(cairn) {
  const { hostname, port } = new URL(cairn.base);
  let answered;
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'));
    socket.on('data', () => (answered ??= performance.now())).on('error', reject).on('close', () => resolve(performance.now() - answered));
  });
}

test('limits of requests, sign-in, exports and events are those that are set', async t => {
  const cairn = await startCairn(t, {
    env: {
      CAIRN_HTTP_BODY_MAX_BYTES: '20000', CAIRN_HTTP_BODIES_MAX_BYTES: '1048576',
      CAIRN_LOGIN_TRIES_PER_ACCOUNT: '2', CAIRN_LOGIN_WINDOW: '2s', CAIRN_API_EXPORT_MAX_ROWS: '3',
      CAIRN_INTAKE_BODY_MAX_BYTES: '3000000', CAIRN_INTAKE_BATCH_MAX_EVENTS: '5', CAIRN_INTAKE_MAX_AGE: '2d', CAIRN_INTAKE_FUTURE: '10m',
    },
  });
  const admin = await cairn.login();
  const { write_key: key, id } = await admin.createSource();

  await t.test('http.body_max_bytes', async () => {
    const res = await admin.post('/api/v1/accounts', { name: 'x'.repeat(21_000) });
    assert.equal(res.status, 413);
    assert.match(res.body.detail, /larger than the 20000 bytes/);
  });
  await t.test('login.window', async () => {
    const tryWith = password => cairn.call('POST', '/api/v1/session', { body: { email: ADMIN.email, password }, headers: { origin: cairn.base } });
    for (const password of ['wrong 1', 'wrong 2']) assert.equal((await tryWith(password)).status, 401);
    const refused = await tryWith(ADMIN.password);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('retry-after')) <= 2, refused.headers.get('retry-after'));
    await waitFor(async () => (await tryWith(ADMIN.password)).status === 200, { what: 'the end of the window' });
  });
  await t.test('api.export_max_rows', async () => {
    for (let i = 0; i < 4; i++) await admin.createAccount({ name: `Account ${i}`, external_id: `e${i}` });
    const total = async () => (await admin.get('/api/v1/accounts')).body.total;
    await waitFor(async () => await total() === 4, { what: 'four accounts' });
    const refused = await admin.get('/api/v1/export/accounts.csv');
    assert.equal(refused.status, 413);
    assert.match(refused.body.detail, /^4 accounts match, and an export has at most 3 rows/);
    const { text } = await admin.get('/api/v1/export/accounts.csv?q=e2');
    assert.equal(text.trim().split(/\r?\n/).length, 1 + 1, text);
  });
  await t.test('intake.body_max_bytes, and http.bodies_max_bytes for events', async () => {
    const send = bytes => cairn.call('POST', '/v1/track', {
      body: track({ messageId: `m${bytes}`, properties: { filler: 'x'.repeat(bytes) } }), headers: { authorization: basic(key) },
    });
    const large = await send(3_000_000);
    assert.equal(large.status, 400);
    assert.match(large.text, /larger than the 3000000 bytes/);
    const crowded = await send(1_500_000);
    assert.equal(crowded.status, 429);
    assert.match(crowded.headers.get('retry-after'), /^\d+$/);
  });
  await t.test('intake.batch_max_events, intake.max_age, intake.future', async () => {
    const five = [
      track({ timestamp: ago(24 * HOUR_MS) }), track({ timestamp: ago(72 * HOUR_MS) }), track({ timestamp: ago(-HOUR_MS / 4) }),
      track({ timestamp: ago(-HOUR_MS / 12) }), track({}),
    ];
    assert.equal((await cairn.send(key, [...five, track({}), track({})])).status, 200);
    const rejected = await waitFor(async () => {
      const { data } = (await admin.get(`/api/v1/sources/${id}/rejected`)).body;
      return data.length >= 4 && data;
    }, { what: 'four that are rejected' });
    assert.equal(rejected.length, 4);
    assert.deepEqual(rejected.map(row => row.reason).sort(), [
      'batch has more than 5 events', 'batch has more than 5 events',
      'timestamp is more than 10 minutes in the future: intake.future', 'timestamp is more than 2 days ago: intake.max_age',
    ]);
  });
});

test('http.idle_timeout ends a connection on which nothing is asked any more', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_HTTP_IDLE_TIMEOUT: '300ms' } });
  const ms = await keptFor(cairn);
  assert.ok(ms >= 250 && ms < 5000, `${ms} ms`);
});

test('intake.strict answers 400 to what is otherwise only listed; outbound.timeout ends an attempt', async t => {
  const silent = createServer(() => {});
  await new Promise(resolve => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => (silent.closeAllConnections(), silent.close()));
  const cairn = await startCairn(t, {
    env: settingsOf(null, {
      CAIRN_INTAKE_STRICT: 'true', CAIRN_OUTBOUND_TIMEOUT: '300ms', CAIRN_OUTBOX_ATTEMPTS_MAX: '2',
      CAIRN_SLACK_WEBHOOK_URL: `http://127.0.0.1:${silent.address().port}/hook`,
    }),
  });
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  const nobody = { type: 'track', event: 'Signed In', messageId: 'nobody' };
  assert.equal((await cairn.call('POST', '/v1/track', { body: nobody, headers: { authorization: basic(key) } })).status, 400);

  const begun = performance.now();
  assert.equal((await admin.post('/api/v1/deliveries/test', { channel: 'slack_channel' })).status, 202);
  const failed = await waitFor(async () => (await admin.get('/api/v1/deliveries?state=failed')).body.data[0], { what: 'two attempts to end' });
  assert.ok(performance.now() - begun >= 600);
  assert.match(failed.error, /no answer/);
});
