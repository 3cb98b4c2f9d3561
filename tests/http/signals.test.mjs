// Signals over HTTP: raised once, worked on, explained by what was true then; baselines, holds, scope.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const ago = ms => new Date(Date.now() - ms).toISOString();
const OPS = { email: 'otto@example.com', password: 'yet another battery', name: 'Otto Ops', role: 'ops' };
const CSM = { email: 'carla@example.com', password: 'another horse battery', name: 'Carla CSM', role: 'csm' };

// Rules that a test can move without waiting.
const METRICS = `metrics:
  logins: {event: Signed In, count: events}
  events: {event: "*", count: events}
  seats_used: {trait: seats_used, keep: last}
`;
const SIGNALS = `signals:
  critical-ticket:
    because: a critical ticket is unresolved for 48 hours
    each: tickets.critical_for(48)
    severity: critical
  big:
    because: pays well
    when: arr > 5000.0
    clear: arr <= 4000.0
    severity: high
  expansion:
    when: seats >= 10.0
    severity: low
    holds: expansion
  asked:
    when: external_id != ''
    severity: low
`;

async function useProgram(cairn, files) {
  const folder = join(cairn.dir, 'signal-program');
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const done = await cairnCommand(['program', 'apply', ...cairn.where, folder]);
  assert.equal(done.code, 0, done.stderr);
}

// A server whose program is SIGNALS, and in which accounts do not settle unless the test says so.
async function start(t, { settle = '0s', ...options } = {}) {
  const cairn = await startCairn(t, {
    ...options,
    env: { CAIRN_SIGNAL_SETTLE: settle, CAIRN_ENGINE_TICK: '100ms', ...options.env },
  });
  cairn.assertClean(await cairn.stop());
  await useProgram(cairn, { 'metrics.yaml': METRICS, 'signals.yaml': options.signals ?? SIGNALS });
  return cairn.start();
}

const usd = amount => ({ minor: amount * 100, currency: 'USD' });
const list = async (who, query = '') => (await who.get(`/api/v1/signals${query}`)).body;

async function setArr(who, account, amount) {
  const { headers } = await who.get(`/api/v1/accounts/${account.id}`);
  const res = await who.patch(`/api/v1/accounts/${account.id}`, { arr: usd(amount) }, headers.get('etag'));
  assert.equal(res.status, 200, res.text);
}

const ticketOf = (who, account, openedMs, more = {}) =>
  who.post(`/api/v1/accounts/${account.id}/tickets`, {
    subject: 'It is down', priority: 'critical', opened_at: ago(openedMs), ...more,
  });

const oneOpen = (who, account, rule) =>
  waitFor(async () => {
    const { data } = await list(who, `?state=open&rule=${rule}`);
    return data.find(row => row.account_id === account.id);
  }, { what: `an open ${rule}` });

// Waits until the rules have answered for the account: from then on what becomes true is news.
const settled = (who, account, rule = 'asked') =>
  waitFor(async () => (await who.get(`/api/v1/accounts/${account.id}/signals?rule=${rule}`)).body.total === 1,
    { what: `a first answer for ${account.name}` });

test('003-37 a critical ticket raises at 48 hours, not before, once through restarts, and goes on when reopened', async t => {
  const cairn = await start(t);
  let admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Waiting Ltd', external_id: 'waiting' });
  await settled(admin, account);
  const opened = Date.now() - 48 * HOUR + 2500;
  const ticket = await admin.post(`/api/v1/accounts/${account.id}/tickets`, {
    subject: 'It is down', priority: 'critical', opened_at: new Date(opened).toISOString(),
  });
  assert.equal(ticket.status, 201, ticket.text);
  const due = opened + 48 * HOUR;
  const signal = await oneOpen(admin, account, 'critical-ticket');
  const raised = Date.parse(signal.raised_at);
  assert.ok(raised >= due, `raised ${due - raised} ms early`);
  assert.ok(raised - due < 1000, `raised ${raised - due} ms late`);
  assert.equal(signal.severity, 'critical');

  // Solved, it clears; opened again, its clock has gone on, and it is the same signal.
  const path = `/api/v1/accounts/${account.id}/tickets/${ticket.body.id}`;
  const change = async status => {
    const { headers } = await admin.get(path);
    assert.equal((await admin.patch(path, { status }, headers.get('etag'))).status, 200);
  };
  await change('solved');
  await waitFor(async () => (await admin.get(`/api/v1/signals/${signal.id}`)).body.state === 'cleared');
  await cairn.restart();
  admin = await cairn.login();
  await change('open');
  await waitFor(async () => (await admin.get(`/api/v1/signals/${signal.id}`)).body.state === 'open');
  await cairn.restart();
  admin = await cairn.login();
  const { body } = await admin.get(`/api/v1/signals/${signal.id}`);
  assert.deepEqual(body.history.map(event => event.kind), ['raised', 'cleared', 'returned']);
  assert.equal((await list(admin, '?rule=critical-ticket')).total, 1);
});

test('003-37 each critical ticket has a signal of its own, which names it, at its own 48 hours', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Waiting twice', external_id: 'twice' });
  await settled(admin, account);
  const first = (await ticketOf(admin, account, 50 * HOUR, { subject: 'No mails' })).body;
  const second = (await ticketOf(admin, account, 48 * HOUR - 3000, { subject: 'No reports' })).body;
  const both = await waitFor(async () => {
    const { data } = await list(admin, '?state=open&rule=critical-ticket');
    return data.length === 2 && data;
  }, { what: 'a signal of each ticket' });
  const of = ticket => both.find(signal => signal.ticket_id === ticket.id);
  assert.equal(of(first).ticket_subject, 'No mails');
  assert.equal(of(second).ticket_subject, 'No reports');
  const late = Date.parse(of(second).raised_at) - Date.parse(second.opened_at) - 48 * HOUR;
  assert.ok(late >= 0 && late < 1000, `${late} ms late`);
  const { body } = await admin.get(`/api/v1/signals/${of(second).id}`);
  const { evidence } = body.history[0];
  assert.equal(evidence.ticket_id, second.id);
  assert.equal(evidence.each, 'tickets.critical_for(48)');
  assert.deepEqual(evidence.values.map(value => [value.name, value.value_text]), [['tickets.critical_for(48)', '2 tickets']]);
  // One is solved: the signal of the other goes on.
  const path = `/api/v1/accounts/${account.id}/tickets/${first.id}`;
  const { headers } = await admin.get(path);
  assert.equal((await admin.patch(path, { status: 'solved' }, headers.get('etag'))).status, 200);
  await waitFor(async () => (await admin.get(`/api/v1/signals/${of(first).id}`)).body.state === 'cleared');
  assert.equal((await admin.get(`/api/v1/signals/${of(second).id}`)).body.state, 'open');
});

test('what raised a signal is frozen with it', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Grows', external_id: 'grows', arr: usd(5000) });
  await settled(admin, account);
  await setArr(admin, account, 6000);
  const signal = await oneOpen(admin, account, 'big');
  const since = async at => (await list(admin, `?raised_since=${at}`)).total;
  assert.equal(await since(signal.raised_at), 1);
  assert.equal(await since(new Date(Date.parse(signal.raised_at) + 1).toISOString()), 0);
  await setArr(admin, account, 7000);
  const { body } = await admin.get(`/api/v1/signals/${signal.id}`);
  assert.equal(body.because, 'pays well');
  assert.equal(body.account_name, 'Grows');
  const { evidence, program_version: version } = body.history[0];
  assert.equal(evidence.when, 'arr > 5000.0');
  assert.equal(evidence.clear, 'arr <= 4000.0');
  assert.deepEqual(evidence.values.map(value => [value.name, value.value_text]), [['arr', '6,000']]);
  assert.equal(version, body.program_version);

  // A margin lies between raising and clearing.
  await setArr(admin, account, 4500);
  await setArr(admin, account, 4000);
  await waitFor(async () => (await admin.get(`/api/v1/signals/${signal.id}`)).body.state === 'cleared');
  const { body: over } = await admin.get(`/api/v1/signals/${signal.id}`);
  assert.deepEqual(over.history.map(event => event.kind), ['raised', 'cleared']);
});

test('an import of 500 accounts with 200 that already match raises none and offers them', async t => {
  const cairn = await start(t, { settle: '1h' });
  const admin = await cairn.login();
  const ids = [];
  for (let i = 0; i < 500; i += 20) {
    ids.push(...await Promise.all(Array.from({ length: 20 }, async (_, k) => {
      const n = i + k;
      const account = await admin.createAccount({ name: `Account ${n}`, external_id: `a${n}` });
      // The amount comes later, when the rule has answered that there is none.
      if (n < 200) await setArr(admin, account, 9000);
      else await setArr(admin, account, 100);
      return account.id;
    })));
  }
  const offered = await waitFor(async () => {
    const page = await list(admin, '?state=already_true&rule=big&limit=200');
    return page.total === 200 ? page : undefined;
  }, { what: '200 that were already true', timeoutMs: 60_000 });
  assert.equal((await list(admin, '?state=open')).total, 0);
  assert.equal(Object.fromEntries(offered.by_state.map(row => [row.name, row.count])).already_true, 200);

  // A person starts those that matter.
  const picked = offered.data.slice(0, 3).map(row => row.id);
  const done = await admin.post('/api/v1/signals/bulk', { action: 'start', signals: picked });
  assert.equal(done.status, 200, done.text);
  assert.equal(done.body.data.length, 3);
  await waitFor(async () => (await list(admin, '?state=open')).total === 3, { what: 'three started' });
  const { body } = await admin.get(`/api/v1/signals/${picked[0]}`);
  assert.deepEqual(body.history.map(event => event.kind), ['already_true', 'started', 'raised']);
  assert.equal(body.history[2].user_id, admin.user.id);
  assert.ok(body.history[2].evidence.values.length > 0);
  const again = await admin.post(`/api/v1/signals/${picked[0]}/start`);
  assert.equal(again.status, 409, again.text);
});

test('003-31 a hold suppresses what it is for, until it ends', async t => {
  const seated = '  seated:\n    when: seats >= 1.0\n    severity: low\n';
  const cairn = await start(t, { signals: SIGNALS + seated });
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Later', external_id: 'later' });
  const contract = seats => ({
    external_id: 'c', name: 'Plan', arr: usd(1000), seats, status: 'active',
    starts_on: ago(30 * DAY).slice(0, 10), ends_on: ago(-300 * DAY).slice(0, 10),
  });
  const contracts = `/api/v1/accounts/${account.id}/contracts`;
  assert.equal((await admin.post(contracts, contract(5))).status, 201);
  await settled(admin, account, 'seated'); // five seats are known
  const holds = `/api/v1/accounts/${account.id}/holds`;
  const past = await admin.post(holds, { kind: 'expansion', reason: 'x', until: ago(DAY) });
  assert.equal(past.status, 422, past.text);
  const held = await admin.post(holds, { kind: 'expansion', reason: 'stabilise first', until: ago(-180 * DAY) });
  assert.equal(held.status, 201, held.text);
  assert.equal((await admin.post(contracts, contract(20))).status, 201);
  const row = await waitFor(async () => (await list(admin, '?state=held&rule=expansion')).data[0], { what: 'a held signal' });
  assert.equal(row.raised_at, null);
  assert.equal((await list(admin, '?state=open&rule=expansion')).total, 0);
  const ended = await admin.post(`${holds}/${held.body.id}/end`);
  assert.equal(ended.status, 200, ended.text);
  assert.notEqual(ended.body.ended_at, null);
  const signal = await oneOpen(admin, account, 'expansion');
  assert.equal(signal.id, row.id);
  assert.equal((await admin.get(holds)).body.data.length, 1);
});

test('a signal is acknowledged, snoozed, assigned and resolved, and its rule is judged by that', async t => {
  const cairn = await start(t, { users: [CSM, OPS] });
  const admin = await cairn.login();
  const csm = await cairn.login(CSM);
  const ops = await cairn.login(OPS);
  const accounts = [];
  for (const name of ['One', 'Two', 'Three']) {
    const account = await admin.createAccount({ name, external_id: name, arr: usd(1000) });
    await settled(admin, account);
    accounts.push(account);
  }
  for (const account of accounts) await setArr(admin, account, 9000);
  const signals = [];
  for (const account of accounts) signals.push(await oneOpen(admin, account, 'big'));
  const [one, two, three] = signals;
  const act = (signal, verb, body) => admin.post(`/api/v1/signals/${signal.id}/${verb}`, body);

  assert.notEqual((await act(one, 'acknowledge')).body.acknowledged_at, null);
  assert.equal((await act(one, 'snooze', { until: ago(HOUR) })).status, 422);
  assert.equal((await act(one, 'snooze', { until: ago(-HOUR) })).body.state, 'snoozed');
  assert.equal((await act(two, 'assign', { assignee_id: ops.user.id })).body.assignee_id, ops.user.id);
  assert.equal((await act(two, 'assign', { assignee_id: one.id.replace('sign', 'user') })).status, 422);
  assert.equal((await list(admin, `?assignee=${ops.user.id}`)).data[0].id, two.id);
  assert.equal((await list(admin, '?state=open')).total, 2);
  assert.equal((await list(admin, '?state=open,snoozed&limit=2')).data.length, 2);

  const resolved = await act(two, 'resolve', { outcome: 'useful', reason: 'they were about to leave' });
  assert.equal(resolved.body.state, 'resolved');
  assert.equal(resolved.body.outcome, 'useful');
  const bulk = await admin.post('/api/v1/signals/bulk', {
    action: 'resolve', outcome: 'not_useful', reason: 'x'.repeat(1000), signals: [one.id, three.id, 'sign_0000000000001'],
  });
  assert.equal(bulk.status, 200, bulk.text);
  assert.equal(bulk.body.data.length, 2);
  assert.equal(bulk.body.failed.length, 1);
  assert.equal((await admin.post('/api/v1/signals/bulk', { action: 'snooze', signals: [one.id] })).status, 422);
  const { body: precision } = await admin.get('/api/v1/signal-rules');
  assert.deepEqual(precision.data.filter(row => row.raised > 0), [{ rule: 'big', raised: 3, useful: 1, not_useful: 2, precision: 1 / 3 }]);
  const { body } = await admin.get(`/api/v1/signals/${two.id}`);
  assert.deepEqual(body.history.map(event => event.kind), ['raised', 'assigned', 'resolved']);
  assert.equal(body.history[2].note, 'useful: they were about to leave');

  // Out of scope there is none of this.
  assert.equal((await list(csm)).total, 0);
  assert.equal((await csm.get(`/api/v1/signals/${two.id}`)).status, 404);
  assert.equal((await csm.post(`/api/v1/signals/${two.id}/acknowledge`)).status, 404);
  assert.equal((await csm.get(`/api/v1/accounts/${accounts[0].id}/holds`)).status, 404);
});

test('the history of a signal shows its newest events and why it was raised; many at once are worked on by their ids', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  const signals = [];
  for (const name of ['One', 'Two']) {
    const account = await admin.createAccount({ name, external_id: name, arr: usd(1000) });
    await settled(admin, account);
    await setArr(admin, account, 9000);
    signals.push((await oneOpen(admin, account, 'big')).id);
  }
  const bulk = async (action, ids, more = {}) => {
    const res = await admin.post('/api/v1/signals/bulk', { action, signals: ids, ...more });
    assert.equal(res.status, 200, res.text);
    assert.deepEqual(res.body.failed, []);
    return res.body.data.map(row => row.id);
  };
  assert.deepEqual(await bulk('acknowledge', signals.toReversed()), signals.toSorted());
  const [busy, other] = signals;
  for (let i = 0; i < 6; i++) await bulk('acknowledge', Array(100).fill(busy));
  await bulk('resolve', [busy], { outcome: 'useful' });

  const { history } = (await admin.get(`/api/v1/signals/${busy}`)).body;
  assert.equal(history.length, 500);
  assert.equal(history[0].kind, 'raised');
  assert.equal(history.at(-1).kind, 'resolved');
  assert.deepEqual([...new Set(history.slice(1, -1).map(event => event.kind))], ['acknowledged']);
  assert.deepEqual(history.map(event => event.at), history.map(event => event.at).toSorted());
  assert.deepEqual((await admin.get(`/api/v1/signals/${other}`)).body.history.map(event => event.kind), ['raised', 'acknowledged']);
});

test('capabilities 44 a signal is handed to nobody who may not see its account, one or many at once', async t => {
  const cairn = await start(t, { users: [CSM] });
  const admin = await cairn.login();
  const csm = await cairn.login(CSM);
  const account = await admin.createAccount({ name: 'Acme', external_id: 'acme', arr: usd(1000) });
  await settled(admin, account);
  await setArr(admin, account, 9000);
  const signal = await oneOpen(admin, account, 'big');
  const refused = await admin.post(`/api/v1/signals/${signal.id}/assign`, { assignee_id: csm.user.id });
  assert.equal(refused.status, 422, refused.text);
  assert.deepEqual(refused.body.errors.map(one => one.pointer), ['/assignee_id']);
  assert.match(refused.body.errors[0].detail, /Carla CSM may not see this account: give it to them or to their team/);
  const bulk = await admin.post('/api/v1/signals/bulk', { action: 'assign', assignee_id: csm.user.id, signals: [signal.id] });
  assert.equal(bulk.body.data.length, 0);
  assert.match(bulk.body.failed[0].message, /Carla CSM may not see this account/);
  const { body: kept } = await admin.get(`/api/v1/signals/${signal.id}`);
  assert.equal(kept.assignee_id, null);
  assert.deepEqual(kept.history.map(event => event.kind), ['raised']);
  const { headers } = await admin.get(`/api/v1/accounts/${account.id}`);
  const given = await admin.patch(`/api/v1/accounts/${account.id}`, { owner_id: csm.user.id }, headers.get('etag'));
  assert.equal(given.status, 200, given.text);
  const handed = await admin.post(`/api/v1/signals/${signal.id}/assign`, { assignee_id: csm.user.id });
  assert.equal(handed.body.assignee_id, csm.user.id, handed.text);
});

test('open signals go with their account to its new owner, and what is handed to somebody else or has no new owner stays', async t => {
  const NEXT = { ...CSM, email: 'nadia@example.com', name: 'Nadia Next' };
  const cairn = await start(t, { users: [CSM, NEXT] });
  const admin = await cairn.login();
  const [csm, next] = [await cairn.login(CSM), await cairn.login(NEXT)];
  const account = await admin.createAccount({ name: 'Handed Ltd', external_id: 'handed', arr: usd(1), owner_id: csm.user.id });
  await settled(admin, account);
  await setArr(admin, account, 9000);
  const big = await oneOpen(admin, account, 'big');
  assert.equal((await ticketOf(admin, account, 49 * HOUR)).status, 201);
  const ticket = await oneOpen(admin, account, 'critical-ticket');
  assert.equal((await admin.post(`/api/v1/signals/${ticket.id}/assign`, { assignee_id: admin.user.id })).status, 200);
  const give = async (who, to) => {
    const { headers } = await who.get(`/api/v1/accounts/${account.id}`);
    const given = await who.patch(`/api/v1/accounts/${account.id}`, { owner_id: to }, headers.get('etag'));
    assert.equal(given.status, 200, given.text);
  };
  const assignees = async () =>
    Object.fromEntries((await list(admin, '?state=open')).data.map(row => [row.rule, row.assignee_id]));
  await give(admin, next.user.id);
  assert.deepEqual(await assignees(), { big: next.user.id, 'critical-ticket': admin.user.id });
  assert.equal((await list(next, '?assignee=me&state=open')).total, 1);
  const { body: moved } = await admin.get(`/api/v1/signals/${big.id}`);
  assert.equal(moved.history.at(-1).kind, 'assigned');
  await give(admin, null);
  assert.equal((await assignees()).big, next.user.id);
});

test('a person is told so many signals a day, and the rest is listed', async t => {
  const cairn = await start(t, { users: [CSM], env: { CAIRN_SIGNAL_DAILY_BUDGET: '2' } });
  const admin = await cairn.login();
  const csm = await cairn.login(CSM);
  for (let i = 0; i < 3; i++) {
    const account = await admin.createAccount({ name: `N${i}`, external_id: `n${i}`, arr: usd(1), owner_id: csm.user.id });
    await settled(admin, account);
    await setArr(admin, account, 9000);
    await oneOpen(admin, account, 'big');
  }
  const { data, total } = await list(csm, '?assignee=me&state=open');
  assert.equal(total, 3);
  assert.deepEqual(data.map(row => row.over_budget).sort(), [false, false, true]);
});

test('capabilities 53 what is less severe does not use up what critical signals may tell, and they have the same bound', async t => {
  const cairn = await start(t, { users: [CSM], env: { CAIRN_SIGNAL_DAILY_BUDGET: '1' } });
  const admin = await cairn.login();
  const csm = await cairn.login(CSM);
  const account = await admin.createAccount({ name: 'Loud Ltd', external_id: 'loud', arr: usd(1), owner_id: csm.user.id });
  const other = await admin.createAccount({ name: 'Next Ltd', external_id: 'next', arr: usd(1), owner_id: csm.user.id });
  for (const one of [account, other]) await settled(admin, one);
  const told = [];
  for (const [rule, raise] of [
    ['big', () => setArr(admin, account, 9000)],
    ['critical-ticket', () => ticketOf(admin, account, 49 * HOUR)],
    ['big', () => setArr(admin, other, 9000)],
    ['critical-ticket', () => ticketOf(admin, other, 49 * HOUR)],
  ]) {
    await raise();
    const on = told.length < 2 ? account : other;
    told.push((await oneOpen(admin, on, rule)).over_budget ? `${rule} held back` : `${rule} told`);
  }
  assert.deepEqual(told, ['big told', 'critical-ticket told', 'big held back', 'critical-ticket held back']);
});

test('pages of the inbox hold every signal once, the most severe first', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  for (let i = 0; i < 7; i++) {
    const account = await admin.createAccount({ name: `P${i}`, external_id: `p${i}`, arr: usd(9000) });
    await ticketOf(admin, account, 50 * HOUR);
  }
  await waitFor(async () => (await list(admin)).total >= 14, { what: 'fourteen signals' });
  const seen = [];
  for (let cursor = ''; ;) {
    const page = await list(admin, `?limit=4${cursor}`);
    seen.push(...page.data);
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  assert.equal(new Set(seen.map(row => row.id)).size, seen.length);
  const order = { critical: 0, high: 1, medium: 2, low: 3 };
  assert.ok(seen.every((row, i) => i === 0 || order[seen[i - 1].severity] <= order[row.severity]));
  assert.equal((await admin.get('/api/v1/signals?state=nonsense')).status, 400);
  const { status, body } = await admin.get('/api/v1/signals?severity=high,loud');
  assert.equal(status, 400);
  assert.equal(body.detail, 'severity: "loud" is not one of: low, medium, high, critical');
  assert.equal(body.errors[0].pointer, '/severity');
});

test('a rule that is gone ends its signals, a renamed one keeps them, a changed one asks anew', async t => {
  const cairn = await start(t);
  let admin = await cairn.login();
  const raised = await admin.createAccount({ name: 'Raised', external_id: 'r', arr: usd(1) });
  await settled(admin, raised);
  await setArr(admin, raised, 9000);
  const signal = await oneOpen(admin, raised, 'big');
  const already = await admin.createAccount({ name: 'Already', external_id: 'b', arr: usd(9000) });
  await waitFor(async () => (await list(admin, '?state=already_true&rule=big')).total === 1);

  const apply = async signals => {
    cairn.assertClean(await cairn.stop());
    await useProgram(cairn, { 'metrics.yaml': METRICS, 'signals.yaml': signals });
    await cairn.start();
    admin = await cairn.login();
  };
  await apply(SIGNALS.replace('  big:\n', '  large:\n    was: big\n'));
  await setArr(admin, raised, 100);
  await waitFor(async () => (await admin.get(`/api/v1/signals/${signal.id}`)).body.state === 'cleared');
  assert.equal((await admin.get(`/api/v1/signals/${signal.id}`)).body.rule, 'large');
  assert.equal((await list(admin, '?state=already_true&rule=large')).total + (await list(admin, '?state=already_true&rule=big')).total, 1);

  await apply('signals: {}\n');
  await waitFor(async () => (await list(admin, '?state=already_true')).total === 0, { what: 'no more baseline' });
  const { data } = await list(admin, '');
  assert.deepEqual(data.map(row => row.id), [signal.id]);
  // It comes back: what is true then was so already.
  await setArr(admin, raised, 9000);
  await apply(SIGNALS);
  await waitFor(async () => (await list(admin, '?state=already_true&rule=big')).total === 2, { what: 'two baselines' });
  assert.equal((await list(admin, '?state=open')).total, 0);
  assert.ok(already.id);
});
