// The portfolio: every figure is the sum of the accounts that its link lists, at every moment.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

const DAY = 86_400_000;
const password = 'correct horse battery';
const csm = { email: 'csm@example.com', name: 'Cora', role: 'csm', password };

const dayFromNow = days => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);

// Eight accounts that use the product, with contracts; the odd ones have a champion and a sponsor.
async function fill(cairn, admin) {
  const accounts = [];
  const { write_key } = await admin.createSource();
  for (let i = 0; i < 8; i++) {
    const events = [{ type: 'group', userId: `u${i}`, groupId: `a${i}`, traits: { name: `Account ${i}`, seats_used: 9 } }];
    for (let day = 0; day < 60; day++) {
      events.push({ type: 'track', userId: `u${i}`, event: `Feature ${day % 8}`, context: { groupId: `a${i}` }, timestamp: new Date(Date.now() - day * DAY - 1000).toISOString() });
    }
    assert.equal((await cairn.send(write_key, events)).status, 200);
  }
  for (let i = 0; i < 8; i++) {
    const account = await admin.account(`a${i}`);
    const path = `/api/v1/accounts/${account.id}`;
    const contract = { name: 'Year', arr: { minor: 3_000_000 + i, currency: 'USD' }, starts_on: '2026-01-01', ends_on: dayFromNow(20 + 30 * i), seats: 10 };
    assert.equal((await admin.post(`${path}/contracts`, contract)).status, 201);
    if (i % 2 === 1) {
      const roles = ['champion', 'sponsor'].map(role => ({ role, from: '2026-01-01T00:00:00Z' }));
      assert.equal((await admin.post(`${path}/people`, { name: 'Chris', roles })).status, 201);
    }
    accounts.push({ ...account, path });
  }
  return accounts;
}

/** Without a change for so long, all that was told has been scored. */
const REST_MS = 500;

const total = async (session, query) => {
  const { body, status, text } = await session.get(`/api/v1/accounts?limit=200&${query}`);
  assert.equal(status, 200, text);
  return { accounts: body.total, arr: body.data.reduce((sum, row) => sum + (row.arr?.minor ?? 0), 0) };
};
const figure = tally => ({ accounts: tally.accounts, arr: tally.arr.minor });
const cell = (migration, was, is) => migration.cells.find(one => one.was === was && one.is === is)?.tally.accounts ?? 0;

test('the portfolio adds up to the accounts behind it', async t => {
  const cairn = await startCairn(t, { users: [csm] });
  const admin = await cairn.login();
  const accounts = await fill(cairn, admin);
  const scored = () => waitFor(async () => {
    const { body } = await admin.get('/api/v1/accounts?limit=200');
    return body.data.length === 8 && body.data.every(row => row.score !== null && row.arr !== null) && body.data;
  }, { what: 'scores of all' });
  await scored();
  // Scores are of records alone, so they rest until a record moves.
  let last = '';
  let since = 0;
  const settled = () => waitFor(async () => {
    const one = JSON.stringify((await admin.get('/api/v1/portfolio')).body.bands);
    if (one !== last) [last, since] = [one, Date.now()];
    if (Date.now() - since < REST_MS) return false;
    const rows = await scored();
    const count = band => rows.filter(row => row.score.band === band).length;
    return JSON.parse(one).every(({ band, tally }) => band === 'none' || tally.accounts === count(band)) && JSON.parse(one);
  }, { what: 'a portfolio that the list agrees with' });

  await t.test('each figure is the sum of the accounts that its filter lists', async () => {
    await settled();
    const { body, status } = await admin.get('/api/v1/portfolio');
    assert.equal(status, 200);
    assert.deepEqual(figure(body.all), await total(admin, ''));
    assert.equal(body.all.arr.minor, 8 * 3_000_000 + 28);
    assert.equal(body.all.arr.currency, 'USD');
    for (const { band, tally } of body.bands) assert.deepEqual(figure(tally), await total(admin, `band=${band}`), band);
    assert.equal(body.bands.reduce((sum, { tally }) => sum + tally.accounts, 0), 8);
    assert.ok(body.bands.filter(({ tally }) => tally.accounts > 0).length > 1, 'more than one colour');
    assert.deepEqual(figure(body.at_risk), await total(admin, 'at_risk=true'));
    assert.ok(body.at_risk.accounts < 8);
    for (const { within_days, bands } of body.renewals) {
      for (const { band, tally } of bands) {
        assert.deepEqual(figure(tally), await total(admin, `renewal_within_days=${within_days}&band=${band}`), `${within_days} ${band}`);
      }
    }
    assert.equal(body.renewals.at(-1).bands.reduce((sum, { tally }) => sum + tally.accounts, 0), 3);
    const csv = (await admin.get('/api/v1/export/accounts.csv?at_risk=true')).text.trim().split('\n');
    assert.equal(csv.length - 1, body.at_risk.accounts);
  });

  await t.test('at risk is red, and yellow with a renewal within 120 days', async () => {
    const risky = (await admin.get('/api/v1/accounts?limit=200&at_risk=true')).body.data.map(row => row.id);
    for (const row of await scored()) {
      const near = Date.parse(row.renewal_at) <= Date.now() + 120 * DAY;
      assert.equal(risky.includes(row.id), row.score.band === 'red' || (row.score.band === 'yellow' && near), JSON.stringify(row));
    }
  });

  await t.test('003-32 the migration matrix counts who went from which colour to which', async () => {
    const from = new Date().toISOString();
    const before = await scored();
    const falling = before.find(row => row.score.band !== 'red');
    const path = accounts.find(account => account.id === falling.id).path;
    for (let i = 0; i < 3; i++) await admin.post(`${path}/tickets`, { subject: 'Down', priority: 'critical', opened_at: new Date(Date.now() - 3 * DAY).toISOString() });
    await waitFor(async () => (await admin.get(path)).body.score.points < falling.score.points - 2, { what: 'a lower score' });
    const ask = query => admin.get(`/api/v1/health/migration?from=${from}${query}`);
    const { body } = await waitFor(async () => {
      const res = await ask('');
      return res.body.fallers.length > 0 && res;
    }, { what: 'a faller' });
    assert.equal(body.fallers[0].id, falling.id);
    assert.equal(body.risers.length, 0);
    assert.ok(body.fallers[0].change < 0);
    assert.equal(Math.round((body.fallers[0].points - body.fallers[0].points_was) * 1000), Math.round(body.fallers[0].change * 1000));
    const after = await scored();
    for (const was of ['red', 'yellow', 'green', 'none']) {
      for (const is of ['red', 'yellow', 'green', 'none']) {
        const expected = before.filter(row => row.score.band === was && after.find(other => other.id === row.id).score.band === is).map(row => row.id).sort();
        assert.equal(cell(body, was, is), expected.length, `${was} to ${is}`);
        const listed = await admin.get(`/api/v1/accounts?limit=200&moved=${was}-${is}&moved_from=${from}&moved_to=${body.to}`);
        assert.deepEqual(listed.body.data.map(row => row.id).sort(), expected, `${was} to ${is}`);
      }
    }
    // Before there was anything, nobody had a score.
    const all = await admin.get('/api/v1/health/migration?from=2020-01-01T00:00:00Z');
    assert.equal(all.body.cells.filter(one => one.was === 'none').reduce((sum, one) => sum + one.tally.accounts, 0), 8);
    assert.deepEqual(all.body.fallers, []);
    const nothing = await admin.get('/api/v1/health/migration?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z');
    assert.deepEqual(nothing.body.cells.map(one => [one.was, one.is, one.tally.accounts]), [['none', 'none', 8]]);
  });

  await t.test('reliability 28: a book shows its own accounts alone', async () => {
    const session = await cairn.login(csm);
    assert.equal((await session.get('/api/v1/portfolio')).body.all.accounts, 0);
    await admin.patch(accounts[3].path, { owner_id: session.user.id }, '*');
    await waitFor(async () => (await session.get('/api/v1/portfolio')).body.all.accounts === 1, { what: 'the CSM\'s account' });
    assert.equal((await session.get('/api/v1/health/migration?from=2020-01-01T00:00:00Z')).body.cells.reduce((sum, one) => sum + one.tally.accounts, 0), 1);
    assert.equal((await session.get('/api/v1/accounts?moved=none-red&moved_from=2020-01-01T00:00:00Z')).body.total <= 1, true);
    const owned = await admin.get(`/api/v1/portfolio?owner_id=${session.user.id}`);
    assert.equal(owned.body.all.accounts, 1);
    assert.equal((await admin.get(`/api/v1/health/migration?from=2020-01-01T00:00:00Z&owner_id=${session.user.id}`)).body.cells.length, 1);
  });

  await t.test('every figure says how many of its accounts have left, and a filter lists them', async () => {
    const before = (await admin.get('/api/v1/portfolio')).body;
    assert.equal(before.all.left, 0);
    assert.equal((await admin.get('/api/v1/accounts?left=true')).body.total, 0);
    // The colour that most have, so that some of it stay; one left long ago.
    const { band } = before.bands.toSorted((a, b) => b.tally.accounts - a.tally.accounts)[0];
    const gone = (await scored()).filter(row => row.score.band === band).slice(0, 2);
    for (const [i, row] of gone.entries()) {
      assert.equal((await admin.post(`/api/v1/accounts/${row.id}/departure`, { left_on: i === 0 ? '1999-12-31' : dayFromNow(-1) })).status, 204);
    }
    const { body } = await admin.get('/api/v1/portfolio');
    assert.equal(body.all.accounts, 8);
    assert.equal(body.all.left, 2);
    for (const one of body.bands) {
      assert.equal(one.tally.left, one.band === band ? 2 : 0, one.band);
      assert.equal((await total(admin, `left=true&band=${one.band}`)).accounts, one.tally.left);
    }
    assert.equal((await total(admin, 'left=true&at_risk=true')).accounts, body.at_risk.left);
    for (const { within_days, bands } of body.renewals) {
      const left = bands.reduce((sum, one) => sum + one.tally.left, 0);
      assert.equal((await total(admin, `left=true&renewal_within_days=${within_days}`)).accounts, left);
    }
    const { cells } = (await admin.get('/api/v1/health/migration?from=2020-01-01T00:00:00Z')).body;
    assert.deepEqual(cells.filter(one => one.tally.left > 0).map(one => [one.was, one.is, one.tally.left]), [['none', band, 2]]);
    // Who sees one of the two counts that one.
    const session = await cairn.login(csm);
    const owns = await admin.patch(`/api/v1/accounts/${gone[1].id}`, { owner_id: session.user.id }, '*');
    assert.equal(owns.status, 200);
    await waitFor(async () => (await session.get('/api/v1/portfolio')).body.all.left === 1, { what: 'the CSM\'s departure' });
    assert.deepEqual((await session.get('/api/v1/accounts?left=true')).body.data.map(row => row.id), [gone[1].id]);
    for (const row of gone) assert.equal((await admin.delete(`/api/v1/accounts/${row.id}/departure`)).status, 204);
    assert.equal((await admin.get('/api/v1/portfolio')).body.all.left, 0);
  });

  await t.test('what cannot be asked is refused by name', async () => {
    for (const query of ['moved=green', 'moved=blue-red&moved_from=2026-01-01T00:00:00Z', 'moved=green-red', 'band=blue', 'at_risk=perhaps', 'left=perhaps']) {
      assert.equal((await admin.get(`/api/v1/accounts?${query}`)).status, 400, query);
    }
    assert.equal((await admin.get('/api/v1/health/migration')).status, 400);
    assert.equal((await admin.get('/api/v1/health/migration?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z')).status, 400);
  });
});
