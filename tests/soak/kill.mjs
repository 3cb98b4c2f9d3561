// Kills what it can, at random moments, under load, and looks whether anything acknowledged is
// missing or counted twice.
//   node tests/soak/kill.mjs [--rounds N] [--seed N] [--victim server|database]
// On PostgreSQL if CAIRN_TEST_PG_URL is set; the victim "database" needs the cluster of script/soak.
//
// Each round sends requests of a run of its own, with a number each; request n of a run has the same
// bytes whenever it is sent.  After the crash the acknowledged ones are sent again: the log must not
// grow.  Then all are: it must have grown to exactly what was sent.  Every tenth round the rollups are
// held against a replay, and the files are checked.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseArgs, promisify } from 'node:util';

import { cairnCommand, onPostgres, startCairn } from '../http/harness.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: process.env.SOAK_ROUNDS ?? '200' },
    seed: { type: 'string', default: process.env.SOAK_SEED ?? '1' },
    victim: { type: 'string', default: process.env.SOAK_VICTIM ?? 'server' },
  },
});
const loader = process.env.CAIRN_LOAD ?? 'build/release/bench/cairn-load';

// The same moments for the same seed.
let state = BigInt(values.seed);
function random(below) {
  state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
  return Number((state >> 33n) % BigInt(below));
}

function load(cairn, key, options) {
  const args = Object.entries({ address: cairn.base.replace('http://', ''), key, accounts: 200, users: 5,
    identify: 3, group: 2, loose: 30, seconds: 60, 'random-ids': 1, ...options }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(loader, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', chunk => (text += chunk));
  return { result: once(child, 'close').then(() => JSON.parse(text)) };
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
  const { stdout } = await promisify(execFile)('find', [cairn.dir, '-name', '*.db']);
  for (const file of stdout.split('\n').filter(Boolean)) {
    const checked = await promisify(execFile)('sqlite3', [file, 'PRAGMA integrity_check']);
    assert.equal(checked.stdout.trim(), 'ok', file);
  }
}

const moment = () => new Promise(resolve => setTimeout(resolve, 50 + random(1000)));

// The database is killed and started again while the server runs on: it pushes back, fails nothing.
async function outliveDatabase(cairn, key, options) {
  const { result } = load(cairn, key, { ...options, seconds: 3 });
  await moment();
  await promisify(execFile)('script/postgres-crash');
  const outcome = await result;
  assert.equal(outcome.failed, 0, `an answer of ${outcome.last_failure} while the database was gone`);
  return outcome;
}

// Sends the requests of a run whose numbers are in a file; each must be acknowledged.
async function sendAgain(cairn, key, common, file, count) {
  const { acknowledged, failed } = await load(cairn, key, { ...common, connections: 4, resend: file }).result;
  assert.equal(failed, 0);
  assert.equal(acknowledged, count);
}

const numbersOf = bytes => new BigUint64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));

test(`${values.rounds} rounds: nothing acknowledged is missing or counted twice`, async t => {
  const cairn = await startCairn(t);
  const { write_key: key } = await (await cairn.login()).createSource('soak');
  const acks = join(cairn.dir, '..', `acks-${process.pid}`);
  let stored = await position(cairn);
  let slowest = 0;

  for (let round = 0; round < Number(values.rounds); round++) {
    const batch = [1, 10, 100][random(3)];
    const common = { batch, run: `r${round}`, seed: round + 1, at: Math.floor(Date.now() / 1000) };
    await rm(acks, { force: true });
    const options = { ...common, connections: 1 + random(32), rate: 20_000, acks };
    let next;
    if (values.victim === 'database') {
      ({ next } = await outliveDatabase(cairn, key, options));
    } else {
      const { result } = load(cairn, key, options);
      await moment();
      await cairn.kill();
      ({ next } = await result);
      const begun = performance.now();
      await cairn.start();
      slowest = Math.max(slowest, performance.now() - begun);
    }
    const after = await position(cairn);
    const acked = numbersOf(await readFile(acks));
    const [least, most] = [stored + acked.length * batch, stored + next * batch];
    assert.ok(after >= least && after <= most, `round ${round}: ${after} events, not from ${least} to ${most}`);
    if (acked.length > 0) await sendAgain(cairn, key, common, acks, acked.length);
    assert.equal(await position(cairn), after, `round ${round}: acknowledged events were missing`);

    await writeFile(acks, Buffer.from(BigUint64Array.from({ length: next }, (_, n) => BigInt(n)).buffer));
    if (next > 0) await sendAgain(cairn, key, common, acks, next);
    stored = await position(cairn);
    assert.equal(stored, most, `round ${round}: events are missing or stored twice`);
    if (round % 10 !== 9) continue;

    cairn.assertClean(await cairn.stop());
    assert.equal(await replayed(cairn), stored, 'the replay saw as many events');
    if (!onPostgres) await integrity(cairn);
    await cairn.start();
    console.log(`round ${round + 1}: ${stored} events, slowest start ${slowest.toFixed(0)} ms`);
  }
  assert.ok(slowest < 2000, `the slowest start took ${slowest} ms`);
});
