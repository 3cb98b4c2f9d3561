// Durable intake: the same pre-rendered bytes to Cairn and to what one would write in Node.
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { applyProgram, cairn, load, postgresPeer, sqlitePeer } from '../servers.mjs';

// Starts a server, drives it, stops it.
async function measure(make, options) {
  const server = await make();
  try {
    return await load(server, { warmup: 2, ...options });
  } finally {
    await server.stop();
  }
}

const requestPeer = () => sqlitePeer('request');
const groupPeer = () => sqlitePeer('group');
const onPostgres = () => cairn({ postgres: true });

// The shipped program counts; without its scorecards, segments and signals nothing is evaluated.
async function engineIdle() {
  const server = await cairn();
  const folder = await mkdtemp(join(tmpdir(), 'cairn-bench-counting-'));
  await copyFile('program/metrics.yaml', join(folder, 'metrics.yaml'));
  await applyProgram(server, folder);
  await rm(folder, { recursive: true });
  return server;
}

const withoutSync = () => cairn({ env: { LD_PRELOAD: `${process.cwd()}/build/release/bench/libnosync.so` } });

async function named(bench, name, make, options) {
  const result = await measure(make, { seconds: bench.seconds, ...options });
  bench.figure(name, result);
  return result.per_second;
}

const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

// Rounds with and without fdatasync take turns, so that both see the same machine.
async function syncRatio(bench, options) {
  const ratios = [];
  for (let round = 0; round < 5; round++) {
    const short = { ...options, seconds: Math.max(3, bench.seconds / 5) };
    const synced = await measure(cairn, short);
    const free = await measure(withoutSync, short);
    ratios.push(synced.per_second / free.per_second);
  }
  return median(ratios);
}

export const ingest = {
  async 'batches of 100, 32 connections'(bench) {
    const options = { batch: 100, connections: 32 };
    const request = await named(bench, 'fastify + SQLite FULL, a commit a request', requestPeer, options);
    const group = await named(bench, 'fastify + SQLite FULL, group commit', groupPeer, options);
    const pg = await named(bench, 'fastify + PostgreSQL, unnest', postgresPeer, options);
    const embedded = await named(bench, 'Cairn, embedded', cairn, options);
    const scattered = await named(bench, 'Cairn, embedded, message ids in no order', cairn, { ...options, 'random-ids': 1 });
    const postgres = await named(bench, 'Cairn, PostgreSQL', onPostgres, options);
    bench.bar('embedded to a commit a request', embedded / request, 12);
    bench.bar('embedded to the best peer', embedded / Math.max(request, group, pg), 6);
    console.log(`       ids in no order cost ${(100 * (1 - scattered / embedded)).toFixed(0)} %; ` +
      `on PostgreSQL ${(postgres / pg).toFixed(2)} x the PostgreSQL peer`);
  },

  async 'one event a request, 64 connections'(bench) {
    const options = { batch: 1, connections: 64 };
    const group = await named(bench, 'fastify + SQLite FULL, group commit', groupPeer, options);
    const pg = await named(bench, 'fastify + PostgreSQL', postgresPeer, options);
    const idle = await named(bench, 'Cairn, embedded, engine idle', engineIdle, options);
    const working = await named(bench, 'Cairn, embedded, engine at work', cairn, options);
    const busy = await bench.beside(() => named(bench, 'Cairn, embedded, beside a busy core', cairn, options));
    const postgres = await named(bench, 'Cairn, PostgreSQL', onPostgres, options);
    bench.bar('engine idle to group commit', idle / group, 4);
    bench.bar('engine at work to group commit', working / group, 2);
    bench.bar('engine at work beside a busy core to group commit', busy / group, 2);
    console.log(`       on PostgreSQL ${(postgres / pg).toFixed(2)} x the PostgreSQL peer`);
  },

  async 'with and without fdatasync, median of five'(bench) {
    bench.bar('batches of 100', await syncRatio(bench, { batch: 100, connections: 32 }), 0.65);
    bench.bar('one event a request', await syncRatio(bench, { batch: 1, connections: 64 }), 0.65);
  },
};
