// reliability 17: many and slow clients, in the shapes of slowhttptest (-H, -B, -X), while others are
// measured.  No database is asked: it runs once.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';

import { onPostgres, startCairn, waitFor } from './harness.mjs';

const HOST = 'Host: x\r\n';
const IDLE = 10_000;
const BOUND_MS = 1000; // of others' p99, also with sanitizers on a busy machine

function dial(cairn) {
  const { hostname, port } = new URL(cairn.base);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  return socket;
}

// `count` sockets that each begin with `first`; what `drip` yields follows every 50 ms.
function attack(t, cairn, count, first, drip) {
  const sockets = Array.from({ length: count }, () => dial(cairn));
  const attackers = { open: count, sockets };
  for (const socket of sockets) {
    socket.on('close', () => attackers.open--);
    socket.write(first);
  }
  const timer = setInterval(() => sockets.forEach(socket => socket.writable && socket.write(drip)), 50);
  t.after(() => {
    clearInterval(timer);
    sockets.forEach(socket => socket.destroy());
  });
  return attackers;
}

async function figure(cairn, name) {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await (await fetch(`${cairn.base}/metrics`)).text())[1]);
}

// The 99th percentile of what others wait for: a page of accounts and a batch of events in turn.
async function othersWait(cairn, admin, key, requests = 200) {
  const times = [];
  const worker = async () => {
    while (times.length < requests) {
      const begun = performance.now();
      const res = times.length % 2 ? await admin.get('/api/v1/accounts') : await cairn.send(key, [{ type: 'track', userId: 'u', event: 'E' }]);
      times.push(performance.now() - begun);
      assert.equal(res.status, 200, res.text);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)];
}

async function open(t, env) {
  const cairn = await startCairn(t, { env });
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  return { cairn, admin, key };
}

const LIMITS = { CAIRN_HTTP_HEADER_TIMEOUT: '1s', CAIRN_HTTP_BODY_TIMEOUT: '1s', CAIRN_HTTP_SEND_TIMEOUT: '1s' };

const SHAPES = {
  'slow headers': [`GET /healthz HTTP/1.1\r\n${HOST}`, 'A: b\r\n'],
  'slow bodies': [`POST /v1/batch HTTP/1.1\r\n${HOST}Content-Length: 4000\r\n\r\n{`, ' '],
  'slow chunks': [`POST /v1/batch HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`, '1\r\n \r\n'],
};

test('reliability 17: slow headers, bodies and chunks are cut off in time, and others do not feel them', { skip: onPostgres }, async t => {
  const { cairn, admin, key } = await open(t, LIMITS);
  for (const [name, [first, drip]] of Object.entries(SHAPES)) {
    await t.test(name, async t => {
      const timeouts = await figure(cairn, 'cairn_http_timeouts_total');
      const attackers = attack(t, cairn, 500, first, drip);
      const p99 = await othersWait(cairn, admin, key);
      t.diagnostic(`p99 of others ${p99.toFixed(1)} ms`);
      assert.ok(p99 < BOUND_MS, `others waited ${p99} ms`);
      await waitFor(() => attackers.open === 0, { what: 'all of them to be cut off' });
      assert.ok((await figure(cairn, 'cairn_http_timeouts_total')) >= timeouts + 500);
    });
  }
});

test('reliability 17: who does not read what they asked for is cut off, and others do not feel them', { skip: onPostgres }, async t => {
  const { cairn, admin, key } = await open(t, LIMITS);
  const asked = `GET /openapi.json HTTP/1.1\r\n${HOST}\r\n`.repeat(60); // more than sockets hold
  const sockets = Array.from({ length: 25 }, () => dial(cairn));
  let closed = 0;
  for (const socket of sockets) {
    socket.on('close', () => closed++);
    socket.pause();
    socket.write(asked);
  }
  t.after(() => sockets.forEach(socket => socket.destroy()));
  const p99 = await othersWait(cairn, admin, key);
  t.diagnostic(`p99 of others ${p99.toFixed(1)} ms`);
  assert.ok(p99 < BOUND_MS, `others waited ${p99} ms`);
  await waitFor(async () => (await figure(cairn, 'cairn_http_timeouts_total')) >= 25, { what: 'all of them to be cut off' });
  sockets.forEach(socket => socket.resume());
  await waitFor(() => closed === 25, { what: 'their ends to notice' });
});

test(`reliability 17: ${IDLE} idle connections cost others nothing, and the cap on them holds`, { skip: onPostgres }, async t => {
  const most = Number(execFileSync('sh', ['-c', 'ulimit -Hn']).toString().replace('unlimited', '1000000'));
  if (most < IDLE + 1000) return t.skip(`only ${most} descriptors are allowed here`);
  const { cairn, admin, key } = await open(t, { CAIRN_HTTP_CONNECTIONS_MAX: String(IDLE + 50),
    CAIRN_HTTP_CONNECTIONS_PER_ADDRESS_MAX: String(IDLE + 50), CAIRN_HTTP_HEADER_TIMEOUT: '60s' });
  const sockets = [];
  t.after(() => sockets.forEach(socket => socket.destroy()));
  while (sockets.length < IDLE) {
    const some = Array.from({ length: 200 }, () => dial(cairn)); // no more than wait to be accepted
    sockets.push(...some);
    await Promise.all(some.map(socket => new Promise(resolve => socket.once('connect', resolve))));
  }
  await waitFor(async () => (await figure(cairn, 'cairn_http_connections')) >= IDLE, { what: 'all to be accepted' });
  const p99 = await othersWait(cairn, admin, key);
  t.diagnostic(`p99 of others ${p99.toFixed(1)} ms`);
  assert.ok(p99 < BOUND_MS, `others waited ${p99} ms`);

  const over = Array.from({ length: 100 }, () => dial(cairn));
  sockets.push(...over);
  await waitFor(() => over.filter(socket => socket.closed).length >= 50, { what: 'those over the cap to be closed' });
  assert.ok((await figure(cairn, 'cairn_http_refused_connections_total')) >= 50);
  // Threads that accept at the same moment may each see the last place free.
  const taken = await figure(cairn, 'cairn_http_connections');
  assert.ok(taken < IDLE + 50 + availableParallelism(), `${taken} connections`);
});
