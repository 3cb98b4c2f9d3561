// reliability 8, 9: a disk that fails to sync, and files that are not what was written.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, onPostgres, startCairn, waitFor } from '../http/harness.mjs';
import { caughtUp, eventsOf, Faults, figure, proveSound, smallDisk } from './faults.mjs';

test('reliability 8: after a failed sync intake and writes stop until a restart, reads go on, and it is not tried again', { skip: onPostgres }, async t => {
  const faults = new Faults(t);
  const cairn = await startCairn(t, { env: faults.env });
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  assert.equal((await cairn.send(key, eventsOf('before', 0))).status, 200);
  const account = await admin.account('before-g0');
  await caughtUp(cairn);
  const position = await figure(cairn, 'cairn_event_log_position');

  faults.always('SYNC');
  assert.equal((await cairn.send(key, eventsOf('lost', 0))).status, 429);
  assert.equal((await admin.post('/api/v1/accounts', { name: 'Lost', external_id: 'lost' })).status, 503);
  faults.stop();
  faults.inject('SYNC', 0, 0); // from here on they are only counted
  for (let i = 0; i < 3; i++) {
    const track = await cairn.send(key, eventsOf('lost', i));
    assert.equal(track.status, 429, 'the disk is well again, but nobody knows what it holds');
    assert.match(track.headers.get('retry-after'), /^\d+$/);
    assert.equal((await admin.post('/api/v1/accounts', { name: 'Lost', external_id: 'lost' })).status, 503);
    assert.equal((await admin.get(`/api/v1/accounts/${account.id}`)).status, 200);
    assert.equal((await admin.get(`/api/v1/accounts/${account.id}/events`)).status, 200);
    assert.equal((await admin.get('/api/v1/accounts')).status, 200);
  }
  assert.equal(await figure(cairn, 'cairn_event_log_stopped'), 1);
  assert.equal(await figure(cairn, 'cairn_db_writable'), 0);
  assert.match(cairn.log, /a sync failed; nothing more is written until a restart/);
  assert.equal((await cairn.call('GET', '/readyz')).status, 200, 'it reads as before');

  await cairn.stop();
  cairn.options.env = {};
  await cairn.start();
  assert.ok((await figure(cairn, 'cairn_event_log_position')) >= position);
  assert.equal((await cairn.send(key, eventsOf('lost', 0))).status, 200);
  const again = await cairn.login();
  assert.equal((await again.post('/api/v1/accounts', { name: 'Found', external_id: 'found' })).status, 201);
  await caughtUp(cairn);
  await proveSound(cairn);
  await cairn.start();
});

// A workspace with records, figures, a sealed and an open log segment; stopped, and copied.
async function prepare(t) {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  const folder = await mkdtemp(join(tmpdir(), 'cairn-sound-'));
  t.after(() => rm(folder, { recursive: true }));
  const early = join(folder, 'early');
  assert.equal((await cairnCommand(['backup', early, '--data', cairn.dir])).code, 0);
  assert.equal((await cairn.send(key, eventsOf('kept', 0, 1000))).status, 200); // one round may take all
  await admin.account('kept-g0');
  await caughtUp(cairn);
  await waitFor(async () => (await figure(cairn, 'cairn_metric_waiting_rows')) === 0, { what: 'the counts to be in rollup.db' });
  const backup = join(folder, 'backup');
  assert.equal((await cairnCommand(['backup', backup, '--data', cairn.dir])).code, 0);
  await cairn.kill(); // so that the logs of SQLite are still there
  const sound = join(folder, 'sound');
  await cp(cairn.dir, sound, { recursive: true });
  return {
    cairn, key, backup, early,
    async reset() {
      await rm(cairn.dir, { recursive: true });
      await cp(sound, cairn.dir, { recursive: true });
    },
  };
}

async function overwrite(file, from, bytes) {
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, bytes.length, from);
  await handle.close();
}

const JUNK = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 167 + 13) & 255));

// Folds SQLite's log into the file, so that damage to the file is seen.
const fold = file => execFileSync('sqlite3', [file, 'PRAGMA wal_checkpoint(TRUNCATE)'], { stdio: 'ignore' });

async function cutLog(file, part) {
  const log = `${file}-wal`;
  const size = (await stat(log).catch(() => ({ size: 0 }))).size;
  if (size > 0) await truncate(log, Math.floor(size * part) + 7);
}

// Every kind of damage: what it does to a file.
const DAMAGES = {
  'of no length': async file => {
    await rm(`${file}-wal`, { force: true });
    await truncate(file, 0);
  },
  'cut in half': async file => {
    fold(file);
    await truncate(file, Math.floor((await stat(file)).size / 8192) * 4096);
  },
  'no database': async file => {
    fold(file);
    await overwrite(file, 0, JUNK);
  },
  'with junk in its pages': async file => {
    fold(file);
    for (let at = 8192; at < (await stat(file)).size; at += 3 * 4096) await overwrite(file, at, JUNK);
  },
  'of another program': async file => {
    await rm(file);
    execFileSync('sqlite3', [file, 'CREATE TABLE account (x); CREATE TABLE block (y); INSERT INTO account VALUES (1)']);
  },
  'with its log cut': file => cutLog(file, 1 / 2),
  'with little of its log': file => cutLog(file, 1 / 8),
  'with most of its log': file => cutLog(file, 7 / 8),
  'with junk in its log': async file => {
    const log = `${file}-wal`;
    const size = (await stat(log).catch(() => ({ size: 0 }))).size;
    if (size > 8192) await overwrite(log, 5000, JUNK.subarray(0, Math.min(4096, size - 5000)));
  },
  'of an earlier backup': async (file, early) => {
    await rm(`${file}-wal`, { force: true });
    await cp(join(early, basename(file)), file).catch(() => truncate(file, 0)); // a log that had not begun
  },
  missing: async file => {
    await rm(`${file}-wal`, { force: true });
    await rm(file);
  },
};

// What must not be taken for a new beginning, and what the refusal says.
const REFUSALS = [
  [/^cairn\.db (of no length|missing)/, /cairn\.db is missing or empty.*restore a backup/],
  [/^events.*(of no length|missing|its log)/, /the event log ends at event \d+, but \d+ were counted.*restore a backup/],
  [/^(cairn|rollup)\.db (cut|no database|with junk in its pages)/, /(cairn|rollup)\.db is damaged, restore a backup \(see Backup in docs\/operations\.md\): .*(malformed|not a database)/],
  [/^cairn\.db of an earlier backup/, /cairn\.db is damaged or older than rollup\.db: .*move rollup\.db away.*restore a backup/],
  [/^events.* (cut in half|no database|with junk in its pages)/, /raw is damaged, restore a backup/],
];

// It refuses to start and says which file, or runs; whatever it is asked then, it lives.
async function survive(cairn, key, what) {
  cairn.clearLog();
  const doctor = await cairnCommand(['doctor', ...cairn.where]);
  assert.ok(doctor.code === 0 || doctor.code === 1, `doctor with ${what}: ${doctor.code} ${doctor.stdout}${doctor.stderr}`);
  try {
    await cairn.start();
  } catch (error) {
    assert.match(error.message, /did not start/);
    const code = await cairn.stop();
    assert.equal(code, 1, `${what}: exited with ${code}\n${cairn.log}`);
    assert.ok(cairn.log.trim().length > 20, `${what}: no reason was given`);
    assert.equal(doctor.code, 1, `doctor finds nothing with ${what}`);
    if (/with junk in its pages/.test(what)) assert.match(doctor.stderr, /is damaged, restore a backup/);
    return `refused: ${cairn.log.trim().split('\n').at(-1)}`;
  }
  const answers = [];
  const res = await cairn.call('POST', '/api/v1/session', { body: { email: 'admin@example.com', password: 'correct horse battery' }, headers: { origin: cairn.base } });
  answers.push(res.status);
  answers.push((await cairn.send(key, eventsOf('new', 0))).status);
  if (res.status === 200) {
    const headers = { cookie: res.headers.getSetCookie()[0].split(';')[0], origin: cairn.base };
    const list = await cairn.call('GET', '/api/v1/accounts', { headers });
    answers.push(list.status);
    for (const row of list.body.data ?? []) {
      for (const part of ['', '/events', '/metrics', '/health', '/people']) {
        answers.push((await cairn.call('GET', `/api/v1/accounts/${row.id}${part}`, { headers })).status);
      }
    }
    answers.push((await cairn.call('POST', '/api/v1/accounts', { body: { name: 'New' }, headers })).status);
  }
  assert.equal((await cairn.call('GET', '/healthz')).status, 200, what);
  const code = await cairn.stop();
  assert.ok(code === 0, `${what}: exited with ${code}\n${cairn.log.slice(-5000)}`);
  if (answers.every(status => status < 400)) {
    const replay = await cairnCommand(['replay', ...cairn.where]);
    assert.equal(replay.code, 0, `${what}: ${replay.stdout}${replay.stderr}`);
  }
  return `ran: ${[...new Set(answers)].join(' ')}`;
}

test('reliability 9: damaged, cut, empty, foreign and missing files are refused or outlived, never a crash, and a backup brings all back', { skip: onPostgres }, async t => {
  const { cairn, key, backup, early, reset } = await prepare(t);
  const [raw] = (await readdir(join(cairn.dir, 'events'))).filter(name => name.endsWith('.raw'));
  for (const name of ['cairn.db', 'rollup.db', `events/${raw}`]) {
    for (const [how, damage] of Object.entries(DAMAGES)) {
      await t.test(`${name.replace(/\d{6,}/, 'N')} ${how}`, async t => {
        await reset();
        await damage(join(cairn.dir, name), early);
        const outcome = await survive(cairn, key, `${name} ${how}`);
        t.diagnostic(outcome);
        for (const [what, says] of REFUSALS) if (what.test(`${name} ${how}`)) assert.match(outcome, says);
      });
    }
  }

  await t.test('an earlier cairn.db without the rollups has everything counted anew', async () => {
    await reset();
    await DAMAGES['of an earlier backup'](join(cairn.dir, 'cairn.db'), early);
    await DAMAGES.missing(join(cairn.dir, 'rollup.db'));
    assert.equal(await survive(cairn, key, 'an earlier cairn.db'), 'ran: 200 201');
  });

  await t.test('the backup of before brings everything back', async () => {
    await rm(cairn.dir, { recursive: true });
    const { code, stderr } = await cairnCommand(['restore', backup, '--data', cairn.dir]);
    assert.equal(code, 0, stderr);
    await cairn.start();
    assert.equal(await figure(cairn, 'cairn_event_log_position'), 1000);
    assert.equal((await (await cairn.login()).account('kept-g0')).external_id, 'kept-g0');
    await proveSound(cairn);
  });
  await cairn.start();
});

test('reliability 9: a database of a newer program is refused by name', { skip: onPostgres }, async t => {
  const cairn = await startCairn(t);
  cairn.assertClean(await cairn.stop());
  const file = join(cairn.dir, 'cairn.db');
  const table = execFileSync('sqlite3', [file, "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%migration%'"]).toString().trim();
  assert.notEqual(table, '');
  const [columns] = [execFileSync('sqlite3', ['-json', file, `SELECT * FROM ${table} ORDER BY 2 DESC LIMIT 1`]).toString()];
  const [row] = JSON.parse(columns);
  const next = { ...row, ...Object.fromEntries(Object.entries(row).filter(([, v]) => Number.isInteger(v)).slice(0, 1).map(([k, v]) => [k, v + 1000])) };
  const values = Object.values(next).map(v => (typeof v === 'number' ? v : `'${v}'`)).join(', ');
  execFileSync('sqlite3', [file, `INSERT INTO ${table} VALUES (${values})`]);
  await assert.rejects(cairn.start(), /newer/);
  assert.equal(await cairn.stop(), 1);
  execFileSync('sqlite3', [file, `DELETE FROM ${table} WHERE ${Object.keys(row).find(k => Number.isInteger(row[k]))} > 1000`]);
  await cairn.start();
});

test('reliability 9: a file system that may only be read is refused by name', { skip: onPostgres }, async t => {
  const disk = smallDisk(t, '16m');
  if (disk === undefined) return t.skip('mounting a disk takes root');
  const cairn = await startCairn(t, { parent: disk });
  cairn.assertClean(await cairn.stop());
  await writeFile(join(disk, 'note'), 'x');
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  await assert.rejects(cairn.start(), error => {
    assert.match(error.message, /cannot write|read-only|readonly/i);
    return true;
  });
  assert.equal(await cairn.stop(), 1);
  execFileSync('mount', ['-o', 'remount,rw', disk]);
  await cairn.start();
});
