// Lists, one account and the portfolio as of a past moment: what was lived then comes out again, whatever
// was told since, in the scope of today.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

const DAY = 86_400_000;
const password = 'correct horse battery';
const csm = { email: 'csm@example.com', name: 'Cora', role: 'csm', password };
const dayFromNow = days => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);
/** Without a change for so long, all that was told has been scored and stored. */
const REST_MS = 700;

// Eight accounts with a contract each; the odd ones have people, so that there are several colours.
async function fill(cairn, admin) {
  const { write_key } = await admin.createSource();
  for (let i = 0; i < 8; i++) {
    const events = [{ type: 'group', userId: `u${i}`, groupId: `a${i}`, traits: { name: `Account ${i}`, seats_used: 9, plan: 'old' } }];
    for (let day = 0; day < 60; day++) {
      events.push({ type: 'track', userId: `u${i}`, event: `Feature ${day % 8}`, context: { groupId: `a${i}` }, timestamp: new Date(Date.now() - day * DAY - 1000).toISOString() });
    }
    assert.equal((await cairn.send(write_key, events)).status, 200);
  }
  const accounts = [];
  for (let i = 0; i < 8; i++) {
    const { id } = await admin.account(`a${i}`);
    const path = `/api/v1/accounts/${id}`;
    const contract = { name: 'Year', arr: { minor: 3_000_000 + i, currency: 'USD' }, starts_on: '2026-01-01', ends_on: dayFromNow(20 + 30 * i), seats: 10 };
    assert.equal((await admin.post(`${path}/contracts`, contract)).status, 201);
    if (i % 2 === 1) {
      const roles = ['champion', 'sponsor'].map(role => ({ role, from: '2026-01-01T00:00:00Z' }));
      assert.equal((await admin.post(`${path}/people`, { name: 'Chris', roles })).status, 201);
    }
    accounts.push({ id, path });
  }
  return { accounts, write_key };
}

const list = async (session, query = '') => {
  const res = await session.get(`/api/v1/accounts?limit=200&sort=created_at${query}`);
  assert.equal(res.status, 200, res.text);
  return res.body;
};

// History has a score's row when what people see of it moved: the whole point, the colour.
const seen = row => ({
  id: row.id,
  external_id: row.external_id,
  name: row.name,
  whole: row.score?.whole,
  band: row.score?.band,
  grey: row.score?.grey,
  scorecard: row.scorecard,
  arr: row.arr,
  renewal_at: row.renewal_at,
  owner: row.owner,
  open_tickets: row.open_tickets,
  coverage: row.coverage,
  stage: row.lifecycle_stage,
  segments: [...row.segments].sort(),
  flags: [...row.flags].sort(),
  gaps: [...row.gaps].sort(),
});

const figures = ({ all, bands, grey, at_risk, renewals }) => ({ all, bands, grey, at_risk, renewals });

test('capabilities 12: as of a past moment', async t => {
  const cairn = await startCairn(t, { users: [csm] });
  const admin = await cairn.login();
  const { accounts, write_key } = await fill(cairn, admin);
  let last = '';
  let since = 0;
  const settled = () => waitFor(async () => {
    const { data } = await list(admin);
    const text = JSON.stringify(data.map(row => [seen(row), row.score?.points]));
    if (text !== last) [last, since] = [text, Date.now()];
    return data.every(row => row.score && row.arr) && Date.now() - since > REST_MS && data;
  }, { what: 'scores that rest', timeoutMs: 30_000 });

  const lived = (await settled()).map(seen);
  const livedPortfolio = figures((await admin.get('/api/v1/portfolio')).body);
  const livedOne = (await admin.get(accounts[3].path)).body;
  assert.ok(new Set(lived.map(row => row.band)).size > 1, 'more than one colour');
  const then = new Date().toISOString();
  await new Promise(done => setTimeout(done, 20)); // told later than `then`

  // Everything that can change does.
  const cora = (await cairn.login(csm)).user;
  assert.equal((await admin.patch(accounts[0].path, { name: 'Renamed', owner_id: cora.id }, '*')).status, 200);
  for (let i = 0; i < 3; i++) await admin.post(`${accounts[3].path}/tickets`, { subject: 'Down', priority: 'critical', opened_at: new Date(Date.now() - 3 * DAY).toISOString() });
  const contract = (await admin.get(`${accounts[5].path}/contracts`)).body.data[0];
  assert.equal((await admin.patch(`${accounts[5].path}/contracts/${contract.id}`, { arr: { minor: 1, currency: 'USD' } }, '*')).status, 200);
  assert.equal((await admin.post(`${accounts[6].path}/departure`, { left_on: dayFromNow(-1) })).status, 204);
  const merge = await admin.post(`${accounts[7].path}/merge`, { into: accounts[0].id }, { 'if-match': '*' });
  assert.equal(merge.status, 200, merge.text);
  await cairn.send(write_key, [{ type: 'group', userId: 'u9', groupId: 'a9', traits: { name: 'New' } }, { type: 'group', userId: 'u1', groupId: 'a1', traits: { plan: 'new' } }]);
  const added = await admin.account('a9');
  await waitFor(async () => (await admin.get(accounts[3].path)).body.score.whole < livedOne.score.whole, { what: 'a lower score' });

  await t.test('the list is what was lived then', async () => {
    const { data, total, as_of: asOf } = await list(admin, `&as_of=${then}`);
    assert.equal(total, 8);
    const known = data.map(seen);
    // The merge moved tickets: of the two that it was of, they are not told.
    for (const row of lived) if ([accounts[0].id, accounts[7].id].includes(row.id)) row.open_tickets = undefined;
    assert.deepEqual(known.toSorted((a, b) => a.id.localeCompare(b.id)), lived.toSorted((a, b) => a.id.localeCompare(b.id)));
    assert.equal(Date.parse(asOf.at), Date.parse(then));
    assert.deepEqual(asOf.left_out, ['drift', 'spark', 'last_activity_at', 'score.grade']);
    assert.equal(asOf.backfilled, data.filter(row => row.score?.backfilled).length);
    for (const row of data) {
      assert.equal('last_activity_at' in row || 'spark' in row || 'drift' in row || 'grade' in row.score, false, 'what is not known then is not there');
      assert.equal(row.merged_into, row.id === accounts[7].id ? accounts[0].id : undefined);
    }
    const now = await list(admin);
    assert.equal(now.as_of, null);
    assert.equal(now.total, 8);
    assert.ok(now.data.every(row => 'open_tickets' in row && !('merged_into' in row)));
    assert.ok(!data.some(row => row.id === added.id), 'who came later');
  });

  await t.test('the portfolio is what was lived then, and the sum of the accounts that it lists', async () => {
    const { body } = await admin.get(`/api/v1/portfolio?as_of=${then}`);
    assert.deepEqual(figures(body), livedPortfolio);
    assert.equal(body.all.left, 0);
    assert.equal(Date.parse(body.at), Date.parse(then));
    assert.deepEqual(body.as_of.left_out, []);
    for (const { band, tally } of body.bands) assert.equal((await list(admin, `&as_of=${then}&band=${band}`)).total, tally.accounts, band);
    assert.equal((await list(admin, `&as_of=${then}&at_risk=true`)).total, body.at_risk.accounts);
    for (const { within_days, bands } of body.renewals) {
      const all = bands.reduce((sum, one) => sum + one.tally.accounts, 0);
      assert.equal((await list(admin, `&as_of=${then}&renewal_within_days=${within_days}`)).total, all);
    }
    const now = (await admin.get('/api/v1/portfolio')).body;
    assert.equal(now.as_of, null);
    assert.equal(now.all.left, 1);
    // Nobody had an owner then.
    assert.equal((await admin.get(`/api/v1/portfolio?as_of=${then}&owner_id=${cora.id}`)).body.all.accounts, 0);
    assert.equal((await list(admin, `&owner_id=${cora.id}`)).total, 1);
  });

  await t.test('one account is what it was, also one that has become part of another', async () => {
    const { body, status, headers } = await admin.get(`${accounts[3].path}?as_of=${then}`);
    assert.equal(status, 200);
    assert.deepEqual(seen(body), seen(livedOne));
    assert.equal(headers.get('etag'), null, 'the past cannot be changed');
    assert.equal('version' in body, false);
    assert.deepEqual(body.as_of.left_out, ['drift', 'spark', 'last_activity_at', 'score.grade', 'version']);
    const trait = async query => (await admin.get(`${accounts[1].path}${query}`)).body.traits.find(one => one.name === 'plan').value;
    assert.equal(await waitFor(async () => (await trait('')) === 'new' && trait(`?as_of=${then}`)), 'old');
    assert.equal((await admin.get(accounts[7].path)).status, 410);
    const merged = (await admin.get(`${accounts[7].path}?as_of=${then}`)).body;
    assert.deepEqual([merged.name, merged.external_id, merged.merged_into], ['Account 7', 'a7', accounts[0].id]);
    const early = await admin.get(`/api/v1/accounts/${added.id}?as_of=${then}`);
    assert.equal(early.status, 404);
    assert.match(early.body.detail, /was not known on .*: ask for a later day, or leave as_of out/);
    assert.equal((await admin.get(`/api/v1/accounts/acct_0000000000001?as_of=${then}`)).status, 404);
  });

  await t.test('filters, orders and pages are those of then', async () => {
    const { data } = await list(admin, `&as_of=${then}&q=account 0`);
    assert.deepEqual(data.map(row => row.name), ['Account 0']);
    assert.equal((await list(admin, `&as_of=${then}&q=renamed`)).total, 0);
    for (const sort of ['name', '-name', 'score', '-score', 'arr', '-arr', 'renewal_at', 'owner', 'trend', 'open_tickets', 'created_at']) {
      const ids = [];
      let cursor = '';
      do {
        const { body, text, status } = await admin.get(`/api/v1/accounts?limit=3&sort=${sort}&as_of=${then}${cursor}`);
        assert.equal(status, 200, text);
        assert.equal(body.total, 8);
        ids.push(...body.data.map(row => row.id));
        cursor = body.next_cursor === null ? null : `&cursor=${body.next_cursor}`;
      } while (cursor !== null);
      const whole = (await admin.get(`/api/v1/accounts?limit=200&sort=${sort}&as_of=${then}`)).body.data;
      assert.deepEqual(ids, whole.map(row => row.id), sort);
      assert.equal(new Set(ids).size, 8, sort);
    }
    const arrs = (await admin.get(`/api/v1/accounts?limit=200&sort=-arr&as_of=${then}`)).body.data.map(row => row.arr.minor);
    assert.deepEqual(arrs, arrs.toSorted((a, b) => b - a));
    const names = (await admin.get(`/api/v1/accounts?limit=2&offset=3&sort=name&as_of=${then}`)).body.data.map(row => row.name);
    assert.deepEqual(names, ['Account 3', 'Account 4']);
    const segment = lived.find(row => row.segments.length > 0)?.segments[0];
    if (segment) {
      const inside = lived.filter(row => row.segments.includes(segment)).length;
      assert.equal((await list(admin, `&as_of=${then}&segment=${segment}`)).total, inside);
      assert.equal((await list(admin, `&as_of=${then}&without=${segment}`)).total, 8 - inside);
    }
    const { coverage, scorecard } = lived.find(row => row.coverage !== null);
    assert.equal((await list(admin, `&as_of=${then}&coverage=${coverage}`)).total, lived.filter(row => row.coverage === coverage).length);
    assert.equal((await list(admin, `&as_of=${then}&scorecard=${scorecard}`)).total, lived.filter(row => row.scorecard === scorecard).length);
    assert.equal((await list(admin, `&as_of=${then}&left=true`)).total, 0);
    assert.equal((await list(admin, '&left=true')).total, 1);
    const moved = await list(admin, `&as_of=${then}&moved=none-${lived[1].band}&moved_from=2020-01-01T00:00:00Z`);
    assert.ok(moved.data.some(row => row.id === lived[1].id));
  });

  await t.test('reliability 28: whose they are is today\'s', async () => {
    const session = await cairn.login(csm);
    const { data } = await list(session, `&as_of=${then}`);
    assert.deepEqual(data.map(row => row.name).sort(), ['Account 0', 'Account 7']);
    assert.equal((await session.get(`/api/v1/portfolio?as_of=${then}`)).body.all.accounts, 2);
    assert.equal((await session.get(`${accounts[3].path}?as_of=${then}`)).status, 404);
    assert.equal((await session.get(`${accounts[7].path}?as_of=${then}`)).status, 200);
  });

  await t.test('a moment that cannot be asked for says which one can', async () => {
    for (const path of ['/api/v1/accounts?', '/api/v1/portfolio?', `${accounts[3].path}?`]) {
      for (const [asOf, words] of [
        ['yesterday', /give a day as 2026-10-01, or a moment/],
        ['2026-02-31', /give a day/],
        ['2999-01-01', /is a day that is not over: ask for an earlier one, or leave as_of out/],
        [new Date().toISOString().slice(0, 10), /is a day that is not over/],
        ['2999-01-01T00:00:00Z', /has not come/],
      ]) {
        const { status, body } = await admin.get(`${path}as_of=${asOf}`);
        assert.equal(status, 400, `${path} ${asOf}`);
        assert.match(JSON.stringify(body), words);
        assert.match(JSON.stringify(body), /as_of/);
      }
    }
    const early = await admin.get('/api/v1/accounts?as_of=2020-01-01');
    assert.equal(early.status, 400);
    assert.match(early.body.detail, new RegExp(`nothing was known yet; the first account was told on ${dayFromNow(0)}: ask for that day`));
    assert.equal((await admin.get('/api/v1/portfolio?as_of=2020-01-01')).status, 400);
    for (const query of ['grade=A', 'question=who', 'answered=2', 'renewed_within_days=30', 'sort=-last_activity_at']) {
      const { status, body } = await admin.get(`/api/v1/accounts?as_of=${then}&${query}`);
      assert.equal(status, 400, query);
      assert.match(body.detail, /is not known of past moments: leave it out, or leave out as_of/);
    }
    assert.equal((await admin.get(`/api/v1/accounts?as_of=${then}&cursor=${added.id}`)).status, 400);
  });
});

test('a workspace without accounts has an empty past', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { body } = await admin.get('/api/v1/accounts?as_of=2020-01-01');
  assert.deepEqual([body.total, body.data, body.as_of.at], [0, [], '2020-01-02T00:00:00Z']);
});

test('the day is that of the workspace\'s zone', async t => {
  const cairn = await startCairn(t, { zone: 'Asia/Tokyo' });
  const admin = await cairn.login();
  const { body } = await admin.get('/api/v1/portfolio?as_of=2026-01-01');
  assert.equal(body.at, '2026-01-01T15:00:00Z');
});

test('today is that of the workspace where contracts and departures are told', async t => {
  // There it is not the day that it is in UTC, whatever the hour.
  const [zone, offset] = new Date().getUTCHours() < 11 ? ['Etc/GMT+12', -12] : ['Pacific/Kiritimati', 14];
  const day = after => new Date(Date.now() + (offset + 24 * after) * 3_600_000).toISOString().slice(0, 10);
  const cairn = await startCairn(t, { zone });
  const admin = await cairn.login();
  const arr = { minor: 100, currency: 'USD' };
  for (const [key, after, expected] of [['today', 0, arr], ['tomorrow', 1, null]]) {
    const { body: { id } } = await admin.post('/api/v1/accounts', { name: key, external_id: key });
    const contract = { name: 'C', arr, starts_on: day(after), ends_on: day(after + 300), status: 'active' };
    const made = await admin.post(`/api/v1/accounts/${id}/contracts`, contract);
    assert.equal(made.status, 201, made.text);
    assert.deepEqual((await admin.get(`/api/v1/accounts/${id}`)).body.arr, expected, key);
    const left = await admin.post(`/api/v1/accounts/${id}/departure`, { left_on: day(after) });
    assert.equal(left.status, after === 0 ? 204 : 422, left.text);
  }
});
