// Touches: when somebody called, met or wrote to an account, and who waits for longer than their cadence.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const DAY = 86_400_000;
const usd = amount => ({ minor: amount * 100, currency: 'USD' });
const ago = days => new Date(Date.now() - days * DAY).toISOString();

const PROGRAM = {
  'coverage.yaml': `
coverage:
  tech: {from: 0, below: 5000, accounts: {max: 5000, per: pool}}
  mid:
    from: 5000
    cadence: 30d
    colours: {red: {cadence: 7d, focus: rescue}, green: {cadence: 91d, focus: growth}}
`,
  'segments.yaml': 'segments:\n  touch-overdue: {when: "(has(days_since_touch) ? days_since_touch : tenure_days) > cadence_days"}\n',
  'card.yaml': `
scorecard: by-name
measures:
  - {name: s, weight: 1, score: "name.startsWith('Green') ? 100.0 : name.startsWith('Yellow') ? 60.0 : 10.0"}
`,
};

async function start(t, options) {
  const cairn = await startCairn(t, options);
  const folder = await mkdtemp(join(tmpdir(), 'cairn-program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(PROGRAM)) await writeFile(join(folder, name), text);
  cairn.assertClean(await cairn.stop());
  const { code, stderr } = await cairnCommand(['program', 'apply', ...cairn.where, folder]);
  assert.equal(code, 0, stderr);
  return cairn.start();
}

const pathOf = account => `/api/v1/accounts/${account.id}/touches`;
const overdue = async who => (await who.get('/api/v1/accounts?segment=touch-overdue')).body.data.map(row => row.name).sort();

test('003-26 capabilities 38: a touch is due by the shorter cadence of coverage and health, and who is overdue is told at once', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  const accounts = {};
  // [name, ARR, days since the last touch]: the cadence is 7 days in red and 30 in yellow and in green,
  // where the coverage model's is the shorter; without a cadence nobody is overdue.
  const cases = [
    ['Red 7', 9000, 7], ['Red 8', 9000, 8], ['Yellow 30', 9000, 30], ['Yellow 31', 9000, 31],
    ['Green 30', 9000, 30], ['Green 31', 9000, 31], ['Tech 90', 900, 90], ['Red new', 9000], ['Red old', 9000],
  ];
  for (const [name, arr, days] of cases) {
    accounts[name] = await admin.createAccount({ name, external_id: name, arr: usd(arr) });
    if (days !== undefined) {
      const res = await admin.post(pathOf(accounts[name]), { kind: 'call', at: ago(days) });
      assert.equal(res.status, 201, res.text);
    }
  }
  // Nobody ever spoke with them: since they are a customer.
  const contract = { name: 'Plan', arr: usd(9000), starts_on: ago(8).slice(0, 10), ends_on: ago(-300).slice(0, 10) };
  assert.equal((await admin.post(`/api/v1/accounts/${accounts['Red old'].id}/contracts`, contract)).status, 201);
  await waitFor(async () => (await overdue(admin)).join() === 'Green 31,Red 8,Red old,Yellow 31', { what: 'four that are overdue' });
  const board = async () => (await admin.get('/api/v1/coverage')).body;
  const mid = body => body.models.find(model => model.name === 'mid');
  assert.deepEqual([mid(await board()).overdue, (await board()).models[0].overdue], [4, 0]);
  assert.deepEqual((await board()).owners.map(row => [row.owner, row.overdue]), [[null, 4]]);

  await t.test('a touch ends it within a second, and withdrawn it is overdue again', async () => {
    const before = Date.now();
    const { body: touch } = await admin.post(pathOf(accounts['Red 8']), { kind: 'meeting' });
    await waitFor(async () => (await overdue(admin)).join() === 'Green 31,Red old,Yellow 31');
    assert.ok(Date.now() - before < 1000, `${Date.now() - before} ms`);
    assert.equal(mid(await board()).overdue, 3);
    assert.equal((await admin.delete(`${pathOf(accounts['Red 8'])}/${touch.id}`)).status, 204);
    await waitFor(async () => mid(await board()).overdue === 4);
    await waitFor(async () => {
      const { body } = await admin.get(`/api/v1/accounts/${accounts['Red 8'].id}/segments/history`);
      const moves = body.data.filter(event => event.name === 'touch-overdue').map(event => event.entered);
      return moves.slice(0, 3).join() === 'true,false,true';
    }, { what: 'an exit and an entry' });
  });

  await t.test('what turns red is overdue by the shorter cadence', async () => {
    const path = `/api/v1/accounts/${accounts['Green 30'].id}`;
    assert.equal((await admin.patch(path, { name: 'Red 30' }, '*')).status, 200);
    await waitFor(async () => (await overdue(admin)).includes('Red 30'));
    assert.equal(mid(await board()).overdue, 5);
  });
});

test('003-10 a touch that nothing asked for is leakage where the product is to do it', async t => {
  const cairn = await start(t);
  const admin = await cairn.login();
  const tech = await admin.createAccount({ name: 'Tech', external_id: 't', arr: usd(900) });
  const mid = await admin.createAccount({ name: 'Green', external_id: 'm', arr: usd(9000) });
  for (const body of [{ kind: 'call' }, { kind: 'email', trigger: 'signal: usage falls' }, { kind: 'email', at: ago(29) }, { kind: 'call', at: ago(31) }]) {
    assert.equal((await admin.post(pathOf(tech), body)).status, 201);
    assert.equal((await admin.post(pathOf(mid), body)).status, 201);
  }
  await waitFor(async () => (await admin.get('/api/v1/coverage')).body.models[0].leakage === 2, { what: 'two that nothing asked for' });
  assert.equal((await admin.get('/api/v1/coverage')).body.models[1].leakage, null);
});

test('touches are records: listed, checked, in scope, and moved when accounts are merged', async t => {
  const csm = { email: 'carl@example.com', password: 'correct horse battery', name: 'Carl', role: 'csm' };
  const cairn = await start(t, { users: [csm] });
  const admin = await cairn.login();
  const carl = await cairn.login(csm);
  const account = await admin.createAccount({ name: 'Green', external_id: 'a', arr: usd(9000) });
  const other = await admin.createAccount({ name: 'Green too', external_id: 'b', arr: usd(9000) });
  const person = await admin.post(`/api/v1/accounts/${account.id}/people`, { name: 'Chris' });
  assert.equal(person.status, 201, person.text);
  const made = await admin.post(pathOf(account), { kind: 'visit', person_id: person.body.id, note: ' they like it ', at: ago(3) });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.note, 'they like it');
  assert.deepEqual([made.body.kind, made.body.person_id, made.body.user.id, made.body.trigger], ['visit', person.body.id, admin.user.id, '']);
  assert.ok(Date.parse(made.body.known_at) - Date.parse(made.body.at) > 2 * DAY);
  const second = await admin.post(pathOf(account), { kind: 'chat' });

  await t.test('what is none is refused by name', async () => {
    for (const [body, field] of [[{ kind: 'call', at: ago(-1) }, 'at'], [{ kind: 'call', person_id: person.body.id }, 'person_id']]) {
      const res = await admin.post(pathOf(other), body);
      assert.equal(res.status, 422, res.text);
      assert.ok(res.text.includes(field), res.text);
    }
    assert.ok([400, 422].includes((await admin.post(pathOf(other), { kind: 'dance' })).status));
    assert.equal((await admin.delete(`${pathOf(other)}/${second.body.id}`)).status, 404);
  });

  await t.test('the newest come first, page by page', async () => {
    const first = (await admin.get(`${pathOf(account)}?limit=1`)).body;
    assert.equal(first.data[0].id, second.body.id);
    const { body } = await admin.get(`${pathOf(account)}?limit=1&cursor=${first.next_cursor}`);
    assert.deepEqual([body.data[0].id, body.next_cursor], [made.body.id, null]);
  });

  await t.test('out of scope there are none', async () => {
    assert.equal((await carl.get(pathOf(account))).status, 404);
    assert.equal((await carl.post(pathOf(account), { kind: 'call' })).status, 404);
    assert.equal((await carl.delete(`${pathOf(account)}/${second.body.id}`)).status, 404);
  });

  await t.test('withdrawn it is listed no more, once', async () => {
    assert.equal((await admin.delete(`${pathOf(account)}/${second.body.id}`)).status, 204);
    assert.equal((await admin.delete(`${pathOf(account)}/${second.body.id}`)).status, 404);
    assert.deepEqual((await admin.get(pathOf(account))).body.data.map(row => row.id), [made.body.id]);
  });

  await t.test('the survivor of a merge has them', async () => {
    const res = await admin.post(`/api/v1/accounts/${account.id}/merge`, { into: other.id }, { 'if-match': '*' });
    assert.ok(res.status < 300, res.text);
    assert.deepEqual((await admin.get(pathOf(other))).body.data.map(row => row.id), [made.body.id]);
  });
});
