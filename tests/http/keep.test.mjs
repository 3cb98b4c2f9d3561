// Daily values over a restart: series.cache is kept while the server runs, and a start after a crash
// takes it with what came since, or reads everything.
import assert from 'node:assert/strict';
import test from 'node:test';
import { copyFile, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { onPostgres, startCairn, waitFor } from './harness.mjs';

const PROGRAM = [
  { name: 'metrics.yaml', text: 'metrics:\n  logins: {event: Signed In, count: events}\n  users: {event: "*", count: distinct users}\n' +
    '  spend: {event: Signed In, sum: amount}\n' },
  { name: 'scorecards/all.yaml', text: 'scorecard: all\ngroups:\n  - name: usage\n    weight: 100\n    measures:\n' +
    ['logins.sum(28)', 'users.distinct(28)', 'spend.sum(7)'].map((value, i) =>
      `      - {name: m${i}, weight: ${[50, 30, 20][i]}, value: ${value}, map: {0: 0, 200: 100}}\n`).join('') },
];

test('reliability 14: after a crash daily values come from the kept file and from what was counted since, as from all rollups', { skip: onPostgres }, async t => {
  const cairn = await startCairn(t, { env: { CAIRN_ENGINE_KEEP: '1s' } });
  const cache = join(cairn.dir, 'series.cache');
  const early = join(cairn.dir, 'early.copy');
  const late = join(cairn.dir, 'late.copy');
  let admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  const at = (hours, i) => new Date(Date.now() - hours * 3600_000 + i).toISOString();
  const login = (account, user, hours, i) => ({ type: 'track', event: 'Signed In', userId: user, timestamp: at(hours, i),
    properties: { amount: 1 + (i % 7) }, ...(account ? { context: { groupId: account } } : {}) });
  const scores = async () => {
    const { body } = await admin.get('/api/v1/accounts?sort=name');
    return body.data.map(row => [row.external_id, row.score?.points]);
  };
  const send = async events => assert.equal((await cairn.send(key, events)).status, 200);
  const keptAgain = async account => {
    const from = Date.now();
    await send([login(account, 'late', 1, 0)]);
    await waitFor(async () => (await stat(cache).catch(() => ({ mtimeMs: 0 }))).mtimeMs > from, { what: 'series.cache' });
  };
  const startAgain = async () => {
    cairn.clearLog();
    await cairn.start();
    await waitFor(async () => (await cairn.call('GET', '/readyz')).status === 200);
    admin = await cairn.login();
  };
  assert.equal((await admin.post('/api/v1/program/apply', { files: PROGRAM, base_version: 1 })).status, 200);

  await send([...Array(40).keys()].map(i => login(`g${i % 4}`, `u${i % 9}`, i * 5, i)));
  await send([...Array(5).keys()].map(i => login(null, 'wanderer', 30, i))); // nobody's yet
  await waitFor(async () => (await admin.get('/api/v1/program')).body.version === 2);
  await waitFor(async () => (await scores()).length === 4);
  await keptAgain('g0');
  await copyFile(cache, early);

  await send([...Array(60).keys()].map(i => login(`g${i % 5}`, `v${i % 11}`, i * 3, i)));
  await send([{ type: 'identify', userId: 'wanderer', context: { groupId: 'g1' }, traits: { email: 'w@g1.example' } },
    { type: 'group', userId: 'wanderer', groupId: 'g1' }]);
  await waitFor(async () => (await scores()).length === 5);
  await keptAgain('g4');
  const lived = await scores();
  assert.ok(lived.every(([, points]) => points > 0), JSON.stringify(lived));
  await cairn.kill();

  await copyFile(cache, late);
  await rm(cache);
  await startAgain();
  assert.doesNotMatch(cairn.log, /since they were kept/);
  const read = await scores();
  assert.deepEqual(read, lived);
  await cairn.kill();

  const damages = {
    'an early file, and what came since': async () => copyFile(early, cache),
    'the newest file': async () => copyFile(late, cache),
    'half a file': async () => {
      await copyFile(late, cache);
      await truncate(cache, Math.floor((await stat(cache)).size / 2));
    },
    'a changed byte': async () => {
      const bytes = await readFile(early);
      bytes[bytes.length - 100] ^= 1;
      await writeFile(cache, bytes);
    },
    'an empty file': async () => writeFile(cache, ''),
    'half a draft beside it': async () => {
      await copyFile(early, cache);
      await writeFile(`${cache}.new`, (await readFile(early)).subarray(0, 500));
    },
  };
  for (const [what, damage] of Object.entries(damages)) {
    await damage();
    await startAgain();
    assert.deepEqual(await scores(), lived, what);
    if (what.startsWith('an early')) {
      assert.match(cairn.log, /daily values: [1-9]\d* events since they were kept, [1-9]\d* accounts read anew/, what);
    }
    if (!what.includes('since') && what !== 'half a draft beside it' && what !== 'the newest file') {
      assert.doesNotMatch(cairn.log, /since they were kept/, what);
    }
    await cairn.kill();
  }
  await cairn.start();
});
