// reliability 13: a clock that jumps while the server runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from '../http/harness.mjs';
import { caughtUp, eventsOf, Faults, figure, proveSound } from './faults.mjs';

const DAY = 86_400_000;

const at = ms => new Date(Date.now() + ms).toISOString();

async function open(t, options = {}) {
  const faults = new Faults(t);
  const cairn = await startCairn(t, { ...options, env: { CAIRN_SESSION_IDLE: '7d', ...faults.env, ...options.env } });
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  return { faults, cairn, admin, key };
}

// Sends one event of an account of its own, as a client whose clock is the server's, and waits
// until it is counted.
async function counts({ cairn, admin, key }, name, skew) {
  const res = await cairn.call('POST', '/v1/batch', {
    body: { batch: [{ type: 'track', event: 'Signed In', userId: `${name}-u`, messageId: `${name}-m`, timestamp: at(skew), context: { groupId: name } }], sentAt: at(skew) },
    headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` } });
  assert.equal(res.status, 200, res.text);
  const row = await admin.account(name);
  await caughtUp(cairn);
  const { body } = await waitFor(async () => {
    const answer = await admin.get(`/api/v1/accounts/${row.id}/events`);
    return answer.body.data.length === 1 && answer;
  }, { what: `the event of ${name}` });
  return body.data[0];
}

test('reliability 13: when the clock jumps a day forward and back, events are taken, counted on their day, and a replay agrees', async t => {
  const world = await open(t);
  const { faults, cairn, admin } = world;
  await counts(world, 'today', 0);

  faults.moveClock(DAY + 3_600_000);
  const ahead = await counts(world, 'tomorrow', DAY + 3_600_000);
  assert.ok(Math.abs(Date.parse(ahead.received_at) - Date.now() - DAY - 3_600_000) < 60_000, ahead.received_at);
  const account = await admin.account('tomorrow');
  const tomorrow = at(DAY + 3_600_000).slice(0, 10);
  await waitFor(async () => {
    const { body } = await admin.get(`/api/v1/accounts/${account.id}/metrics?from=${tomorrow}`);
    return body.data?.some(series => series.days.some(day => day.day === tomorrow && day.value > 0) || series.days.at(-1)?.value > 0);
  }, { what: 'the figure of the new day' });
  const history = async () => (await admin.get(`/api/v1/accounts/${account.id}/health/history`)).body.data;
  const scored = await waitFor(async () => (await history()).at(-1), { what: 'a score of the new day' });

  faults.moveClock(-DAY);
  assert.deepEqual((await history()).at(-1), scored, 'what was stored is there, though it is of a later moment');
  const behind = await counts(world, 'yesterday', -DAY);
  assert.ok(behind.id !== ahead.id);
  const changed = await admin.post('/api/v1/accounts', { name: 'Made yesterday', external_id: 'made-yesterday' });
  assert.equal(changed.status, 201);
  assert.ok(changed.body.id > account.id, 'ids grow although the clock went back');

  faults.moveClock(0);
  await counts(world, 'again', 0);
  const seen = await figure(cairn, 'cairn_event_log_position');
  assert.equal(seen, 4);
  await proveSound(cairn);
  await cairn.start();
  assert.equal(await figure(cairn, 'cairn_event_log_position'), 4);
});

test('reliability 13: a duplicate is known across jumps of the clock', async t => {
  const { faults, cairn, key } = await open(t);
  const events = eventsOf('same', 0).map(event => ({ ...event, timestamp: at(0) }));
  assert.equal((await cairn.send(key, events)).status, 200);
  for (const jump of [DAY, -DAY, 3_600_000, 0]) {
    faults.moveClock(jump);
    assert.equal((await cairn.send(key, events)).status, 200);
    assert.equal(await figure(cairn, 'cairn_event_log_position'), events.length, `after a jump of ${jump} ms`);
  }
});

for (const [name, moment, zone] of [
  ['spring forward', '2027-03-28T00:59:30Z', 'Europe/Berlin'],
  ['fall back', '2026-10-25T00:59:30Z', 'Europe/Berlin'],
  ['a leap second', '2028-12-31T23:59:55Z', 'UTC'],
  ['2038', '2038-01-19T03:14:00Z', 'UTC'],
  ['2100, no leap year', '2100-02-28T23:59:30Z', 'America/New_York'],
]) {
  test(`reliability 13: the server lives through ${name}`, async t => {
    const world = await open(t, { zone });
    const { faults, cairn, admin } = world;
    const skew = Date.parse(moment) - Date.now();
    faults.moveClock(skew);
    const again = await cairn.login(); // the session of now has expired by then, or is not yet there
    world.admin = again;
    await counts(world, 'before', skew);
    faults.moveClock(skew + 90_000);
    const after = await counts(world, 'after', skew + 90_000);
    assert.ok(Date.parse(after.received_at) >= Date.parse(moment) + 60_000, after.received_at);
    assert.equal((await again.get('/api/v1/accounts')).body.total, 2);
    assert.ok(admin.user.id === again.user.id);
  });
}

test('reliability 13: events of the far past and future are rejected with their reason, the rest of the batch is stored', async t => {
  const { cairn, admin, key } = await open(t);
  const times = ['0001-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '1901-12-13T20:45:52Z', '2038-01-19T03:14:08Z', '2100-02-29T00:00:00Z',
    '9999-12-31T23:59:59.999Z', '+010000-01-01T00:00:00Z', '-000001-01-01T00:00:00Z', '2026-13-01T00:00:00Z', '2016-12-31T23:59:60Z', at(2 * 3_600_000), at(-401 * DAY)];
  const events = times.map((timestamp, i) => ({ type: 'track', event: 'E', userId: 'u', messageId: `m${i}`, timestamp }));
  events.push({ type: 'track', event: 'E', userId: 'u', messageId: 'good', timestamp: at(0) }, { type: 'track', event: 'E', userId: 'u', messageId: 'old', timestamp: at(-399 * DAY) });
  const res = await cairn.call('POST', '/v1/batch', { body: { batch: events, sentAt: at(0) },
    headers: { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` } });
  assert.equal(res.status, 200);
  const source = await waitFor(async () => {
    const { body } = await admin.get('/api/v1/sources');
    return body.data[0].rejected_total === times.length && body.data[0];
  }, { what: 'all of them to be rejected' });
  assert.equal(source.events_total, 2);
  const { body } = await admin.get(`/api/v1/sources/${source.id}/rejected`);
  assert.ok(body.data.every(row => /time|date|old|ahead|future/.test(row.reason)), JSON.stringify(body.data.map(row => row.reason)));
});

test('reliability 26: a session ends when it was idle for too long and, used or not, at its absolute end', async t => {
  const { faults, cairn, admin } = await open(t, { env: { CAIRN_SESSION_IDLE: '2h', CAIRN_SESSION_MAX_AGE: '10h' } });
  const idle = await cairn.login();
  for (let hours = 1; hours < 10; hours++) {
    faults.moveClock(hours * 3_600_000);
    assert.equal((await admin.get('/api/v1/session')).status, 200, `used every hour, after ${hours} hours`);
  }
  assert.equal((await idle.get('/api/v1/session')).status, 401, 'nobody used it');
  faults.moveClock(10 * 3_600_000 + 60_000);
  assert.equal((await admin.get('/api/v1/session')).status, 401, 'its end has come');
});
