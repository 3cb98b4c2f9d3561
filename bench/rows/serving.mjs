// What a user waits for: a score after its event, a page of the book, a start.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';

import { seedBook } from '../book.mjs';
import { cairn, listPeer, load, memoryMiB } from '../servers.mjs';

const accounts = 100_000;

// Two years behind every account: of each week 70,000 events, all on one of its days.
async function seedYears(server) {
  const now = Math.floor(Date.now() / 1000);
  for (let week = 103; week >= 0; week--) {
    await load(server, { run: `week-${week}`, seed: week + 1, batch: 500, connections: 4, seconds: 1, rate: 70_000,
      accounts, at: now - week * 7 * 86_400 - 3600 });
  }
  await server.settled();
}

async function listPaths() {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-bench-'));
  const file = join(dir, 'paths');
  await writeFile(file, Array.from({ length: 2000 }, (_, i) =>
    `/api/v1/accounts?sort=-arr&limit=50&offset=${50 * ((i * 7919) % 20)}\n`).join(''));
  return { file, drop: () => rm(dir, { recursive: true }) };
}

// Reads the live stream; yields the time from an event's posting to the message about its account.
async function probe(server, seconds) {
  const abort = new AbortController();
  const waiting = new Map(); // by account id
  const latencies = [];
  const stream = await fetch(`${server.base}/api/v1/stream`, { headers: { cookie: server.cookie }, signal: abort.signal });
  let name; // of the stream, by which it is told what to watch
  const named = Promise.withResolvers();
  const reading = (async () => {
    let text = '';
    for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const messages = text.split('\n\n');
      text = messages.pop();
      for (const message of messages) {
        if (message.includes('event: stream')) {
          name = JSON.parse(/^data: (.*)$/m.exec(message)[1]).id;
          named.resolve();
        }
        if (!message.includes('event: account')) continue;
        const data = JSON.parse(/^data: (.*)$/m.exec(message)[1]);
        const sent = waiting.get(data.id);
        if (sent && Date.parse(data.last_activity_at) >= sent.at) {
          latencies.push(performance.now() - sent.posted);
          waiting.delete(data.id);
        }
      }
    }
  })().catch(error => { if (error.name !== 'AbortError') throw error; });

  const probes = [];
  for (let n = 0; n < 50; n++) {
    const made = await (await server.call('POST', '/api/v1/accounts', { name: `Probe ${n}`, external_id: `probe-${n}` })).json();
    probes.push(made.id);
  }
  await named.promise;
  await server.call('PUT', `/api/v1/stream/${name}`, { accounts: probes });
  const end = performance.now() + seconds * 1000;
  for (let n = 0; performance.now() < end; n++) {
    const id = probes[n % probes.length];
    if (!waiting.has(id)) {
      const at = server.clock.now();
      waiting.set(id, { at, posted: performance.now() });
      await fetch(`${server.base}/v1/track`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${server.key}:`).toString('base64')}` },
        body: JSON.stringify({ messageId: `probe-${n}-${at}`, userId: 'probe', event: 'Signed In',
          timestamp: new Date(at).toISOString(), context: { groupId: `probe-${n % probes.length}` } }),
      });
    }
    await after(20);
  }
  await after(2000);
  abort.abort();
  await reading;
  return { latencies: latencies.toSorted((a, b) => a - b), lost: waiting.size };
}

const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p / 100))] ?? NaN;

// The book is there before; midnight comes in the middle.
async function visible(bench, name, options) {
  const server = await cairn({ ...options, clock: true });
  try {
    await load(server, { batch: 100, connections: 16, seconds: 4, rate: 50_000 });
    await server.caughtUp();
    await server.clock.setMidnightIn(3000 + bench.seconds * 500);
    await server.signIn();
    const [pressure, seen] = await Promise.all([
      load(server, { batch: 100, connections: 16, seconds: bench.seconds, warmup: 3, rate: 50_000 }),
      after(3000).then(() => probe(server, bench.seconds - 1)),
    ]);
    bench.figure(`${name}, load`, pressure);
    console.log(`  ${seen.latencies.length} probes, ${seen.lost} not seen, p50 ${percentile(seen.latencies, 50).toFixed(0)} ms`);
    assert.ok(seen.latencies.length > 0);
    return percentile(seen.latencies, 99);
  } finally {
    await server.stop();
  }
}

export const serving = {
  async 'event to visible score, 50,000 events/s, 10,000 accounts, across a midnight'(bench) {
    bench.bar('embedded, p99', await visible(bench, 'embedded'), 1000, { unit: 'ms', atMost: true });
    bench.bar('PostgreSQL, p99', await visible(bench, 'PostgreSQL', { postgres: true }), 1000, { unit: 'ms', atMost: true });
  },

  async '100,000 accounts, two years: page of 50 by ARR with the exact total, 8 connections'(bench) {
    const { file, drop } = await listPaths();
    const options = { gets: file, connections: 8, seconds: bench.seconds, warmup: 1 };
    const peer = await listPeer(accounts);
    const theirs = await load(peer, options);
    await peer.stop();
    bench.figure('fastify + PostgreSQL, nothing arriving', theirs, 'requests/s');

    const server = await cairn({ env: { CAIRN_INTAKE_MAX_AGE: '800d' } });
    try {
      const idle = await memoryMiB(server.pid);
      await seedBook(server, accounts);
      await seedYears(server);
      const [ours] = await Promise.all([
        load(server, { ...options, header: `Cookie: ${server.cookie}` }),
        load(server, { batch: 100, connections: 2, seconds: bench.seconds, warmup: 1, rate: 5000, accounts }),
      ]);
      bench.figure('Cairn, embedded, 5,000 events/s arriving', ours, 'requests/s');
      bench.bar('requests to fastify + PostgreSQL', ours.per_second / theirs.per_second, 10);
      bench.bar('memory of an empty workspace', idle, 100, { unit: 'MiB', atMost: true });
      bench.bar('memory with 100,000 accounts, two years', await memoryMiB(server.pid), 1024, { unit: 'MiB', atMost: true });
      bench.bar('start until ready', await server.restart(), 3000, { unit: 'ms', atMost: true });
    } finally {
      await server.stop();
      await drop();
    }
  },
};
