// reliability 15: a server under load of every kind neither grows nor keeps descriptors, and its
// queues stay bounded.  20 seconds here; SOAK_SECONDS says how long (script/soak).
import assert from 'node:assert/strict';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { test } from 'node:test';

import { startCairn, waitFor } from '../http/harness.mjs';
import { caughtUp, eventsOf, figure, proveSound } from './faults.mjs';

const SECONDS = Number(process.env.SOAK_SECONDS ?? 20);
const ACCOUNTS = 30;

async function memory(cairn) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${cairn.pid}/status`, 'utf8'))[1]) * 1024;
}

// Files and the like; sockets come and go with the clients.
async function descriptors(cairn) {
  const folder = `/proc/${cairn.pid}/fd`;
  const links = await Promise.all((await readdir(folder)).map(fd => readlink(`${folder}/${fd}`).catch(() => ''))); // closed meanwhile
  return { files: links.filter(link => link !== '' && !link.startsWith('socket:')).length, sockets: links.filter(link => link.startsWith('socket:')).length };
}
const threads = async cairn => (await readdir(`/proc/${cairn.pid}/task`)).length;

// What people and SDKs do, over and over; each yields after one turn.
function visitors(cairn, admin, key) {
  let n = 0;
  return {
    async sdk() {
      // The same accounts and users again and again, a third of it sent twice.
      const events = eventsOf('soak', n++, 50).map(e => ({ ...e, userId: `soak-u${n % 200}`, groupId: `soak-g${n % ACCOUNTS}`, context: { groupId: `soak-g${n % ACCOUNTS}` } }));
      assert.equal((await cairn.send(key, events)).status, 200);
      if (n % 3 === 0) assert.equal((await cairn.send(key, events)).status, 200);
    },
    async badSdk() {
      await cairn.call('POST', '/v1/batch', { raw: '{"batch":[', headers: { authorization: 'Basic bm86' } });
      assert.equal((await cairn.send(key, [{ type: 'track' }, 7])).status, 200);
    },
    async browser() {
      const { body } = await admin.get('/api/v1/accounts?sort=-score&limit=50');
      for (const row of body.data.slice(0, 3)) {
        for (const part of ['', '/health', '/metrics', '/events', '/people']) await admin.get(`/api/v1/accounts/${row.id}${part}`);
      }
      await admin.get('/api/v1/accounts?q=soak');
      await admin.get('/api/v1/export/accounts.csv');
      await admin.get('/api/v1/accounts/nonsense');
    },
    async csm() {
      const { body } = await admin.get('/api/v1/accounts?limit=5');
      for (const row of body.data) await admin.patch(`/api/v1/accounts/${row.id}`, { name: `Soak ${n % 7}` }, '*');
    },
    async reader() {
      const stop = new AbortController();
      const res = await fetch(`${cairn.base}/api/v1/stream`, { headers: { ...admin.headers, accept: 'text/event-stream' }, signal: stop.signal });
      assert.equal(res.status, 200);
      await res.body.getReader().read();
      stop.abort();
    },
    async signer() {
      const session = await cairn.login();
      await session.delete('/api/v1/session');
    },
    async operator() {
      await cairn.call('GET', '/metrics');
      await admin.get('/api/v1/sources');
    },
  };
}

test(`reliability 15: ${SECONDS} s of everything: memory, descriptors and threads stay flat, queues bounded`, async t => {
  const cairn = await startCairn(t, { env: { CAIRN_LOGIN_TRIES_PER_ADDRESS: '100000' } });
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  const all = Object.entries(visitors(cairn, admin, key));
  const turns = {};
  const readings = [];
  const begun = performance.now();
  const last = begun + SECONDS * 1000;
  const work = all.map(async ([name, turn]) => {
    for (; performance.now() < last; turns[name] = (turns[name] ?? 0) + 1) await turn();
  });
  const watch = (async () => {
    while (performance.now() < last) {
      await new Promise(resolve => setTimeout(resolve, 500));
      readings.push({ memory: await memory(cairn), ...await descriptors(cairn), threads: await threads(cairn),
        waiting: await figure(cairn, 'cairn_event_queue_batches'), inbox: await figure(cairn, 'cairn_engine_inbox_batches') });
    }
  })();
  await Promise.all([...work, watch]);
  await caughtUp(cairn);

  // A third of the time to warm up; then the middle third and the last are compared.
  const third = Math.floor(readings.length / 3);
  const middle = readings.slice(third, 2 * third);
  const end = readings.slice(2 * third);
  const most = (rows, what) => Math.max(...rows.map(row => row[what]));
  t.diagnostic(`turns ${JSON.stringify(turns)}; memory ${(most(middle, 'memory') / 2 ** 20).toFixed(1)} then ${(most(end, 'memory') / 2 ** 20).toFixed(1)} MiB; `
    + `files ${most(middle, 'files')} then ${most(end, 'files')}; sockets ${most(middle, 'sockets')} then ${most(end, 'sockets')}; threads ${most(end, 'threads')}; inbox at most ${most(readings, 'inbox')}`);
  // What remains of an event is its id for the window: 43 bytes at most.
  const remembered = 43 * (await figure(cairn, 'cairn_events_total'));
  const sanitized = /asan/.test(process.env.CAIRN_BIN ?? '') ? 64 * 2 ** 20 : 0; // freed memory is held back
  assert.ok(most(end, 'memory') < most(middle, 'memory') * 1.1 + remembered + 8 * 2 ** 20 + sanitized, 'memory grows');
  assert.ok(most(end, 'files') <= most(middle, 'files') + 8, 'descriptors of files grow');
  assert.ok(most(end, 'sockets') <= most(middle, 'sockets') * 2 + 50, 'sockets grow');
  assert.equal(most(end, 'threads'), most(middle, 'threads'), 'threads grow');
  assert.ok(most(readings, 'waiting') <= 1024 && most(readings, 'inbox') <= 4096, 'queues grow');
  await waitFor(async () => (await figure(cairn, 'cairn_http_streams')) === 0, { what: 'streams that were left to be noticed', timeoutMs: 40_000 });
  await waitFor(async () => (await descriptors(cairn)).sockets < 40, { what: 'sockets of clients that left to be closed', timeoutMs: 100_000 });
  await proveSound(cairn);
  await cairn.start();
});
