// reliability 6: a disk that is full, and then is not.  The disk is a tmpfs, which takes root.
import assert from 'node:assert/strict';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { startCairn, waitFor } from '../http/harness.mjs';
import { caughtUp, eventsOf, figure, fill, proveSound, smallDisk } from './faults.mjs';

const MiB = 1024 * 1024;

async function open(t, options) {
  const disk = smallDisk(t, '16m');
  if (disk === undefined) return t.skip('mounting a small disk takes root');
  const cairn = await startCairn(t, { parent: disk, ...options?.(disk) });
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  assert.equal((await cairn.send(key, eventsOf('before', 0))).status, 200);
  const account = await admin.account('before-g0');
  return { disk, cairn, admin, key, account };
}

// Everything that only reads works.
async function readsGoOn({ cairn, admin, account }) {
  for (const path of ['/api/v1/session', '/api/v1/accounts', `/api/v1/accounts/${account.id}`, `/api/v1/accounts/${account.id}/events`,
    `/api/v1/accounts/${account.id}/people`, `/api/v1/accounts/${account.id}/metrics`, '/api/v1/sources', '/api/v1/export/accounts.csv',
    '/healthz', '/metrics']) {
    const res = await admin.get(path);
    assert.equal(res.status, 200, `${path} on a full disk: ${res.status} ${res.text.slice(0, 300)}`);
  }
  assert.equal((await cairn.call('POST', '/api/v1/session', { body: { email: 'a@b.example', password: 'x' } })).status, 401);
}

// Sends until the disk takes no more; yields the number of events that were acknowledged.
async function sendUntilFull(cairn, key, run, most = 400) {
  let acknowledged = 0;
  for (let n = 0; n < most; n++) {
    const res = await cairn.send(key, eventsOf(run, n, 200));
    if (res.status === 429) {
      assert.match(res.headers.get('retry-after'), /^\d+$/);
      return acknowledged;
    }
    assert.equal(res.status, 200, res.text);
    acknowledged += 200;
  }
  assert.fail('the disk never was full');
}

test('reliability 6: a full disk pushes tracking back with 429 and changes with 507, reads go on, and it recovers', async t => {
  const world = await open(t);
  if (world === undefined) return;
  const { disk, cairn, admin, key, account } = world;
  await caughtUp(cairn);
  const empty = fill(disk);
  await sendUntilFull(cairn, key, 'full');
  const patched = await waitFor(async () => {
    const res = await admin.patch(`/api/v1/accounts/${account.id}`, { name: 'x'.repeat(150) }, '*');
    return res.status !== 200 && res; // what room the files had inside is used up
  });
  assert.equal(patched.status, 507, patched.text);
  assert.equal(patched.body.type, '/problems/storage-full');
  assert.equal((await admin.post('/api/v1/accounts', { name: 'No room', external_id: 'no-room' })).status, 507);
  await readsGoOn(world);

  const position = await figure(cairn, 'cairn_event_log_position');
  empty();
  const again = await cairn.send(key, eventsOf('after', 0));
  assert.equal(again.status, 200, 'it recovers without a restart');
  assert.equal((await admin.patch(`/api/v1/accounts/${account.id}`, { name: 'Room again' }, '*')).status, 200);
  assert.equal(await figure(cairn, 'cairn_event_log_position'), position + 20);
  await admin.account('after-g0');
  await caughtUp(cairn);
  await proveSound(cairn);
  await cairn.start();
});

test('reliability 6: whatever room is left, the disk filling up at intake, recompute or checkpoint loses and repeats nothing', async t => {
  const world = await open(t);
  if (world === undefined) return;
  const { disk, cairn, admin, key } = world;
  for (const [round, room] of [0, 8192, 40_000, 150_000, 600_000, 2 * MiB].entries()) {
    // The engine has this to count when the room ends.
    const head = await cairn.send(key, eventsOf(`head${round}`, 0, 300));
    assert.equal(head.status, 200);
    const before = await figure(cairn, 'cairn_event_log_position');
    const empty = fill(disk, room);
    const acknowledged = await sendUntilFull(cairn, key, `r${round}`);
    await readsGoOn(world);
    assert.equal(await figure(cairn, 'cairn_event_log_position'), before + acknowledged, `${room} bytes of room`);
    empty();
    const res = await cairn.send(key, eventsOf(`tail${round}`, 0));
    assert.equal(res.status, 200, `recovers from ${room} bytes of room: ${res.text}`);
    await caughtUp(cairn);
    await admin.account(`tail${round}-g0`);
    if (round % 2 === 0) continue;
    await proveSound(cairn);
    await cairn.start();
  }
  assert.equal(await figure(cairn, 'cairn_event_log_stopped'), 0);
  assert.equal(await figure(cairn, 'cairn_db_writable'), 1);
});

test('reliability 6: a log file on the full disk does not stop the server', async t => {
  let log;
  const world = await open(t, disk => ({ stderr: (log = openSync(join(disk, 'log'), 'a')) }));
  if (world === undefined) return;
  const { disk, cairn, admin, key } = world;
  const empty = fill(disk);
  await sendUntilFull(cairn, key, 'full'); // each refusal is a log line that finds no room
  await readsGoOn(world);
  empty();
  assert.equal((await cairn.send(key, eventsOf('after', 0))).status, 200);
  await admin.account('after-g0');
  await proveSound(cairn);
  await cairn.start();
  closeSync(log);
});

test('reliability 6: stopped and started on a full disk, it says so or works, and lives when there is room', async t => {
  const world = await open(t);
  if (world === undefined) return;
  const { disk, cairn, key } = world;
  const empty = fill(disk);
  await sendUntilFull(cairn, key, 'full');
  const position = await figure(cairn, 'cairn_event_log_position');
  const code = await cairn.stop();
  assert.ok(code === 0 || code === 1, `exited with ${code}\n${cairn.log.slice(-5000)}`);
  try {
    await cairn.start();
    assert.equal((await cairn.call('GET', '/healthz')).status, 200);
    cairn.assertClean(await cairn.stop());
  } catch (error) {
    assert.match(error.message, /full|space/, 'a refusal to start names the disk');
    await cairn.stop();
  }
  empty();
  await cairn.start();
  assert.equal(await figure(cairn, 'cairn_event_log_position'), position);
  assert.equal((await cairn.send(key, eventsOf('after', 0))).status, 200);
  await (await cairn.login()).account('after-g0');
  await proveSound(cairn);
  await cairn.start();
});
