// What the program that ships does for a book that was only just imported: its models, its needs, its
// tasks, and how soon it notices.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

const DAY = 86_400_000;
const usd = amount => ({ minor: Math.round(amount * 100), currency: 'USD' });
const ago = days => new Date(Date.now() - days * DAY).toISOString();
const day = offset => ago(-offset).slice(0, 10);

const rowsWhen = (session, done) =>
  waitFor(async () => {
    const { body } = await session.get('/api/v1/accounts?limit=200');
    const rows = Object.fromEntries(body.data.map(row => [row.external_id, row]));
    return done(rows) && rows;
  }, { what: done.toString() });

const contract = async (admin, account, amount, more = {}) => {
  const res = await admin.post(`/api/v1/accounts/${account.id}/contracts`,
    { name: 'Plan', arr: usd(amount), starts_on: day(-200), ends_on: day(165), seats: 10, ...more });
  assert.equal(res.status, 201, res.text);
  return res.body;
};

test('003-06 the last day to give notice opens the renewal window 30 days before, and says so on the contract', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const notices = { n31: 31, n30: 30, n0: 0, gone: -1, none: undefined };
  const contracts = {};
  for (const [name, days] of Object.entries(notices)) {
    const account = await admin.createAccount({ name, external_id: name });
    contracts[name] = await contract(admin, account, 1000, days === undefined ? {} : { notice_on: day(days) });
  }
  const inWindow = rows => Object.keys(notices).filter(name => rows[name]?.flags.includes('renewal-window')).sort().join();
  const rows = await rowsWhen(admin, all => all.none?.coverage && inWindow(all) === 'gone,n0,n30');
  const path = `/api/v1/accounts/${rows.n31.id}/contracts/${contracts.n31.id}`;
  assert.equal((await admin.get(path)).body.notice_on, day(31));
  assert.equal(contracts.none.notice_on, null);

  await t.test('it can be moved and taken back, within the contract only', async () => {
    const moved = await admin.patch(path, { notice_on: day(29) }, '*');
    assert.equal(moved.body.notice_on, day(29), moved.text);
    await rowsWhen(admin, all => all.n31.flags.includes('renewal-window'));
    assert.equal((await admin.patch(path, { notice_on: null }, '*')).body.notice_on, null);
    await rowsWhen(admin, all => !all.n31.flags.includes('renewal-window'));
    for (const days of [-201, 166]) {
      const res = await admin.patch(path, { notice_on: day(days) }, '*');
      assert.equal(res.status, 422, res.text);
      assert.match(res.text, /notice_on/);
    }
  });
});

test('003-07 a high-touch account without an executive sponsor has a gap until there is one', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const high = await admin.createAccount({ name: 'High', external_id: 'high' });
  const other = await admin.createAccount({ name: 'Other', external_id: 'other' });
  const mid = await admin.createAccount({ name: 'Mid', external_id: 'mid' });
  await contract(admin, high, 100_000);
  await contract(admin, other, 150_000);
  await contract(admin, mid, 99_999.99);
  const people = `/api/v1/accounts/${high.id}/people`;
  const sponsor = { name: 'Susan', roles: [{ role: 'sponsor', from: ago(1) }, { role: 'champion', from: ago(1) }] };
  const rows = await rowsWhen(admin, all => all.high?.gaps.length === 2 && all.other?.gaps.length === 2 && all.mid?.coverage === 'mid');
  assert.deepEqual(rows.high.gaps, ['high/champion', 'high/sponsor']);
  assert.deepEqual(rows.mid.gaps, []);
  const lacking = async () => (await admin.get('/api/v1/accounts?gap=high/sponsor')).body.data.map(row => row.name);
  assert.deepEqual(await lacking(), ['High', 'Other']);
  const needs = async () => (await admin.get('/api/v1/coverage')).body.models.find(model => model.name === 'high').needs;
  assert.deepEqual((await needs()).map(need => [need.gap, need.rule, need.missing, need.arr]),
    [['high/sponsor', 'has_sponsor', 2, usd(250_000)], ['high/champion', 'has_champion', 2, usd(250_000)]]);

  const made = await admin.post(people, sponsor);
  assert.equal(made.status, 201, made.text);
  await waitFor(async () => (await lacking()).join() === 'Other', { what: 'one without a sponsor' });
  assert.deepEqual((await needs()).map(need => need.missing), [1, 1]);

  await t.test('who leaves opens it again, and its history tells', async () => {
    const gone = await admin.patch(`${people}/${made.body.id}`, { left_at: ago(0) }, '*');
    assert.equal(gone.status, 200, gone.text);
    await waitFor(async () => (await lacking()).join() === 'High,Other', { what: 'two without a sponsor' });
    const moves = await waitFor(async () => {
      const { body } = await admin.get(`/api/v1/accounts/${high.id}/segments/history`);
      const found = body.data.filter(event => event.kind === 'gap' && event.name === 'high/sponsor');
      return found.length === 3 && found.map(event => event.entered);
    }, { what: 'an entry, an exit and an entry' });
    assert.deepEqual(moves, [true, false, true]);
  });
});

test('003-21 8 % less engagement and 3 escalations raise a risk with the interviews that it asks for, which people tick off', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_SIGNAL_SETTLE: '0s', CAIRN_ENGINE_TICK: '100ms' } });
  const admin = await cairn.login();
  const { write_key } = await admin.createSource();
  const events = [];
  const see = (account, user, days) =>
    events.push({ type: 'track', event: 'Report Viewed', userId: `${account}-${user}`, timestamp: ago(days), context: { groupId: account } });
  for (const account of ['three', 'two']) {
    see(account, 0, 60); // watched for longer than the two windows
    for (let i = 0; i < 25; i++) see(account, i, 40);
    for (let i = 0; i < 23; i++) see(account, i, 10); // 8 % fewer than 25
  }
  assert.equal((await cairn.send(write_key, events)).status, 200);
  const [three, two] = [await admin.account('three'), await admin.account('two')];
  const escalate = async (account, priority) => {
    const res = await admin.post(`/api/v1/accounts/${account.id}/tickets`, { subject: 'It does not fit', priority, opened_at: ago(1) });
    assert.equal(res.status, 201, res.text);
  };
  for (const account of [three, two]) {
    await escalate(account, 'high');
    await escalate(account, 'high');
  }
  const found = async () => (await admin.get('/api/v1/signals?rule=friction')).body.data;
  await waitFor(async () => {
    const { body } = await admin.get('/api/v1/accounts?limit=200');
    return body.data.length === 2 && body.data.every(row => row.open_tickets === 2);
  });
  assert.deepEqual(await found(), []);
  await escalate(two, 'normal'); // no escalation
  await escalate(three, 'critical');
  const [signal] = await waitFor(async () => {
    const all = await found();
    return all.length > 0 && all;
  }, { what: 'the signal' });
  assert.deepEqual([signal.account_id, signal.state, signal.severity, signal.owner], [three.id, 'open', 'high', 'leader']);
  assert.equal(signal.because, 'declining engagement and integration friction');
  const path = `/api/v1/signals/${signal.id}`;
  const { body: detail } = await admin.get(path);
  assert.deepEqual(detail.tasks.map(task => [task.number, task.done_at]), [[1, null], [2, null], [3, null], [4, null], [5, null]]);
  assert.deepEqual(detail.tasks.filter(task => task.text.startsWith('Interview')).map(task => task.text), [
    'Interview the executive who bought it', 'Interview who leads the team that uses it', 'Interview four people who work with it',
  ]);

  await t.test('a task is done once, by somebody, and can be opened again', async () => {
    const mark = (number, done) => admin.post(`${path}/tasks/${number}`, { done });
    const { body } = await mark(2, true);
    assert.equal(body.tasks[1].done_by, admin.user.id);
    assert.ok(Date.parse(body.tasks[1].done_at) > Date.now() - 60_000);
    assert.deepEqual((await mark(2, true)).body.tasks[1], body.tasks[1]); // said twice, done once
    const open = (await mark(2, false)).body;
    assert.deepEqual([open.tasks[1].done_at, open.tasks[1].done_by], [null, null]);
    assert.deepEqual(open.history.filter(event => event.kind.startsWith('task')).map(event => [event.kind, event.note, event.user_id]), [
      ['task_done', detail.tasks[1].text, admin.user.id],
      ['task_reopened', detail.tasks[1].text, admin.user.id],
    ]);
    assert.equal((await mark(6, true)).status, 404);
    assert.equal((await mark(0, true)).status, 404);
  });

  await t.test('with 2 escalations there is none', async () => {
    assert.deepEqual((await found()).map(one => one.account_id), [three.id]);
    assert.ok(!(await admin.get(`/api/v1/accounts/${two.id}/signals?rule=friction`)).body.data.length);
  });
});
