// What was done about a signal is taken back over HTTP: one deed at a time, one signal or many.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const HOUR = 3600_000;
const soon = ms => new Date(Date.now() + ms).toISOString();
const CSM = { email: 'carla@example.com', password: 'another horse battery', name: 'Carla CSM', role: 'csm' };
const VIEWER = { email: 'vic@example.com', password: 'some other battery', name: 'Vic', role: 'viewer', scope: 'all' };
const SIGNALS = `signals:
  big:
    because: pays well
    when: arr > 5000.0
    severity: high
  asked:
    when: external_id != ''
    severity: low
`;
const usd = amount => ({ minor: amount * 100, currency: 'USD' });

async function useSignals(cairn, text) {
  const folder = join(cairn.dir, 'signal-program');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'signals.yaml'), text);
  const done = await cairnCommand(['program', 'apply', ...cairn.where, folder]);
  assert.equal(done.code, 0, done.stderr);
}

async function start(t) {
  const cairn = await startCairn(t, {
    users: [CSM, VIEWER], env: { CAIRN_SIGNAL_SETTLE: '0s', CAIRN_ENGINE_TICK: '100ms' },
  });
  cairn.assertClean(await cairn.stop());
  await useSignals(cairn, SIGNALS);
  return cairn.start();
}

async function setArr(who, account, amount) {
  const { headers } = await who.get(`/api/v1/accounts/${account.id}`);
  const res = await who.patch(`/api/v1/accounts/${account.id}`, { arr: usd(amount) }, headers.get('etag'));
  assert.equal(res.status, 200, res.text);
}

const ofAccount = async (who, account, query) =>
  (await who.get(`/api/v1/accounts/${account.id}/signals?${query}`)).body;

const openBig = (who, account) =>
  waitFor(async () => (await ofAccount(who, account, 'rule=big&state=open')).data[0], { what: 'an open signal' });

// {account, signal}: of an account of that name, raised.
async function raise(who, name) {
  const account = await who.createAccount({ name, external_id: name, arr: usd(1000) });
  await waitFor(async () => (await ofAccount(who, account, 'rule=asked')).total === 1, { what: 'a first answer' });
  await setArr(who, account, 9000);
  return { account, signal: await openBig(who, account) };
}

const post = async (who, signal, verb, body) => {
  const res = await who.post(`/api/v1/signals/${signal.id}/${verb}`, body);
  assert.equal(res.status, 200, res.text);
  return res.body;
};
const read = async (who, signal) => (await who.get(`/api/v1/signals/${signal.id}`)).body;
const becomes = (who, signal, state) =>
  waitFor(async () => (await read(who, signal)).state === state, { what: `${state} signal` });
const judged = async who => {
  const { useful, not_useful: not } = (await who.get('/api/v1/signal-rules')).body.data.find(row => row.rule === 'big');
  return [useful, not];
};

test('a resolution, a snooze and an acknowledgement are taken back one after the other, the outermost first', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  const { signal } = await raise(admin, 'One');
  const nothing = await admin.post(`/api/v1/signals/${signal.id}/reopen`);
  assert.equal(nothing.status, 409, nothing.text);
  assert.match(nothing.body.detail, /nothing to take back/);
  await post(admin, signal, 'acknowledge');
  await post(admin, signal, 'snooze', { until: soon(HOUR) });
  const { version } = await post(admin, signal, 'resolve', { outcome: 'useful', reason: 'a call saved it' });
  assert.deepEqual(await judged(admin), [1, 0]);

  const awaits = await post(admin, signal, 'reopen');
  assert.deepEqual([awaits.state, awaits.outcome, awaits.outcome_reason, awaits.resolved_at], ['snoozed', null, '', null]);
  assert.equal(awaits.version, version + 1);
  assert.deepEqual(await judged(admin), [0, 0]);
  const awake = await post(admin, signal, 'reopen');
  assert.deepEqual([awake.state, awake.snoozed_until], ['open', null]);
  assert.notEqual(awake.acknowledged_at, null);
  assert.equal((await post(admin, signal, 'reopen')).acknowledged_at, null);
  assert.equal((await admin.post(`/api/v1/signals/${signal.id}/reopen`)).status, 409);
  const { history } = await read(admin, signal);
  assert.deepEqual(history.slice(-3).map(event => [event.kind, event.note, event.user_id]),
    ['resolved', 'snoozed', 'acknowledged'].map(note => ['reopened', note, admin.user.id]));
});

test('a second snooze is taken back to the first, if that is not over; else the signal is open', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  const { signal } = await raise(admin, 'Twice');
  const until = async (verb, body) => (await post(admin, signal, verb, body)).snoozed_until;
  const at = async ms => Date.parse(await until('snooze', { until: soon(ms) }));
  const long = await at(3 * HOUR);
  await at(HOUR);
  assert.equal(Date.parse(await until('reopen')), long);
  const third = await at(2 * HOUR); // what was taken back is not the one before
  await post(admin, signal, 'resolve', { outcome: 'useful' });
  assert.equal(Date.parse(await until('reopen')), third);
  assert.equal(Date.parse(await until('reopen')), long);
  const awake = await post(admin, signal, 'reopen');
  assert.deepEqual([awake.state, awake.snoozed_until], ['open', null]);
  assert.equal((await admin.post(`/api/v1/signals/${signal.id}/reopen`)).status, 409);

  // A first one that would be over by now does not come back.
  const short = await at(1500);
  await at(HOUR);
  await waitFor(() => Date.now() > short, { what: 'the first to be over' });
  assert.equal((await post(admin, signal, 'reopen')).state, 'open');
  // Nor does one that was over before the next: it was asked again.
  await at(300);
  await becomes(admin, signal, 'open');
  await at(HOUR);
  assert.equal((await post(admin, signal, 'reopen')).state, 'open');
});

test('many are reopened at once, a named deed alone where it stands', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  const signals = [];
  for (const name of ['One', 'Two', 'Three']) signals.push((await raise(admin, name)).signal);
  const ids = signals.map(signal => signal.id);
  const bulk = async body => {
    const res = await admin.post('/api/v1/signals/bulk', { signals: ids, ...body });
    assert.equal(res.status, 200, res.text);
    return res.body;
  };
  await bulk({ action: 'acknowledge' });
  await post(admin, signals[0], 'resolve', { outcome: 'not_useful' });
  await post(admin, signals[1], 'reopen');
  const back = await bulk({ action: 'reopen', deed: 'acknowledge' });
  assert.deepEqual(back.data.map(row => row.id).sort(), [ids[0], ids[2]].sort());
  assert.deepEqual(back.failed.map(row => row.id), [ids[1]]);
  assert.match(back.failed[0].message, /not acknowledged/);
  const first = await read(admin, signals[0]);
  assert.deepEqual([first.state, first.acknowledged_at], ['resolved', null]);
  await bulk({ action: 'resolve', outcome: 'useful' });
  assert.equal((await bulk({ action: 'reopen' })).data.length, 3);
  for (const signal of signals) assert.equal((await read(admin, signal)).state, 'open');
  assert.equal((await admin.post('/api/v1/signals/bulk', { action: 'reopen', deed: 'assign', signals: ids })).status, 422);
});

test('a signal that cleared is not open when its resolution is taken back, also if its rule has raised a newer one', async t => {
  const cairn = await start(t);
  let admin = await cairn.login();
  const { account, signal } = await raise(admin, 'Again');
  await post(admin, signal, 'resolve', { outcome: 'useful' });
  await setArr(admin, account, 1000);
  await waitFor(async () => (await read(admin, signal)).history.at(-1).kind === 'cleared', { what: 'a cleared signal' });
  assert.equal((await read(admin, signal)).state, 'resolved');
  // Asked anew, the rule finds the account, and a person has that raised.
  cairn.assertClean(await cairn.stop());
  await useSignals(cairn, SIGNALS.replace('arr > 5000.0', 'arr > 900.0'));
  await cairn.start();
  admin = await cairn.login();
  const found = await waitFor(async () => (await ofAccount(admin, account, 'rule=big&state=already_true')).data[0],
    { what: 'a newer signal' });
  await post(admin, found, 'start');
  const newer = await openBig(admin, account);
  assert.deepEqual([newer.id, newer.id === signal.id], [found.id, false]);
  assert.equal((await post(admin, signal, 'reopen')).state, 'cleared');
  assert.deepEqual((await ofAccount(admin, account, 'rule=big&state=open')).data.map(row => row.id), [newer.id]);
  // The engine goes on from the newer one alone.
  await setArr(admin, account, 100);
  await becomes(admin, newer, 'cleared');
  assert.equal((await read(admin, signal)).history.at(-1).kind, 'reopened');
  cairn.assertClean(await cairn.stop());
  const { code, stdout, stderr } = await cairnCommand(['replay', ...cairn.where, '--as-known']);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  await cairn.start();
});

test('a snooze that is over is not taken back; a merge takes the resolution along, and it can be taken back there', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  const { account, signal } = await raise(admin, 'Moves');
  await post(admin, signal, 'snooze', { until: soon(800) });
  await becomes(admin, signal, 'open');
  const late = await admin.post('/api/v1/signals/bulk', { action: 'reopen', deed: 'snooze', signals: [signal.id] });
  assert.match(late.body.failed[0].message, /not snoozed/);
  assert.equal((await admin.post(`/api/v1/signals/${signal.id}/reopen`)).status, 409);
  await post(admin, signal, 'resolve', { outcome: 'useful' });
  const into = await admin.createAccount({ name: 'Stays', external_id: 'stays', arr: usd(1) });
  const merged = await admin.post(`/api/v1/accounts/${account.id}/merge`, { into: into.id }, { 'if-match': '*' });
  assert.equal(merged.status, 200, merged.text);
  const back = await post(admin, signal, 'reopen');
  assert.deepEqual([back.account_id, back.state, back.outcome], [into.id, 'cleared', null]);
});

test('who may not see the signal, or may change nothing, takes nothing back', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  const [csm, viewer] = [await cairn.login(CSM), await cairn.login(VIEWER)];
  const { signal } = await raise(admin, 'Hidden');
  await post(admin, signal, 'acknowledge');
  assert.equal((await csm.post(`/api/v1/signals/${signal.id}/reopen`)).status, 404);
  assert.equal((await viewer.post(`/api/v1/signals/${signal.id}/reopen`)).status, 403);
  assert.notEqual((await read(admin, signal)).acknowledged_at, null);
});
