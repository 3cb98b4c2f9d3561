// Who applies a version may have new or changed signals raised at once for what is already true.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const METRICS = { name: 'metrics.yaml', text: 'metrics:\n  logins: {event: Signed In, count: events}\n' };
const program = (signals, more = []) => [
  METRICS, { name: 'signals.yaml', text: `signals:\n${signals}` }, ...more,
];
const ASKED = "  asked: {when: external_id != '', severity: low}\n";
const BIG = limit => `  big: {when: arr > ${limit}.0, severity: high}\n`;
const SMALL = "  small: {when: arr < 200.0}\n";

const usd = amount => ({ minor: amount * 100, currency: 'USD' });
const list = async (who, query) => (await who.get(`/api/v1/signals${query}`)).body;
const views = async (who, rule) =>
  Object.fromEntries(await Promise.all(['open', 'already_true'].map(async state =>
    [state, (await list(who, `?rule=${rule}&state=${state}`)).total])));

// Three accounts of 100, 6,000 and 7,000 under a first version that asks only for an id.
async function start(t) {
  const cairn = await startCairn(t, { env: { CAIRN_SIGNAL_SETTLE: '1h', CAIRN_ENGINE_TICK: '100ms' } });
  const admin = await cairn.login();
  const first = await admin.post('/api/v1/program/apply', { files: program(ASKED), base_version: 1 });
  assert.deepEqual([first.status, first.body.version], [200, 2], JSON.stringify(first.body));
  const accounts = [];
  for (const amount of [100, 6000, 7000]) {
    accounts.push(await admin.createAccount({ name: `Pays ${amount}`, external_id: `p${amount}`, arr: usd(amount) }));
  }
  await waitFor(async () => (await list(admin, '?rule=asked&state=already_true')).total === 3);
  return { cairn, admin, accounts };
}

async function folder(cairn, name, files) {
  for (const file of files) {
    await mkdir(dirname(join(cairn.dir, name, file.name)), { recursive: true });
    await writeFile(join(cairn.dir, name, file.name), file.text);
  }
  return join(cairn.dir, name);
}

test('003 quiet by default: a new signal is a baseline unless who applies it has it raised at once, by name', async t => {
  const { admin } = await start(t);
  const files = program(ASKED + BIG(5000) + SMALL);
  const quiet = (await admin.post('/api/v1/program/diff', { files })).body;
  const big = quiet.signals.find(signal => signal.name === 'big');
  assert.deepEqual([big.change, big.would_raise, big.already_true, big.already_true_arr], ['new', 0, 2, 13000]);
  assert.deepEqual(quiet.signals.map(signal => [signal.name, signal.asks_anew]), [['asked', false], ['big', true], ['small', true]]);
  assert.ok(quiet.words.includes('signal big is already true for 2 accounts of $13,000: nobody is told'), JSON.stringify(quiet.words));

  const loud = (await admin.post('/api/v1/program/diff', { files, start: ['big'] })).body;
  assert.deepEqual(loud.signals.filter(s => s.change === 'new').map(s => [s.name, s.would_raise, s.already_true]),
    [['big', 2, 0], ['small', 0, 1]]);
  const applied = await admin.post('/api/v1/program/apply', { files, start: ['big'], base_version: 2 });
  assert.equal(applied.status, 200, JSON.stringify(applied.body));
  assert.deepEqual([applied.body.version, applied.body.state], [3, 'active']);
  assert.ok(applied.body.words.includes('signal big is raised for 2 accounts of $13,000'), JSON.stringify(applied.body.words));
  assert.deepEqual(await views(admin, 'big'), { open: 2, already_true: 0 });
  assert.deepEqual(await views(admin, 'small'), { open: 0, already_true: 1 });
  assert.deepEqual(await views(admin, 'asked'), { open: 0, already_true: 3 });

  // It says who had it raised, and the version says so too.
  const [row] = (await list(admin, '?rule=big&state=open')).data;
  const { body: signal } = await admin.get(`/api/v1/signals/${row.id}`);
  assert.deepEqual(signal.history.map(event => event.kind), ['raised']);
  assert.equal(signal.program_version, 3);
  const versions = (await admin.get('/api/v1/program/versions')).body.items;
  assert.deepEqual(versions.map(version => version.start), [['big'], [], []]);

  // Only what matched then: an account that comes later is a baseline.
  const later = await admin.createAccount({ name: 'Later', external_id: 'later', arr: usd(9000) });
  await waitFor(async () => (await list(admin, '?rule=big&state=already_true')).total === 1);
  assert.equal((await list(admin, '?rule=big&state=already_true')).data[0].account_id, later.id);
  assert.equal((await list(admin, '?rule=big&state=open')).total, 2);
});

test('003 a changed signal is raised at once where it was not raised, also after a restart', async t => {
  const { cairn, admin } = await start(t);
  await admin.post('/api/v1/program/apply', { files: program(ASKED + BIG(6500)), base_version: 2 });
  assert.deepEqual(await views(admin, 'big'), { open: 0, already_true: 1 });
  cairn.assertClean(await cairn.stop());
  const where = await folder(cairn, 'changed', program(ASKED + BIG(5000)));
  const done = await cairnCommand(['program', 'apply', ...cairn.where, '--start', 'big', where]);
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /Version 4 is active when the server starts/);
  await cairn.start();
  const again = await cairn.login();
  await waitFor(async () => (await list(again, '?rule=big&state=open')).total === 2);
  assert.deepEqual(await views(again, 'big'), { open: 2, already_true: 0 });
  cairn.assertClean(await cairn.stop());
  const replay = await cairnCommand(['replay', ...cairn.where, '--as-known']);
  assert.equal(replay.code, 0, replay.stdout + replay.stderr);
});

test('003 names that the program does not have, or that ask what they asked, are refused with their place', async t => {
  const { cairn, admin } = await start(t);
  const files = program(ASKED + BIG(5000));
  const refused = await admin.post('/api/v1/program/apply', { files, start: ['big', 'bigg', 'asked'], base_version: 2 });
  assert.equal(refused.status, 422, JSON.stringify(refused.body));
  assert.deepEqual(refused.body.errors.map(e => e.pointer), ['/start/1', '/start/2']);
  assert.match(refused.body.errors[0].detail, /no signal "bigg" \(did you mean big\?\)/);
  assert.match(refused.body.errors[1].detail, /"asked" asks what it asked before/);
  assert.equal((await admin.get('/api/v1/program')).body.version, 2);

  const where = await folder(cairn, 'refused', files);
  const wrong = await cairnCommand(['program', 'apply', ...cairn.where, '--start', 'bigg', where]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /--start.*no signal "bigg" \(did you mean big\?\)/);
  const diff = await cairnCommand(['program', 'diff', ...cairn.where, '--start', 'big', where]);
  assert.match(diff.stdout, /signal big is raised for 2 accounts of \$13,000/, diff.stdout + diff.stderr);
  const right = await cairnCommand(['program', 'apply', ...cairn.where, '--start', 'big', where]);
  assert.equal(right.code, 0, right.stderr);
  assert.match(right.stdout, /Version 3 is active\./);
  assert.deepEqual(await views(admin, 'big'), { open: 2, already_true: 0 });
});
