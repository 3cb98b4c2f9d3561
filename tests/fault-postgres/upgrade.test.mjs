// reliability 11: upgrades of a PostgreSQL database, cut off, and by several processes at once.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { cairnCommand, makeCairn } from '../http/harness.mjs';
import { earlier, HISTORY_ROWS, moments, newest, recordsThen, schemaThen } from '../fault/upgrade.mjs';
import { Cluster } from './cluster.mjs';

const ROUNDS = 8;
const SETS = ['main', 'rollup', 'eventpg'];

async function folder(t) {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-upgrade-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

const applied = async (cluster, database, set) =>
  Number(await cluster.sql(`SELECT count(*) FROM schema_migration WHERE set_name = '${set}'`, database));

// Columns and indexes, a line each.
const schema = (cluster, database) => cluster.sql(
  `SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns
     WHERE table_schema = 'public' UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`, database);

async function assertUpgraded(cluster, database) {
  for (const set of SETS) assert.equal(await applied(cluster, database, set), newest(set), set);
  assert.equal(await schema(cluster, database), await schema(cluster, 'fresh'));
  assert.equal(Number(await cluster.sql('SELECT count(*) FROM health_history WHERE tick = 0', database)), HISTORY_ROWS);
}

describe('reliability 11: PostgreSQL', () => {
  let cluster;
  let stop;
  after(() => stop?.());
  before(async () => {
    cluster = await Cluster.start({ after: hook => (stop = hook) });
    await cluster.sql('CREATE DATABASE old');
    await cluster.sql(schemaThen(SETS) + recordsThen, 'old');
    await cluster.sql('CREATE DATABASE fresh');
    const dir = await mkdtemp(join(tmpdir(), 'cairn-upgrade-'));
    const made = await cairnCommand(['init', '--data', dir, '--db', cluster.url('fresh'), '--time-zone', 'UTC', '--currency', 'USD']);
    await rm(dir, { recursive: true, force: true });
    assert.equal(made.code, 0, made.stderr);
  });
  const copy = async name => {
    await cluster.sql(`CREATE DATABASE ${name} TEMPLATE old`);
    return name;
  };

  test('an upgrade that is killed at any moment leaves each set as it was or as it is to be, and the next start completes it', async t => {
    const first = makeCairn(t, await folder(t), cluster.url(await copy('whole')));
    const begun = performance.now();
    await first.start();
    const tookMs = performance.now() - begun;
    first.assertClean(await first.stop());
    await assertUpgraded(cluster, 'whole');

    let cut = 0;
    let round = 0;
    for (const atMs of moments(ROUNDS, tookMs)) {
      const database = await copy(`round${++round}`);
      const cairn = makeCairn(t, await folder(t), cluster.url(database));
      const starting = cairn.start().catch(error => assert.match(error.message, /did not start/));
      await new Promise(resolve => setTimeout(resolve, atMs));
      await cairn.kill();
      await starting;
      for (const set of SETS) {
        const count = await applied(cluster, database, set);
        assert.ok(count === earlier(set) || count === newest(set), `${count} migrations of ${set} after ${atMs} ms`);
      }
      cut += (await applied(cluster, database, 'main')) === earlier('main') ? 1 : 0;
      await cairn.start(); // may find the killed one's transaction still running
      cairn.assertClean(await cairn.stop());
      await assertUpgraded(cluster, database);
    }
    assert.ok(cut > 0, `no upgrade of ${ROUNDS} was cut off`);
  });

  test('processes that start together upgrade a database once, and none fails', async t => {
    const database = await copy('together');
    const all = await Promise.all(Array.from({ length: 4 }, async (_, i) => cairnCommand(['user', 'add', '--data', await folder(t),
      '--db', cluster.url(database), '--name', 'Ada', '--role', 'admin', `ada${i}@example.com`], { input: 'correct horse battery\n' })));
    for (const { code, stderr } of all) assert.equal(code, 0, stderr);
    await assertUpgraded(cluster, database);
    assert.equal(await cluster.sql('SELECT count(*) FROM app_user', database), '4');
  });

  test('processes that find an empty database make its tables once, and one of them its workspace', async t => {
    for (let round = 0; round < 5; round++) {
      const database = `empty${round}`;
      await cluster.sql(`CREATE DATABASE ${database}`);
      const all = await Promise.all(Array.from({ length: 4 }, async () => cairnCommand(['init', '--data', await folder(t),
        '--db', cluster.url(database), '--time-zone', 'UTC', '--currency', 'USD'])));
      for (const { code, stderr } of all.filter(({ code }) => code !== 0)) assert.match(stderr, /already/, `${code}`);
      assert.equal(all.filter(({ code }) => code === 0).length, 1);
      assert.equal(await schema(cluster, database), await schema(cluster, 'fresh'));
    }
  });
});
