// What PostgreSQL may do while Cairn runs on it.  Senders and readers go on all the time; each test
// does one thing to the database, waits until all is well again without help, and then looks: no
// event missing, none counted twice, nothing answered that is not allowed, the replay equal.
//   FAULT_AWAY_S (5)  for how long the database is stopped
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { basic, cairnCommand, makeCairn, waitFor } from '../http/harness.mjs';
import { Cluster, forgetfulProxy } from './cluster.mjs';

const AWAY_S = Number(process.env.FAULT_AWAY_S ?? 5);
const SENDERS = 4;
const READERS = 2;
const BATCH = 20;
const PACE_MS = 10; // between two calls: what happens meanwhile counts, not how many there are

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

function count(map, key) {
  map[key] = (map[key] ?? 0) + 1;
}

// The n-th batch of a sender: identify and group calls that move subjects, and what is counted.
function batchOf(sender, n) {
  return Array.from({ length: BATCH }, (_, i) => {
    const user = `u${sender}-${(n * 7 + i) % 60}`;
    const base = { messageId: `${sender}-${n}-${i}`, userId: user, timestamp: new Date().toISOString() };
    if (i === 0) return { ...base, type: 'identify', traits: { email: `${user}@c${n % 9}.example` } };
    if (i === 1) return { ...base, type: 'group', groupId: `g${(n + sender) % 12}`, traits: { seats: n } };
    const event = { ...base, type: 'track', event: `Event ${i % 4}`, properties: { amount: n + i } };
    return i % 3 === 0 ? { ...event, context: { groupId: `g${i % 12}` } } : event;
  });
}

// Senders that try each batch until it is acknowledged, readers and a writer of records.
class Load {
  acked = 0;
  tracking = {};
  rest = {};
  #stopping = false;
  #runs;

  constructor(cairn, key, session, account) {
    Object.assign(this, { cairn, key, session, account });
    this.#runs = [
      ...Array.from({ length: SENDERS }, (_, n) => this.#send(n)),
      ...Array.from({ length: READERS }, () => this.#read()),
      this.#write(),
    ];
  }

  async #send(sender) {
    for (let n = 0; !this.#stopping; n++) {
      const body = JSON.stringify({ batch: batchOf(sender, n), sentAt: new Date().toISOString() });
      for (;;) {
        const res = await fetch(`${this.cairn.base}/v1/batch`, {
          method: 'POST', body, headers: { authorization: basic(this.key), 'content-type': 'application/json' },
        });
        await res.text();
        count(this.tracking, res.status);
        if (res.status === 200) break;
        assert.equal(res.status, 429, `the tracking API answered ${res.status}`);
        assert.match(res.headers.get('retry-after') ?? '', /^\d+$/);
        await pause(100);
      }
      this.acked += BATCH;
      await pause(PACE_MS);
    }
  }

  async #ask(method, path, body, headers = {}) {
    const res = await fetch(this.cairn.base + path, { method, body, headers: { ...this.session.headers, ...headers } });
    await res.text();
    count(this.rest, res.status);
    assert.ok(res.status < 500 || res.status === 503, `${method} ${path} answered ${res.status}`);
    if (res.status === 503) await pause(100);
  }

  async #read() {
    while (!this.#stopping) {
      await this.#ask('GET', '/api/v1/accounts?limit=20');
      await this.#ask('GET', `/api/v1/accounts/${this.account.id}`);
      await pause(PACE_MS);
    }
  }

  async #write() {
    for (let n = 0; !this.#stopping; n++) {
      await this.#ask('POST', `/api/v1/accounts/${this.account.id}/tickets`,
        JSON.stringify({ subject: `Ticket ${n}`, priority: 'low' }), { 'content-type': 'application/json' });
      await pause(20);
    }
  }

  // Acknowledged again, and records readable.
  async recovered(timeoutMs = 30_000) {
    const [acked, read] = [this.acked, this.rest[200] ?? 0];
    await waitFor(() => this.acked >= acked + SENDERS * BATCH && (this.rest[200] ?? 0) > read + 3,
      { what: 'events to be taken and records to be read again', timeoutMs });
  }

  async stop() {
    this.#stopping = true;
    await Promise.all(this.#runs);
  }
}

const gauge = async (cairn, name) => Number(new RegExp(`^${name} (-?[0-9.e+]+)$`, 'm')
  .exec((await cairn.call('GET', '/metrics')).text)[1]);

async function settled(cairn) {
  await waitFor(async () => (await gauge(cairn, 'cairn_engine_events_behind')) === 0,
    { what: 'everything to be counted', timeoutMs: 30_000 });
}

async function replayed(cairn, events) {
  const { code, stdout, stderr } = await cairnCommand(['replay', ...cairn.where]);
  assert.equal(code, 0, `${stdout}${stderr}\n${cairn.log.slice(-3000)}`);
  assert.match(stdout, /, 0 differ/);
  assert.equal(Number(/^(\d+) events/.exec(stdout)[1]), events);
}

// Runs `fault({cairn, load})` under load on the database that `url` names and checks all.
async function survive(t, url, fault, { shed = false } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-fault-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const cairn = makeCairn(t, dir, url);
  await cairn.init();
  await cairn.start();
  const session = await cairn.login();
  const { write_key: key } = await session.createSource('load');
  const account = await session.createAccount({ name: 'Acme', external_id: 'g1', domain: 'c1.example' });
  const load = new Load(cairn, key, session, account);
  try {
    await load.recovered();
    await fault({ cairn, load });
    await load.recovered();
  } finally {
    await load.stop();
  }
  if (shed) assert.ok(load.tracking[429] > 0 && load.rest[503] > 0, JSON.stringify([load.tracking, load.rest]));
  t.diagnostic(`tracking ${JSON.stringify(load.tracking)}, rest ${JSON.stringify(load.rest)}`);
  await settled(cairn);
  assert.equal(await gauge(cairn, 'cairn_event_log_position'), load.acked, 'each acknowledged event once');
  cairn.assertClean(await cairn.stop());
  await replayed(cairn, load.acked);
}

test('reliability 4: PostgreSQL is killed and starts again', async t => {
  const cluster = await Cluster.start(t);
  await survive(t, cluster.url(), async ({ load }) => {
    for (let i = 0; i < 3; i++) {
      await cluster.kill();
      await load.recovered();
    }
  });
});

test('reliability 4: PostgreSQL is stopped for a while: 429 with Retry-After, 503, and then all goes on', async t => {
  const cluster = await Cluster.start(t);
  await survive(t, cluster.url(), async () => {
    await cluster.stop();
    await pause(AWAY_S * 1000);
    await cluster.serve();
  }, { shed: true });
});

test('reliability 4: after a start it is not ready before what was left is made good, and takes events meanwhile', async t => {
  const cluster = await Cluster.start(t);
  const dir = await mkdtemp(join(tmpdir(), 'cairn-fault-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const cairn = makeCairn(t, dir, cluster.url());
  await cairn.init();
  await cairn.start();
  const ready = async () => (await cairn.call('GET', '/readyz')).status;
  const session = await cairn.login();
  const { write_key: key } = await session.createSource('load');
  await waitFor(async () => (await ready()) === 200);
  await cairn.kill();

  const locked = await cluster.session('BEGIN; LOCK TABLE tick IN EXCLUSIVE MODE'); // its first round cannot be stored
  await cairn.start();
  for (let n = 0; n < 3; n++) {
    assert.equal((await cairn.send(key, batchOf(0, n))).status, 200);
    assert.equal((await cairn.call('GET', '/healthz')).status, 200);
    assert.equal(await ready(), 503);
  }
  await locked.end();
  await waitFor(async () => (await ready()) === 200, { what: 'the server to be ready', timeoutMs: 30_000 });
  await settled(cairn);

  await cluster.stop();
  await waitFor(async () => (await cairn.send(key, batchOf(0, 3))).status === 429, { what: 'events to be pushed back' });
  assert.equal(await ready(), 200, 'it says so itself, with 429 and 503');
  await cluster.serve();
  await waitFor(async () => (await cairn.send(key, batchOf(0, 3))).status === 200, { timeoutMs: 30_000 });
  await settled(cairn);
  cairn.assertClean(await cairn.stop());
  await replayed(cairn, 4 * BATCH);
});

test('reliability 4: a standby is promoted when the primary is gone', async t => {
  const primary = await Cluster.start(t);
  const standby = await primary.standby(t);
  await primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
  await primary.sql('SELECT pg_reload_conf()');
  await waitFor(async () => (await primary.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")) === '1');
  const url = `postgresql://postgres@127.0.0.1:${primary.port},127.0.0.1:${standby.port}/postgres?target_session_attrs=read-write`;
  await survive(t, url, async () => {
    await primary.stop('immediate');
    await pause(1000);
    await standby.promote();
  }, { shed: true });
});

test('reliability 5: all backends are terminated again and again', async t => {
  const cluster = await Cluster.start(t);
  await survive(t, cluster.url(), async ({ load }) => {
    for (let i = 0; i < 15; i++) {
      await cluster.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'cairn'");
      await pause(150);
    }
    await load.recovered();
  });
});

test('reliability 5: the answers to commits are lost', async t => {
  const cluster = await Cluster.start(t);
  const proxy = await forgetfulProxy(t, cluster.port);
  await survive(t, `postgresql://postgres@127.0.0.1:${proxy.port}/postgres`, async ({ load }) => {
    proxy.every = 5;
    await waitFor(() => proxy.swallowed >= 40, { what: '40 lost answers', timeoutMs: 60_000 });
    proxy.every = 0;
    await load.recovered();
  });
});

test('reliability 5: tables are locked for some seconds', async t => {
  const cluster = await Cluster.start(t);
  await survive(t, cluster.url(), async ({ load }) => {
    for (const table of ['event_log', 'account', 'metric_daily', 'consumer']) {
      const session = await cluster.session(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      await pause(2000);
      await session.end();
      await load.recovered();
    }
  });
});

test('reliability 5: a table is locked for longer than anybody waits', async t => {
  const cluster = await Cluster.start(t);
  await survive(t, cluster.url(), async () => {
    const session = await cluster.session('BEGIN; LOCK TABLE event_log, account IN ACCESS EXCLUSIVE MODE');
    await pause(12_000);
    await session.end();
  }, { shed: true });
});

test('reliability 5: short statement timeouts and another isolation level of the database do not matter', async t => {
  const cluster = await Cluster.start(t);
  await cluster.sql("ALTER ROLE postgres SET statement_timeout = '20ms'");
  await cluster.sql("ALTER ROLE postgres SET lock_timeout = '5ms'");
  await cluster.sql("ALTER DATABASE postgres SET default_transaction_isolation = 'serializable'");
  await survive(t, cluster.url(), () => pause(2000));
});

test('reliability 5: statements are cancelled again and again', async t => {
  const cluster = await Cluster.start(t);
  await survive(t, cluster.url(), async ({ load }) => {
    for (let i = 0; i < 200; i++) {
      await cluster.sql("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE application_name = 'cairn' AND state = 'active'");
    }
    await load.recovered();
  });
});

test('reliability 5: there are no connections left', async t => {
  const cluster = await Cluster.start(t, '-c max_connections=45 -c superuser_reserved_connections=1');
  await survive(t, cluster.url(), async () => {
    const sessions = [];
    for (let i = 0; i < 43; i++) sessions.push(cluster.session('SELECT 1'));
    await pause(1000);
    // Whoever of the server has a connection must ask for a new one, and somebody else is faster.
    await cluster.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'cairn'").catch(() => {});
    for (let i = 0; i < 20; i++) sessions.push(cluster.session('SELECT 1'));
    await pause(2000);
    for (const session of sessions) await (await session).end();
  });
});

test('reliability 11: a dump taken under load restores to all that was acknowledged before', async t => {
  const cluster = await Cluster.start(t);
  const copy = await mkdtemp(join(tmpdir(), 'cairn-fault-'));
  t.after(() => rm(copy, { recursive: true, force: true }));
  await cluster.sql('CREATE DATABASE copy TEMPLATE template0');
  let before = 0;
  await survive(t, cluster.url(), async ({ load }) => {
    before = load.acked;
    await cluster.dump('postgres', 'copy');
  });
  const { code, stdout, stderr } = await cairnCommand(['replay', '--data', copy, '--db', cluster.url('copy')]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /, 0 differ/);
  const events = Number(/^(\d+) events/.exec(stdout)[1]);
  assert.ok(events >= before, `${events} of ${before}`);
});

test('reliability 16: a second server refuses to start, and one that lost its lease writes nothing more', async t => {
  const cluster = await Cluster.start(t);
  const dir = await mkdtemp(join(tmpdir(), 'cairn-fault-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const first = makeCairn(t, join(dir, 'a'), cluster.url());
  await first.init();
  await first.start();
  const session = await first.login();
  const { write_key: key } = await session.createSource('load');
  let sent = 0;
  const send = async cairn => {
    const res = await cairn.send(key, batchOf(0, sent));
    assert.equal(res.status, 200);
    sent++;
  };
  await send(first);
  await settled(first);

  const second = makeCairn(t, join(dir, 'b'), cluster.url());
  await cairnCommand(['init', '--data', join(dir, 'b')]); // its folder
  for (const command of ['serve', 'replay', 'doctor']) {
    const { code, stderr } = await cairnCommand([command, ...second.where]);
    assert.equal(code, 1, command);
    assert.match(stderr, /another cairn serves this database/);
  }
  await send(first);

  // The first one hangs, its lease goes with its connection, and the second takes over.  Then the
  // first goes on, with events to count before it has heard of that.
  const { pid } = first;
  t.after(() => first.pid && process.kill(pid, 'SIGCONT')); // it could not end otherwise
  await waitFor(async () => {
    process.kill(pid, 'SIGSTOP');
    // Within a transaction it would hold the second up until PostgreSQL ends that, after a minute.
    const open = await cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cairn' AND state <> 'idle'");
    if (open !== '0') process.kill(pid, 'SIGCONT');
    return open === '0';
  });
  await cluster.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
  await waitFor(async () => Number(await cluster.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) === 0);
  await second.start();
  const late = Array.from({ length: 30 }, (_, n) => first.send(key, batchOf(1, n)).catch(() => {}));
  await pause(200);
  process.kill(first.pid, 'SIGCONT');
  await Promise.all(late);
  assert.equal(await first.ended(), 1, first.log);
  assert.match(first.log, /taken over the database/);
  await send(second);
  await settled(second);
  const stored = await gauge(second, 'cairn_event_log_position');
  assert.ok(stored > sent * BATCH, 'the first one stored what came late');
  second.assertClean(await second.stop());
  await replayed(second, stored);
});
