// reliability 11: an upgrade that is cut off is completed by the next start.
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, makeCairn, onPostgres } from '../http/harness.mjs';
import { earlier, HISTORY_ROWS, moments, newest, recordsThen, schemaThen } from './upgrade.mjs';

const ROUNDS = 12;

async function folder(t) {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-upgrade-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

function withFile(path, work) {
  const db = new DatabaseSync(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

const count = (dir, sql) => withFile(join(dir, 'cairn.db'), db => db.prepare(sql).get().n);
const applied = (dir, file, set) =>
  withFile(join(dir, file), db => db.prepare('SELECT count(*) AS n FROM schema_migration WHERE set_name = ?').get(set).n);
// A line an object; how it is spaced is not what it is.
const schema = (dir, file) => withFile(join(dir, file), db =>
  db.prepare('SELECT name, sql FROM sqlite_master ORDER BY type, name').all()
    .map(({ name, sql }) => `${name}: ${sql?.replaceAll(/\s+/g, ' ').replaceAll('( ', '(')}`).join('\n'));

test('reliability 11: an upgrade that is killed at any moment leaves the database as it was or as it is to be, and the next start completes it',
  { skip: onPostgres, timeout: 300_000 }, async t => {
    const old = await folder(t);
    withFile(join(old, 'cairn.db'), db => db.exec(schemaThen(['main'], ' WITHOUT ROWID') + recordsThen));
    withFile(join(old, 'rollup.db'), db => db.exec(schemaThen(['rollup'], ' WITHOUT ROWID')));

    const upgraded = await folder(t);
    await cp(old, upgraded, { recursive: true });
    const first = makeCairn(t, upgraded);
    const begun = performance.now();
    await first.start();
    const tookMs = performance.now() - begun;
    first.assertClean(await first.stop());
    const fresh = await folder(t);
    const made = await cairnCommand(['init', '--data', fresh, '--time-zone', 'UTC', '--currency', 'USD']);
    assert.equal(made.code, 0, made.stderr);
    for (const file of ['cairn.db', 'rollup.db']) assert.equal(schema(upgraded, file), schema(fresh, file));

    let cut = 0;
    for (const atMs of moments(ROUNDS, tookMs)) {
      const dir = await folder(t);
      await cp(old, dir, { recursive: true });
      const cairn = makeCairn(t, dir);
      const starting = cairn.start().catch(error => assert.match(error.message, /did not start/));
      await new Promise(resolve => setTimeout(resolve, atMs));
      await cairn.kill();
      await starting;
      const main = applied(dir, 'cairn.db', 'main');
      assert.ok(main === earlier('main') || main === newest('main'), `${main} migrations after ${atMs} ms`);
      cut += main === earlier('main') ? 1 : 0;

      await cairn.start();
      cairn.assertClean(await cairn.stop());
      assert.equal(applied(dir, 'cairn.db', 'main'), newest('main'));
      assert.equal(applied(dir, 'rollup.db', 'rollup'), newest('rollup'));
      assert.equal(count(dir, 'SELECT count(*) AS n FROM health_history WHERE tick = 0'), HISTORY_ROWS);
      for (const file of ['cairn.db', 'rollup.db']) assert.equal(schema(dir, file), schema(fresh, file));
      await rm(dir, { recursive: true });
    }
    assert.ok(cut > 0, `no upgrade of ${ROUNDS} was cut off`);
    const doctor = await cairnCommand(['doctor', '--data', upgraded]);
    assert.equal(doctor.code, 0, `${doctor.stdout}${doctor.stderr}`);
  });
