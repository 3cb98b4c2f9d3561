// Health, segments and signals of a large book: what an event does to them, what a re-score costs, and the
// figures of the portfolio page.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { promisify } from 'node:util';

import { everyAccount, seedBook, send } from '../book.mjs';
import { applyProgram, cairn, load, portfolioPeer } from '../servers.mjs';

const accounts = 100_000;
const run = promisify(execFile);
const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p / 100))] ?? NaN;

/** One account in so many has a contract. */
const CONTRACTS_APART = 20;

/** What is in use for weeks: a hundred events an account, so that one more moves few scores. */
const WARM_EVENTS = 100 * accounts;
const WARM_RATE = 250_000;

/** A probe every so often; each is another account, of which the stream tells. */
const PROBE_EVERY_MS = 50;
const WATCHED = 500;

// 100,000 accounts under bench/program, and `warm` events of them.
async function book({ warm, ...options }) {
  const server = await cairn({ ...options, env: { CAIRN_SIGNAL_SETTLE: '0', ...options.env } });
  try {
    await applyProgram(server, 'bench/program');
    await seedBook(server, accounts, { apart: CONTRACTS_APART, traits: { seats_used: 40, alarm: 0 } });
    await load(server, { batch: 500, connections: 4, seconds: warm / WARM_RATE, rate: WARM_RATE, accounts });
    await server.caughtUp();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

// Calls `told(account)` with what the stream says of watched accounts.
async function listen(server, told) {
  const abort = new AbortController();
  const stream = await fetch(`${server.base}/api/v1/stream?watch=true`, { headers: { cookie: server.cookie }, signal: abort.signal });
  const named = Promise.withResolvers();
  const reading = (async () => {
    let text = '';
    for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const messages = text.split('\n\n');
      text = messages.pop();
      for (const message of messages) {
        const name = /^event: (.*)$/m.exec(message)?.[1];
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (name === 'stream') named.resolve(JSON.parse(data).id);
        if (name === 'account') told(JSON.parse(data));
      }
    }
  })().catch(error => { if (error.name !== 'AbortError') throw error; });
  const id = await named.promise;
  return {
    watch: ids => server.call('PUT', `/api/v1/stream/${id}`, { accounts: ids }),
    async stop() {
      abort.abort();
      await reading;
    },
  };
}

// The alarm of an account goes off: its score falls to 20, it enters a segment, a signal is raised.  When all
// three can be read, the probe is over.
async function isVisible(server, id) {
  const [account, signals] = await Promise.all([`/api/v1/accounts/${id}`, `/api/v1/accounts/${id}/signals`]
    .map(async path => (await server.call('GET', path)).json()));
  return account.score.points <= 20 && account.segments.includes('alarmed') && signals.data.some(one => one.rule === 'alarm');
}

async function probe(server, seconds, probes) {
  const sent = new Map(); // by account id: when
  const latencies = [];
  const stream = await listen(server, account => {
    const posted = sent.get(account.id);
    if (posted === undefined || account.score === null || account.score.points > 20) return;
    sent.delete(account.id);
    const seen = performance.now();
    checks.push((async () => {
      while (!await isVisible(server, account.id)) await after(50); // more often, and asking is most of the load
      latencies.push({ told: seen - posted, all: performance.now() - posted });
    })());
  });
  const checks = [];
  const begun = performance.now();
  for (let n = 0; n < probes.length && performance.now() < begun + seconds * 1000; n++) {
    if (n % (WATCHED / 2) === 0) await stream.watch(probes.slice(Math.max(0, n - WATCHED / 2), n + WATCHED / 2).map(row => row.id));
    sent.set(probes[n].id, performance.now());
    await send(server, [{ type: 'group', messageId: `probe-${n}`, timestamp: new Date(server.clock.now()).toISOString(),
      userId: `probe-${n}`, groupId: probes[n].external_id, traits: { alarm: 1 } }]);
    await after(Math.max(0, begun + (n + 1) * PROBE_EVERY_MS - performance.now()));
  }
  await after(3000);
  await Promise.all(checks);
  await stream.stop();
  return { told: latencies.map(one => one.told).toSorted((a, b) => a - b), all: latencies.map(one => one.all).toSorted((a, b) => a - b), lost: sent.size };
}

const ms = (name, value) => console.log(`  ${name.padEnd(52)} ${value.toFixed(1).padStart(9)} ms`);

export const health = {
  async '100,000 accounts, 20 metrics, 3 models, 30 signals: event to score, signal and segment, across a midnight'(bench) {
    const server = await book({ clock: true, warm: WARM_EVENTS });
    try {
      const rows = await everyAccount(server, accounts);
      const probes = rows.filter((_, i) => i % CONTRACTS_APART !== 0); // without a contract
      await server.clock.setMidnightIn(3000 + bench.seconds * 500);
      await server.signIn();
      const [pressure, seen] = await Promise.all([
        load(server, { batch: 100, connections: 16, seconds: bench.seconds, warmup: 3, rate: 50_000, accounts }),
        after(3000).then(() => probe(server, bench.seconds - 1, probes)),
      ]);
      bench.figure('load', pressure);
      console.log(`  ${seen.all.length} probes, ${seen.lost} not seen, told p50 ${percentile(seen.told, 50).toFixed(0)} ms, ` +
        `p99 ${percentile(seen.told, 99).toFixed(0)} ms; read back p50 ${percentile(seen.all, 50).toFixed(0)} ms, longest ${seen.all.at(-1)?.toFixed(0)} ms`);
      assert.ok(seen.all.length > 0);
      assert.equal(seen.lost, 0);
      bench.bar('score, signal and segment read back, p99', percentile(seen.all, 99), 1000, { unit: 'ms', atMost: true });
    } finally {
      await server.stop();
    }
  },

  async '100,000 accounts: the figures of the portfolio page, 8 connections'(bench) {
    const folder = await mkdtemp(join(tmpdir(), 'cairn-bench-'));
    const paths = join(folder, 'paths');
    const rowsFile = join(folder, 'accounts.json');
    const options = { gets: paths, connections: 8, seconds: bench.seconds, warmup: 1 };
    const server = await book({ warm: 5 * accounts });
    try {
      await writeFile(paths, '/api/v1/portfolio\n');
      await writeFile(rowsFile, JSON.stringify(await everyAccount(server, accounts)));
      const ours = await load(server, { ...options, header: `Cookie: ${server.cookie}` });
      // The peer knows no overrides, no past day and nobody who left.
      const answer = await (await server.call('GET', '/api/v1/portfolio')).text();
      const { at: _ours, effective: _effective, as_of: _day, overridden, ...figures } =
        JSON.parse(answer, (key, value) => (key === 'left' && value === 0 ? undefined : value));
      const peer = await portfolioPeer(rowsFile);
      const { at: _theirs, ...same } = await (await fetch(`${peer.base}/api/v1/portfolio`)).json();
      const theirs = await load(peer, options);
      await peer.stop();
      assert.deepEqual(same, figures, 'the peer has other figures');
      assert.equal(overridden, 0);
      bench.figure('fastify + PostgreSQL', theirs, 'requests/s');
      bench.figure('Cairn, embedded', ours, 'requests/s');
      bench.bar('requests to fastify + PostgreSQL', ours.per_second / theirs.per_second, 10);
    } finally {
      await server.stop();
      await rm(folder, { recursive: true });
    }
  },

  // By as many threads as a server has here, beside one that reads.
  async 'a whole re-score'(bench) {
    const rescore = async (count, threads, ...folders) =>
      JSON.parse((await run('build/release/bench/cairn-bench-rescore', [String(count), String(threads), ...folders])).stdout);
    const cores = Math.min(8, availableParallelism());
    const one = await rescore(10 * accounts, 1, 'bench/program/scorecards');
    const alone = await rescore(10 * accounts, cores, 'bench/program/scorecards');
    const small = await rescore(accounts, cores, 'bench/program');
    const large = await rescore(10 * accounts, cores, 'bench/program');
    const families = await rescore(10 * accounts, cores, 'bench/program', 'bench/families');
    ms(`1,000,000 accounts: reading ${alone.columns} columns of health once`, alone.read_ms);
    ms('the same and the scores before, on which colours rest', alone.read_known_ms);
    ms('health alone, three models, every value is new', alone.health_ms);
    console.log(`  that is ${(alone.health_ms / alone.read_known_ms).toFixed(2)} times reading the columns and the scores before`);
    ms('the same by one thread', one.health_ms);
    console.log(`  that is ${(one.health_ms / one.read_ms).toFixed(2)} times reading the columns`);
    ms(`reading all ${large.columns} columns once`, large.read_all_ms);
    ms('health, segments and signals, a day later', large.whole_ms);
    ms('all rows asked again, no value is new', large.still_ms);
    ms('a tick, no value is new', large.tick_ms);
    console.log(`  ${large.scores_moved} scores and ${large.signals_moved} signals moved`);
    ms('with families and a shadow model, a day later', families.whole_ms);
    ms('with families and a shadow model, a tick', families.tick_ms);
    ms('100,000 accounts: a day later', small.whole_ms);
    bench.bar('health to reading its columns', alone.health_ms / alone.read_ms, 2.5, { atMost: true });
    bench.bar('all rules, a tick, to reading all columns', large.tick_ms / large.read_all_ms, 2.5, { atMost: true });
    bench.bar('all rules, a day later, to reading all columns', large.whole_ms / large.read_all_ms, 2.5, { atMost: true });
    bench.bar('cost of an account, 1,000,000 to 100,000', large.whole_ms / small.whole_ms / 10, 1.3, { atMost: true });
  },
};
