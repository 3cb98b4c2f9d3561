// Kills what it can, at random moments, under load, and looks whether anything acknowledged is
// missing or counted twice.
//   node tests/soak/kill.mjs [--rounds N] [--seed N] [--victim server|power|database]
// On PostgreSQL if CAIRN_TEST_PG_URL is set.  The victim "database" needs the cluster of script/soak;
// "power" the program cairn-faulty as CAIRN_BIN: the server dies between two writes, and what was not
// synced is taken back or torn.
//
// Each round sends requests of a run of its own, with a number each; request n of a run has the same
// bytes whenever it is sent.  After the crash the acknowledged ones are sent again: the log must not
// grow.  Then all are: it must have grown to exactly what was sent.  Among them are identify, group
// and alias calls, events of days before and of users of whom nobody knows the account yet; meanwhile
// accounts are merged.  Every tenth round the rollups are held against a replay, and the files are
// checked.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArgs, promisify } from 'node:util';

import { BIN, cairnCommand, onPostgres, startCairn } from '../http/harness.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: process.env.SOAK_ROUNDS ?? '200' },
    seed: { type: 'string', default: process.env.SOAK_SEED ?? '1' },
    victim: { type: 'string', default: process.env.SOAK_VICTIM ?? 'server' },
  },
});
const loader = process.env.CAIRN_LOAD ?? 'build/release/bench/cairn-load';
const run = promisify(execFile);
const ACCOUNTS = 400;

// The same moments for the same seed.
let state = BigInt(values.seed);
function random(below) {
  state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
  return Number((state >> 33n) % BigInt(below));
}

function load(cairn, key, options) {
  const args = Object.entries({ address: cairn.base.replace('http://', ''), key, accounts: ACCOUNTS, users: 5, identify: 3,
    group: 2, alias: 1, loose: 30, late: 3, seconds: 60, 'random-ids': 1, ...options }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(loader, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', chunk => (text += chunk));
  // Without a word it came too late: the server was gone already.
  return { result: once(child, 'close').then(() => JSON.parse(text || '{"next":0,"acknowledged":0,"failed":0}')) };
}

// How many events the log holds.
async function position(cairn) {
  const { text } = await cairn.call('GET', '/metrics');
  return Number(/^cairn_event_log_position (\d+)$/m.exec(text)[1]);
}

// Proves that what is derived equals a replay of the log; yields how many events that read.
async function replayed(cairn) {
  const { code, stdout, stderr } = await cairnCommand(['replay', ...cairn.where]);
  assert.equal(code, 0, `cairn replay exited with ${code}\n${stdout}\n${stderr}`);
  return Number(/(\d+) events/.exec(stdout)[1]);
}

async function integrity(cairn) {
  const { stdout } = await run('find', [cairn.dir, '-name', '*.db']);
  for (const file of stdout.split('\n').filter(Boolean)) {
    const checked = await run('sqlite3', [file, 'PRAGMA integrity_check']);
    assert.equal(checked.stdout.trim(), 'ok', file);
  }
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const moment = () => pause(50 + random(1000));

// Merges of random accounts, which may be cut off: then either outcome is right, but whole.
class Merges {
  successors = new Map(); // id of a merged account: the one that it became part of
  unsure = [];

  async begin(cairn, afterMs) {
    await pause(afterMs);
    try {
      const admin = await cairn.login();
      const { body } = await admin.get('/api/v1/accounts?limit=200&sort=created_at');
      if (body.data.length < 20) return;
      const from = body.data[random(body.data.length)].id;
      const into = body.data[random(body.data.length)].id;
      if (from === into) return;
      this.unsure.push({ from, into });
      const res = await admin.post(`/api/v1/accounts/${from}/merge`, { into }, { 'if-match': '*' });
      if (res.status === 200) this.successors.set(from, into);
      // The list was from before the merge of a round before, and one of the two is no more.
      else if (res.status === 410 || (res.status === 422 && this.successors.has(into))) this.unsure.pop();
      else assert.ok(res.status >= 500, `a merge was answered with ${res.status} ${res.text}`);
    } catch (error) {
      // Else the server died, or had no database.
      if (error.code === 'ERR_ASSERTION' && !(error.actual >= 500)) throw error;
    }
  }

  #last(id) {
    while (this.successors.has(id)) id = this.successors.get(id);
    return id;
  }

  // What was acknowledged is so; what was not, is or is not.
  async check(admin) {
    for (const { from, into } of this.unsure) {
      const { status } = await admin.get(`/api/v1/accounts/${from}`);
      if (status === 410) this.successors.set(from, into);
      else assert.equal(status, this.successors.has(from) ? 410 : 200, 'an acknowledged merge is missing');
    }
    this.unsure = [];
  }

  async checkAll(admin) {
    for (const from of this.successors.keys()) {
      const { status, body } = await admin.get(`/api/v1/accounts/${from}`);
      assert.equal(status, 410);
      assert.equal(body.successor, this.#last(from));
    }
  }
}

// The database is killed and started again while the server runs on: it pushes back, fails nothing.
async function outliveDatabase(cairn, key, options, merges) {
  const { result } = load(cairn, key, { ...options, seconds: 3 });
  const merging = merges.begin(cairn, random(600));
  await moment();
  await run('script/postgres-crash');
  const outcome = await result;
  await merging;
  assert.equal(outcome.failed, 0, `an answer of ${outcome.last_failure} while the database was gone`);
  return outcome;
}

async function killServer(cairn, key, options, merges) {
  const { result } = load(cairn, key, options);
  const merging = merges.begin(cairn, random(600));
  await moment();
  await cairn.kill();
  await merging;
  return result;
}

// A restart on files that forget; some servers do not get as far as listening.
async function losePower(cairn, key, options, merges) {
  const journal = join(cairn.dir, '..', `journal-${process.pid}`);
  cairn.assertClean(await cairn.stop());
  cairn.options.env = { CAIRN_FAULT_JOURNAL: journal, CAIRN_FAULT_STEPS: String(1 + random(2 ** (4 + random(12)))) };
  let outcome = { next: 0 };
  try {
    await cairn.start();
    const merging = merges.begin(cairn, random(300));
    outcome = await load(cairn, key, { ...options, seconds: 5 }).result;
    await merging;
  } catch (error) {
    assert.match(error.message, /did not start/);
  }
  await cairn.stop('SIGKILL');
  cairn.options.env = {};
  const { stdout } = await run(BIN, ['lose-power', journal, String(random(2 ** 30))]);
  const { unsynced, undone } = JSON.parse(stdout);
  await rm(journal);
  losses.rounds += undone > 0;
  losses.unsynced += unsynced;
  losses.undone += undone;
  return outcome;
}
const losses = { rounds: 0, unsynced: 0, undone: 0 };

// Sends the requests of a run whose numbers are in a file; each must be acknowledged.
async function sendAgain(cairn, key, common, file, count) {
  const { acknowledged, failed } = await load(cairn, key, { ...common, connections: 4, resend: file }).result;
  assert.equal(failed, 0);
  assert.equal(acknowledged, count);
}

const numbersOf = bytes => new BigUint64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));

async function acknowledgedOf(file) {
  return numbersOf(await readFile(file).catch(() => Buffer.alloc(0))); // the load may not have begun
}

const attacks = { server: killServer, power: losePower, database: outliveDatabase };

test(`${values.rounds} rounds: nothing acknowledged is missing or counted twice`, async t => {
  const cairn = await startCairn(t);
  const { write_key: key } = await (await cairn.login()).createSource('soak');
  const acks = join(cairn.dir, '..', `acks-${process.pid}`);
  const merges = new Merges();
  let stored = await position(cairn);
  let slowest = 0;

  for (let round = 0; round < Number(values.rounds); round++) {
    const batch = [1, 10, 100][random(3)];
    const common = { batch, run: `r${round}`, seed: round + 1, at: Math.floor(Date.now() / 1000) };
    await rm(acks, { force: true });
    const options = { ...common, connections: 1 + random(32), rate: 10_000, acks };
    const { next } = await attacks[values.victim](cairn, key, options, merges);
    if (values.victim !== 'database') {
      const begun = performance.now();
      await cairn.start();
      slowest = Math.max(slowest, performance.now() - begun);
    }
    const after = await position(cairn);
    const acked = await acknowledgedOf(acks);
    const [least, most] = [stored + acked.length * batch, stored + next * batch];
    assert.ok(after >= least && after <= most, `round ${round}: ${after} events, not from ${least} to ${most}`);
    if (acked.length > 0) await sendAgain(cairn, key, common, acks, acked.length);
    assert.equal(await position(cairn), after, `round ${round}: acknowledged events were missing`);

    await writeFile(acks, Buffer.from(BigUint64Array.from({ length: next }, (_, n) => BigInt(n)).buffer));
    if (next > 0) await sendAgain(cairn, key, common, acks, next);
    stored = await position(cairn);
    assert.equal(stored, most, `round ${round}: events are missing or stored twice`);
    const admin = await cairn.login();
    await merges.check(admin);
    if (round % 10 !== 9) continue;

    await merges.checkAll(admin);
    cairn.assertClean(await cairn.stop());
    assert.equal(await replayed(cairn), stored, 'the replay saw as many events');
    if (!onPostgres) await integrity(cairn);
    await cairn.start();
    const lost = values.victim === 'power' ? `, ${losses.undone} of ${losses.unsynced} unsynced writes undone` : '';
    console.log(`round ${round + 1}: ${stored} events, ${merges.successors.size} merges, slowest start ${slowest.toFixed(0)} ms${lost}`);
  }
  assert.ok(merges.successors.size > 0 || Number(values.rounds) < 50, 'some accounts were merged');
  assert.ok(values.victim !== 'power' || losses.rounds > 0, 'some writes were lost');
  assert.ok(slowest < 2000, `the slowest start took ${slowest} ms`);
});
