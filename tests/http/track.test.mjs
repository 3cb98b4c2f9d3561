// The tracking API, as SDKs use it and as they misuse it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { basic, startCairn, waitFor } from './harness.mjs';

const event = (fields = {}) => ({ type: 'track', event: 'Signed In', userId: 'u1', messageId: randomUUID(), timestamp: new Date().toISOString(), ...fields });

async function open(t, options) {
  const cairn = await startCairn(t, options);
  const admin = await cairn.login();
  const source = await admin.createSource('Shop');
  const counts = async () => (await admin.get('/api/v1/sources')).body.data.find(row => row.id === source.id);
  const post = (path, raw, headers = {}) => cairn.call('POST', path, { raw, headers: { authorization: basic(source.write_key), ...headers } });
  return { cairn, admin, source, counts, post };
}

test('what real SDKs send is taken', async t => {
  const { cairn, source, counts, post } = await open(t);
  let expected = 0;
  const took = async (res, events = 1) => {
    assert.equal(res.status, 200, res.text);
    expected += events;
    assert.equal((await counts()).events_total, expected);
  };

  await t.test('any content type, with and without gzip, slash and query', async () => {
    const body = () => JSON.stringify({ batch: [event()], sentAt: new Date().toISOString() });
    await took(await post('/v1/batch', body(), { 'content-type': 'application/json' }));
    await took(await post('/v1/batch', body(), { 'content-type': 'text/plain' }));
    await took(await post('/v1/batch/', body(), {}));
    await took(await post('/v1/batch?foo=bar', body(), {}));
    await took(await post('/v1/import', body(), {}));
    await took(await post('/v1/b', body(), {}));
    await took(await post('/v1/batch', gzipSync(body()), { 'content-encoding': 'gzip' }));
    await took(await post('/v1/batch', gzipSync(body()), {}));
    const form = await post('/v1/batch', gzipSync(body()), { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' });
    assert.equal(form.text, 'OK');
    await took(form);
  });

  await t.test('single calls, long and short', async () => {
    const calls = { track: event(), page: event({ name: 'Home' }), screen: event({ name: 'Home' }), identify: event({ traits: { email: 'a@b.example' } }),
      group: event({ groupId: 'g1', traits: { name: 'G' } }), alias: event({ previousId: 'u0' }) };
    for (const [call, body] of Object.entries(calls)) {
      const { type, ...rest } = body;
      const long = await post(`/v1/${call}`, JSON.stringify(rest));
      assert.deepEqual(long.body, { success: true });
      await took(long);
      await took(await post(`/v1/${call[0]}`, JSON.stringify({ ...rest, messageId: randomUUID() })));
    }
  });

  await t.test('the write key may be in the body', async () => {
    await took(await cairn.call('POST', '/v1/track', { raw: JSON.stringify({ ...event(), writeKey: source.write_key }) }));
    await took(await cairn.call('POST', '/v1/batch', { raw: JSON.stringify({ batch: [event()], writeKey: source.write_key }) }));
  });

  await t.test('a message id is stored once', async () => {
    const raw = JSON.stringify({ batch: [event({ messageId: 'once' }), event({ messageId: 'once' })] });
    await took(await post('/v1/batch', raw), 1);
    await took(await post('/v1/batch', raw), 0);
    assert.equal((await counts()).duplicates_total, 3);
  });

  await t.test('browsers may ask first', async () => {
    const res = await cairn.call('OPTIONS', '/v1/t', { headers: { origin: 'https://shop.example', 'access-control-request-headers': 'authorization' } });
    assert.equal(res.status, 204);
    assert.equal(res.headers.get('access-control-allow-origin'), '*');
    assert.match(res.headers.get('access-control-allow-headers'), /authorization, content-type/);
    assert.equal(res.headers.get('access-control-max-age'), '86400');
    const posted = await post('/v1/t', JSON.stringify(event()));
    assert.equal(posted.headers.get('access-control-allow-origin'), '*');
    assert.equal(posted.headers.get('access-control-expose-headers'), 'Retry-After');
    expected++;
  });

  await t.test('analytics.js finds its settings', async () => {
    const res = await cairn.call('GET', `/v1/projects/${source.write_key}/settings`);
    assert.equal(res.status, 200, res.text);
    assert.equal(res.body.integrations['Segment.io'].apiKey, source.write_key);
    assert.equal(res.body.integrations['Segment.io'].apiHost, `${new URL(cairn.base).host}/v1`);
    assert.equal(res.body.metrics.sampleRate, 0);
    assert.equal((await cairn.call('GET', '/v1/projects/nonsense/settings')).status, 404);
  });
});

test('what is wrong is refused alone, with its reason', async t => {
  const { cairn, admin, source, counts, post } = await open(t);

  await t.test('a bad event among good ones', async () => {
    const res = await post('/v1/batch', JSON.stringify({ batch: [event(), { type: 'track', event: 'X' }, event({ timestamp: '1970-01-01T00:00:00Z' }), 7, event()] }));
    assert.equal(res.status, 200, res.text);
    await waitFor(async () => (await counts()).rejected_total === 3);
    assert.equal((await counts()).events_total, 2);
    const rejected = await waitFor(async () => {
      const { body } = await admin.get(`/api/v1/sources/${source.id}/rejected`);
      return body.data.length === 3 && body.data;
    });
    assert.ok(rejected.every(row => row.reason.length > 5 && row.pointer.startsWith('/batch/')), JSON.stringify(rejected));
  });

  await t.test('a large event is rejected, a body over the limit refused', async () => {
    const large = await post('/v1/batch', JSON.stringify({ batch: [event({ properties: { x: 'y'.repeat(205_000) } })] }));
    assert.equal(large.status, 200);
    const over = await post('/v1/batch', JSON.stringify({ batch: [event({ properties: { x: 'y'.repeat(300_000) } }), event()] }));
    assert.equal(over.status, 200);
    const huge = await post('/v1/batch', JSON.stringify({ batch: [event({ properties: { x: 'y'.repeat(5_000_000) } })] }));
    assert.equal(huge.status, 400);
    await waitFor(async () => (await counts()).rejected_total === 4);
  });

  await t.test('2,501 events of one batch are taken', async () => {
    const before = (await counts()).events_total;
    const res = await post('/v1/batch', JSON.stringify({ batch: Array.from({ length: 2501 }, () => event()) }));
    assert.equal(res.status, 200);
    assert.equal((await counts()).events_total, before + 2501);
  });

  await t.test('reliability 19: a gzip bomb costs a 400', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    const res = await post('/v1/batch', bomb, { 'content-encoding': 'gzip' });
    assert.equal(res.status, 400);
    assert.equal((await post('/v1/batch', bomb.subarray(0, 1000), { 'content-encoding': 'gzip' })).status, 400);
    assert.equal((await post('/v1/batch', '{}', { 'content-encoding': 'br' })).status, 400);
  });

  await t.test('what is not JSON says where', async () => {
    const res = await post('/v1/batch', '{"batch":[}');
    assert.equal(res.status, 400);
    assert.equal(res.body.success, false);
    assert.equal((await post('/v1/batch', '')).status, 400);
    assert.equal((await post('/v1/batch', '[]')).status, 400);
  });

  await t.test('strict mode answers 400 to what is documented as an error', async () => {
    const strict = { 'x-strict-mode': '1' };
    assert.equal((await post('/v1/track', JSON.stringify(event()), strict)).status, 200);
    const res = await post('/v1/track', JSON.stringify({ event: 'X' }), strict);
    assert.equal(res.status, 400);
    assert.match(res.body.message, /userId/);
  });

  await t.test('an unknown write key gets 401', async () => {
    for (const headers of [{ authorization: basic('nonsense') }, {}, { authorization: 'Basic !!!' }, { authorization: 'Bearer x' }]) {
      const res = await cairn.call('POST', '/v1/batch', { raw: JSON.stringify({ batch: [event()] }), headers });
      assert.equal(res.status, 401, JSON.stringify(headers));
      const isGiven = headers.authorization === basic('nonsense');
      assert.match(res.body.message, isGiven ? /^unknown write key$/ : /^no write key: send it as the user name of Basic/);
    }
  });

  await t.test('nothing is redirected; other addresses and methods are told apart', async () => {
    assert.equal((await post('/v1/nonsense', '{}')).status, 404);
    assert.equal((await post('/v1', '{}')).status >= 400, true);
    const res = await cairn.call('GET', '/v1/batch');
    assert.equal(res.status, 405);
    assert.equal(res.headers.get('allow'), 'POST, OPTIONS');
  });
});

test('reliability 21: a full intake answers 429 with whole seconds, and loses nothing', async t => {
  const { counts, post } = await open(t, { env: { CAIRN_INTAKE_QUEUE_MAX: '1', CAIRN_INTAKE_RETRY_AFTER: '1500ms' } });
  let taken = 0;
  let shed = 0;
  await Promise.all(Array.from({ length: 200 }, async () => {
    const res = await post('/v1/track', JSON.stringify(event()));
    if (res.status === 200) taken++;
    else {
      assert.equal(res.status, 429);
      assert.equal(res.headers.get('retry-after'), '2');
      shed++;
    }
  }));
  assert.equal(taken + shed, 200);
  assert.ok(taken > 0);
  assert.equal((await counts()).events_total, taken);
});

test('reliability 21: clients that try again converge, and a flood of one source does not shut another out', async t => {
  const { cairn, admin, counts, post } = await open(t, { env: { CAIRN_INTAKE_QUEUE_MAX: '4', CAIRN_INTAKE_RETRY_AFTER: '1s' } });
  const other = await admin.createSource('Small');
  let flooding = true;
  let shed = 0;
  const flood = Array.from({ length: 32 }, async () => {
    while (flooding) {
      const res = await post('/v1/batch', JSON.stringify({ batch: Array.from({ length: 50 }, () => event()) }));
      if (res.status === 429) shed++;
    }
  });
  let most = 0;
  for (let n = 0; n < 40; n++) {
    const raw = JSON.stringify(event({ messageId: `small-${n}` }));
    let tries = 1;
    // Sooner than it is told to, so that the test is short.
    while ((await cairn.call('POST', '/v1/track', { raw, headers: { authorization: basic(other.write_key) } })).status === 429) {
      tries++;
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    most = Math.max(most, tries);
  }
  flooding = false;
  await Promise.all(flood);
  t.diagnostic(`${shed} requests of the flood were shed; the other source tried at most ${most} times`);
  assert.ok(shed > 0, 'there was a flood');
  assert.ok(most <= 100, `it took ${most} tries`);
  const row = (await admin.get('/api/v1/sources')).body.data.find(source => source.id === other.id);
  assert.equal(row.events_total, 40);
  assert.ok((await counts()).events_total > 0);
});

test('a source is revoked: its key is refused within a second, what it sent stays, its name is free', async t => {
  const { cairn, admin, source, post } = await open(t);
  const other = await admin.createSource('Help desk');
  const send = () => post('/v1/track', JSON.stringify(event({ context: { groupId: 'g1' } })));
  const accounts = async () => (await admin.get('/api/v1/accounts?q=g1')).body.data.length;
  assert.equal((await send()).status, 200);
  await waitFor(async () => await accounts() === 1, { what: 'the account' });
  const revoke = () => admin.call('DELETE', `/api/v1/sources/${source.id}`);
  assert.equal((await revoke()).status, 204);
  const revoked = Date.now();
  await waitFor(async () => (await send()).status === 401, { what: 'the key to be refused' });
  assert.ok(Date.now() - revoked < 3000);
  assert.equal((await revoke()).status, 404);
  const names = (await admin.get('/api/v1/sources')).body.data.map(one => one.name);
  assert.deepEqual([names.includes('Shop'), names.includes('Help desk')], [false, true]);
  assert.equal((await cairn.call('POST', '/v1/track', { raw: JSON.stringify(event()), headers: { authorization: basic(other.write_key) } })).status, 200);
  assert.notEqual((await admin.createSource('Shop')).id, source.id);
  assert.equal(await accounts(), 1);

  // Also after a restart.
  cairn.assertClean(await cairn.stop());
  await cairn.start();
  assert.equal((await send()).status, 401);
});
