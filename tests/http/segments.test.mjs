// Segments, coverage and lifecycle: who is in what, as soon as the facts say so.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const DAY = 86_400_000;
const usd = minor => ({ minor, currency: 'USD' });
const day = offset => new Date(Date.now() + offset * DAY).toISOString().slice(0, 10);

// Makes these files the program of the server, which starts again.
async function useProgram(cairn, files) {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-program-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  cairn.assertClean(await cairn.stop());
  const { code, stdout, stderr } = await cairnCommand(['program', 'apply', dir, ...cairn.where]);
  assert.equal(code, 0, stdout + stderr);
  await cairn.start();
  await rm(dir, { recursive: true });
  return cairn.login();
}

// The rows of all accounts by external id, once `done` says so.
function rowsWhen(session, done) {
  return waitFor(async () => {
    const { body } = await session.get('/api/v1/accounts?limit=200');
    const rows = Object.fromEntries(body.data.map(row => [row.external_id, row]));
    return done(rows, body) && rows;
  }, { what: done.toString() });
}

const names = body => body.data.map(row => row.external_id).sort();

test('003-11 capabilities 37: coverage follows half-open bands of ARR, exact at the cent', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const expected = { 499_999: 'tech', 500_000: 'low', 1_999_999: 'low', 2_000_000: 'mid', 9_999_999: 'mid', 10_000_000: 'high' };
  for (const minor of Object.keys(expected)) {
    await admin.createAccount({ name: `A${minor}`, external_id: minor, arr: usd(Number(minor)) });
  }
  await admin.createAccount({ name: 'None', external_id: 'none' });
  const rows = await rowsWhen(admin, all => all.none && Object.keys(expected).every(id => all[id]?.coverage != null));
  for (const [id, coverage] of Object.entries(expected)) assert.equal(rows[id].coverage, coverage, id);
  assert.equal(rows.none.coverage, null);
  assert.equal(rows['2000000'].scorecard, 'mid-touch');
  assert.equal(rows['10000000'].scorecard, 'high-touch');
  assert.equal(rows['1999999'].scorecard, 'tech-touch');

  await t.test('lists and exports filter by it', async () => {
    assert.deepEqual(names((await admin.get('/api/v1/accounts?coverage=low')).body), ['1999999', '500000']);
    assert.equal((await admin.get('/api/v1/accounts?coverage=low&segment=core')).body.total, 0);
    assert.equal((await admin.get('/api/v1/accounts?coverage=nothing')).body.total, 0);
    const { text } = await admin.get('/api/v1/export/accounts.csv?coverage=mid');
    const lines = text.trim().split('\r\n').map(line => line.split(',').map(cell => cell.replace(/^"|"$/g, '')));
    assert.equal(lines.length, 3);
    assert.equal(lines[1][lines[0].indexOf('coverage')], 'mid');
    assert.equal(lines[1][lines[0].indexOf('segments')], 'core');
  });

  await t.test('the board counts them with their ARR', async () => {
    const { body } = await admin.get('/api/v1/segments');
    const low = body.data.find(set => set.kind === 'coverage' && set.name === 'low');
    assert.deepEqual([low.accounts, low.arr], [2, usd(2_499_999)]);
    assert.equal(body.accounts, 7);
    assert.deepEqual(body.arr, usd(Object.keys(expected).reduce((sum, minor) => sum + Number(minor), 0)));
  });

  await t.test('004-04 accounts in no segment of the primary model are counted and listed', async () => {
    const { body } = await admin.get('/api/v1/segments');
    assert.equal(body.unsegmented, 1);
    assert.equal(body.complete, false);
    assert.deepEqual(names((await admin.get('/api/v1/accounts?flag=unsegmented')).body), ['none']);
    const primary = body.data.filter(set => set.kind === 'segment' && set.primary);
    assert.deepEqual(primary.map(set => set.name), ['strategic', 'core', 'long-tail']);
    assert.equal(primary.reduce((sum, set) => sum + set.accounts, 0), 6); // each in exactly one
    assert.equal((await admin.patch(`/api/v1/accounts/${rows.none.id}`, { arr: usd(1) }, '*')).status, 200);
    await waitFor(async () => (await admin.get('/api/v1/segments')).body.unsegmented === 0);
    assert.equal((await admin.get('/api/v1/segments')).body.complete, true);
  });

  await t.test('the board says which of the seven questions are answered, of how many accounts', async () => {
    const { body } = await admin.get('/api/v1/segments');
    assert.deepEqual(body.questions.map(one => one.question), ['who', 'profit', 'satisfaction', 'wallet', 'footprint', 'market', 'influence']);
    const by = Object.fromEntries(body.questions.map(one => [one.question, one.accounts]));
    assert.equal(by.profit, 7);
    assert.equal(by.wallet, 0);
    assert.equal(by.footprint, 0); // nobody's seats are known
    assert.deepEqual(body.answered, [0, 7, 0, 0, 0, 0, 0, 0]);
  });

  await t.test('a set is counted by colour, and the colours add up to it', async () => {
    const core = (await admin.get('/api/v1/segments/core')).body;
    assert.deepEqual(core.bands.map(one => one.band), ['red', 'yellow', 'green', 'none']);
    assert.equal(core.bands.reduce((sum, one) => sum + one.accounts, 0), core.accounts);
    for (const { band, accounts } of core.bands) {
      assert.equal((await admin.get(`/api/v1/accounts?segment=core&band=${band}`)).body.total, accounts, band);
    }
  });

  await t.test('one segment is asked for by name', async () => {
    const { body } = await admin.get('/api/v1/segments/core');
    assert.deepEqual([body.accounts, body.model, body.question, body.rule], [2, 'value', 'profit', 'arr >= 20000.0']);
    assert.equal((await admin.get('/api/v1/segments/nobody')).status, 404);
    assert.equal((await admin.get('/api/v1/segments/ready-to-expand')).body.reads_state, false);
  });
});

test('capabilities 33: membership moves within a second, and entries and exits are kept', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Acme', external_id: 'acme', arr: usd(3_000_000) });
  await rowsWhen(admin, all => all.acme?.segments.includes('core'));
  const before = Date.now();
  await admin.patch(`/api/v1/accounts/${account.id}`, { arr: usd(30_000_000) }, '*');
  await rowsWhen(admin, all => all.acme.segments.includes('strategic') && !all.acme.segments.includes('core'));
  assert.ok(Date.now() - before < 1000, `${Date.now() - before} ms`);
  const path = `/api/v1/accounts/${account.id}/segments/history`;
  const events = await waitFor(async () => {
    const { body } = await admin.get(path);
    return body.data.some(event => event.name === 'strategic') && body.data;
  });
  const moves = events.filter(event => event.kind === 'segment').map(event => `${event.entered ? '+' : '-'}${event.name}`);
  assert.deepEqual(moves.slice(0, 2).sort(), ['+strategic', '-core']);
  assert.equal(moves.at(-1), '+core');
  assert.ok(events.some(event => event.kind === 'coverage' && event.name === 'high' && event.entered));
  assert.ok(events.every(event => !event.backfilled));

  await t.test('the segment tells who entered and who left it, by day', async () => {
    const core = (await admin.get('/api/v1/segments/core/moves?days=3')).body;
    assert.deepEqual(core.data.map(move => [move.account_name, move.entered]), [['Acme', false], ['Acme', true]]);
    assert.deepEqual([core.total, core.at_least, core.days.length], [2, false, 3]);
    const sum = key => core.days.reduce((all, one) => all + one[key], 0);
    assert.deepEqual([sum('entered'), sum('left')], [1, 1]);
    const strategic = (await admin.get('/api/v1/segments/strategic/moves')).body;
    assert.deepEqual(strategic.data.map(move => [move.account_id, move.entered]), [[account.id, true]]);
    assert.equal((await admin.get('/api/v1/segments/cor_/moves')).status, 404); // its name is no pattern
  });

  await t.test('a restart tells nothing twice', async () => {
    await cairn.restart();
    const again = await cairn.login();
    await rowsWhen(again, all => all.acme.segments.includes('strategic'));
    assert.deepEqual((await again.get(path)).body.data, events);
  });
});

test('003-03 003-04 003-05 capabilities 39: stages by the days since the first contract, and 003-06 the renewal window beside them', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  // [days since the start, days to the end, ARR]: expected stage, stalled, window
  const cases = [
    [[0, 365, 3_000_000], 'onboarding', false, false],
    [[89, 276, 3_000_000], 'onboarding', false, false],
    [[90, 275, 3_000_000], 'onboarding', true, false],
    [[91, 274, 3_000_000], 'adoption', true, false],
    [[365, 121, 3_000_000], 'adoption', true, false],
    [[366, 120, 3_000_000], 'growth', false, true], // onboarding is over for good
    [[400, 91, 700_000], 'growth', false, false],
    [[401, 90, 700_000], 'growth', false, true],
    [[402, 61, 100_000], 'growth', false, false],
    [[403, 60, 100_000], 'growth', false, true],
    [[404, 0, 12_000_000], 'growth', false, true],
    [[405, -1, 12_000_000], 'growth', false, false], // overdue is not a window
  ];
  for (const [[since, left, minor]] of cases) {
    const { id } = await admin.createAccount({ name: `D${since}`, external_id: `d${since}` });
    const res = await admin.post(`/api/v1/accounts/${id}/contracts`,
      { name: 'Year', arr: usd(minor), starts_on: day(-since), ends_on: day(left) });
    assert.equal(res.status, 201, res.text);
  }
  const rows = await rowsWhen(admin, all => cases.every(([[since]]) => all[`d${since}`]?.coverage));
  for (const [[since, left], stage, stalled, window] of cases) {
    const row = rows[`d${since}`];
    assert.equal(row.lifecycle_stage, stage, `day ${since}`);
    assert.equal(row.flags.includes('stalled'), stalled, `stalled on day ${since}`);
    assert.equal(row.flags.includes('renewal-window'), window, `${left} days before the end`);
  }
  assert.deepEqual(names((await admin.get('/api/v1/accounts?stage=adoption&flag=stalled')).body), ['d365', 'd91']);

  await t.test('003-03 an activated account is not stalled', async () => {
    const { write_key } = await admin.createSource();
    const events = [];
    for (let i = 0; i < 12; i++) {
      events.push({ type: 'track', userId: `u${i % 3}`, event: ['Signed In', 'A', 'B', 'C'][i % 4], context: { groupId: 'd90' } });
      events.push({ type: 'track', userId: `u${i % 3}`, event: 'Signed In', context: { groupId: 'd90' } });
    }
    assert.equal((await cairn.send(write_key, events)).status, 200);
    await rowsWhen(admin, all => !all.d90.flags.includes('stalled'));
    const { body } = await admin.get('/api/v1/segments');
    const goals = body.data.filter(set => set.kind === 'goal').map(set => [set.name, set.accounts]);
    assert.deepEqual(goals, [['onboarding/regular-use', 1], ['onboarding/features-adopted', 1], ['onboarding/people-engaged', 1]]);
  });

  await t.test('a goal tells who reached it, of those in its stage', async () => {
    const { body } = await admin.get('/api/v1/segments');
    const goals = body.data.filter(set => set.kind === 'goal');
    assert.ok(goals.length > 0);
    for (const goal of goals) {
      assert.deepEqual([goal.stage, goal.in_stage], ['onboarding', 1]);
      const reached = (await admin.get(`/api/v1/accounts?stage=onboarding&goal=${goal.name}`)).body;
      assert.equal(reached.total, goal.in_stage, goal.name);
    }
  });
});

test('004-12 capabilities 35: overlaps count by two, by exact combination and all together', async t => {
  const cairn = await startCairn(t);
  await useProgram(cairn, { 'a.yaml': `
segments:
  one:   {when: "trait.n.number() % 2.0 == 0.0 || trait.n.number() < 0.0"}
  two:   {when: trait.n.number() >= 10.0}
  three: {when: trait.n.number() <= 11.0}
`.replace('trait.n.number() % 2.0 == 0.0', 'int(trait.n.number()) % 2 == 0') });
  const admin = await cairn.login();
  const { write_key } = await admin.createSource();
  const events = [];
  for (let n = 1; n <= 20; n++) {
    events.push({ type: 'group', userId: `u${n}`, groupId: `g${n}`, traits: { n } });
  }
  assert.equal((await cairn.send(write_key, events)).status, 200);
  await waitFor(async () => (await admin.get('/api/v1/accounts?segment=two')).body.total === 11);
  const { body } = await admin.get('/api/v1/segment-overlap?segments=one,two,three');
  const sums = list => Object.fromEntries(list.map(part => [part.segments.join('+'), part.accounts]));
  assert.deepEqual(sums(body.pairs), { 'one+two': 6, 'one+three': 5, 'two+three': 2 });
  // even and at most 9: 2 4 6 8; 10; 11; odd below: 1 3 5 7 9; even from 12: 5; odd from 13: 4
  assert.deepEqual(sums(body.exactly), { 'one+three': 4, 'one+two+three': 1, 'two+three': 1, three: 5, 'one+two': 5, two: 4 });
  assert.deepEqual([body.together.segments, body.together.accounts], [['one', 'two', 'three'], 1]);
  // 10 is in all three, 11 in two and three, 12 in one and two.
  const arr = { g10: 10_001, g11: 2_002, g12: 303 };
  for (const [id, minor] of Object.entries(arr)) {
    const account = await admin.account(id);
    assert.equal((await admin.patch(`/api/v1/accounts/${account.id}`, { arr: usd(minor) }, '*')).status, 200);
  }
  const worth = await waitFor(async () => {
    const { body: now } = await admin.get('/api/v1/segment-overlap?segments=one,two,three');
    return now.pairs.some(part => part.arr?.minor === 12_003) && now;
  }, { what: 'the ARR of both' });
  const minors = list => Object.fromEntries(list.map(part => [part.segments.join('+'), part.arr?.minor]));
  await waitFor(async () => {
    const { body: now } = await admin.get('/api/v1/segment-overlap?segments=one,two,three');
    return minors(now.pairs)['one+two'] === 10_304;
  }, { what: 'the ARR of the third' });
  assert.equal(worth.together.arr.minor, 10_001);
  assert.equal((await admin.get('/api/v1/segment-overlap?segments=one')).status, 400);
  assert.equal((await admin.get('/api/v1/segment-overlap?segments=one,nobody')).status, 400);
  assert.deepEqual(names((await admin.get('/api/v1/accounts?segment=one,two,three')).body), ['g10']);
  for (const part of body.exactly) {
    const others = ['one', 'two', 'three'].filter(name => !part.segments.includes(name));
    const list = `/api/v1/accounts?segment=${part.segments}&without=${others}`;
    assert.equal((await admin.get(list)).body.total, part.accounts, list);
  }
  // The file is written from the database, not from memory.
  const csv = await admin.get('/api/v1/export/accounts.csv?segment=three&without=two,one,x,y,z,u,v,a,b,c,d,e,f,g,h');
  assert.equal(csv.text.trim().split('\r\n').length - 1, 5, csv.text);
  assert.equal((await admin.get('/api/v1/accounts?without=nobody')).body.total, 20);
  assert.equal((await admin.get('/api/v1/accounts?without=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q')).status, 400);
});

test('capabilities 35: an overlap says how its accounts stand, which are at risk, which left and which renewed, as their lists do', async t => {
  const csm = { email: 'carl@example.com', password: 'correct horse battery', name: 'Carl', role: 'csm' };
  const cairn = await startCairn(t, { users: [csm] });
  const admin = await useProgram(cairn, {
    'a.yaml': `
segments:
  big:  {when: arr >= 1000.0}
  mine: {when: has(owner)}
  long-tail: {when: arr < 5000.0}
`,
    'card.yaml': `
scorecard: by-name
measures:
  - {name: s, weight: 1, score: "name.startsWith('G') ? 100.0 : name.startsWith('Y') ? 60.0 : 10.0"}
`,
  });
  const { user } = await cairn.login(csm);
  // In both: R1 R2 Y1 Y2 G1 (500,000 minor and more, by one each).  In "big" alone: R3.
  const made = {};
  const own = { owner_id: user.id };
  for (const [i, name] of ['R1', 'R2', 'Y1', 'Y2', 'G1', 'R3'].entries()) {
    made[name] = await admin.createAccount({ name, external_id: name, arr: usd(500_000 + i), ...(name === 'R3' ? {} : own) });
  }
  // A yellow one is at risk by its renewal.
  // Renewed: R2 on the last day that counts, and Y2.  Not Y1, a day too early; not R1, who left since; not
  // G1, whose next is a draft; not R3: what they have beside it began before the other one ended.
  const contracts = [
    ['R1', -700, -365, 'ended'], ['R1', -364, 500, 'active'],
    ['R2', -700, -365, 'ended'], ['R2', -364, 500, 'active'],
    ['Y1', -700, -366, 'active'], ['Y1', -365, 60, 'active'],
    ['Y2', -700, -30, 'active'], ['Y2', -29, 150, 'active'],
    ['G1', -700, -1, 'ended'], ['G1', 0, 300, 'draft'], ['G1', -1, 300, 'active'],
    ['R3', -700, -30, 'ended'], ['R3', -200, 500, 'active'],
  ];
  for (const [name, starts, ends, status] of contracts) {
    const { arr } = made[name];
    const contract = { name: 'Term', arr, starts_on: day(starts), ends_on: day(ends), status };
    assert.equal((await admin.post(`/api/v1/accounts/${made[name].id}/contracts`, contract)).status, 201);
  }
  // Two of three marks are of the last year; one that counts is outside of the overlap.
  for (const [name, at] of [['R1', -364], ['R2', -366], ['R3', -1]]) {
    assert.equal((await admin.post(`/api/v1/accounts/${made[name].id}/departure`, { left_on: day(at) })).status, 204);
  }
  const ask = '/api/v1/segment-overlap?segments=big,mine,long-tail';
  const body = await waitFor(async () => {
    const { body: now } = await admin.get(ask);
    const pair = now.pairs?.[0];
    const alone = now.exactly?.find(part => part.segments.join() === 'big');
    return alone?.at_risk.accounts === 1 && pair?.accounts === 5 && pair.at_risk.accounts === 3 && pair.renewed.accounts === 2 && pair.bands.find(one => one.band === 'none').accounts === 0 && now;
  }, { what: 'five accounts with a colour each, three of them at risk' });
  const figure = ({ accounts, arr }) => [accounts, arr?.minor ?? null];
  const fateOf = part => ({
    ...Object.fromEntries(part.bands.map(one => [one.band, figure(one)])),
    at_risk: figure(part.at_risk),
    left: figure(part.left),
    renewed: figure(part.renewed),
  });
  assert.deepEqual(fateOf(body.pairs[0]), {
    red: [2, 1_000_001], yellow: [2, 1_000_005], green: [1, 500_004], none: [0, 0],
    at_risk: [3, 1_500_003], left: [1, 500_000], renewed: [2, 1_000_004],
  });
  const exactly = Object.fromEntries(body.exactly.map(part => [part.segments.join('+'), part]));
  assert.deepEqual(Object.keys(exactly).sort(), ['big', 'big+mine']);
  assert.deepEqual(fateOf(exactly['big+mine']), fateOf(body.pairs[0]));
  assert.deepEqual(fateOf(exactly.big), {
    red: [1, 500_005], yellow: [0, 0], green: [0, 0], none: [0, 0], at_risk: [1, 500_005], left: [1, 500_005], renewed: [0, 0],
  });
  assert.deepEqual(fateOf(body.together), {
    red: [0, 0], yellow: [0, 0], green: [0, 0], none: [0, 0], at_risk: [0, 0], left: [0, 0], renewed: [0, 0],
  });

  await t.test('each number is that of the list that it leads to', async () => {
    for (const [part, where] of [[body.pairs[0], 'segment=big,mine'], [exactly.big, 'segment=big&without=mine,long-tail']]) {
      const total = async query => (await admin.get(`/api/v1/accounts?${where}&${query}`)).body.total;
      for (const one of part.bands) assert.equal(await total(`band=${one.band}`), one.accounts, one.band);
      assert.equal(await total('at_risk=true'), part.at_risk.accounts);
      assert.equal(await total('left_within_days=365'), part.left.accounts);
      assert.equal(await total('renewed_within_days=365'), part.renewed.accounts);
    }
    assert.deepEqual(names((await admin.get('/api/v1/accounts?left_within_days=365')).body), ['R1', 'R3']);
    assert.deepEqual(names((await admin.get('/api/v1/accounts?left_within_days=366')).body), ['R1', 'R2', 'R3']);
    assert.equal((await admin.get('/api/v1/accounts?left_within_days=0')).body.total, 0);
    assert.equal((await admin.get('/api/v1/accounts?left_within_days=-1')).status, 400);
    assert.deepEqual(names((await admin.get('/api/v1/accounts?renewed_within_days=366')).body), ['R2', 'Y1', 'Y2']);
    assert.deepEqual(names((await admin.get('/api/v1/accounts?renewed_within_days=366&left_within_days=366')).body), ['R2']);
    // From the database.
    const csv = await admin.get('/api/v1/export/accounts.csv?segment=big,mine&left_within_days=365');
    assert.equal(csv.text.trim().split('\r\n').length - 1, 1, csv.text);
  });

  await t.test('a mark that is taken back counts no more', async () => {
    assert.equal((await admin.delete(`/api/v1/accounts/${made.R1.id}/departure`)).status, 204);
    assert.deepEqual(figure((await admin.get(ask)).body.pairs[0].left), [0, 0]);
  });

  await t.test('a CSM is told of their own accounts alone', async () => {
    const carl = await cairn.login(csm);
    const { body: seen } = await carl.get(ask);
    assert.deepEqual(seen.exactly.map(part => [part.segments.join('+'), part.accounts]), [['big+mine', 5]]);
    assert.deepEqual(names((await carl.get('/api/v1/accounts?left_within_days=366')).body), ['R2']);
    assert.deepEqual(names((await carl.get('/api/v1/accounts?renewed_within_days=365')).body), ['R1', 'R2', 'Y2']);
  });
});

test('003-26 expected touches follow the colour, 11.9 a week for 65 accounts', async t => {
  const csm = { email: 'carl@example.com', password: 'correct horse battery', name: 'Carl', role: 'csm' };
  const other = { email: 'olga@example.com', password: 'correct horse battery', name: 'Olga', role: 'csm' };
  const cairn = await startCairn(t, { users: [csm, other] });
  const admin = await useProgram(cairn, {
    'coverage.yaml': `
coverage:
  pooled: {from: 0, below: 5000, accounts: {max: 2000, per: pool}}
  low: {from: 5000, below: 20000, accounts: {min: 100, max: 300}, cadence: 90d}
  mid:
    from: 20000
    below: 100000
    accounts: {min: 40, max: 80}
    cadence: 91d
    colours: {red: {cadence: 7d, focus: rescue}, yellow: {cadence: 30d, focus: enablement}, green: {cadence: 91d, focus: growth}}
  high: {from: 100000, accounts: {min: 8, max: 25}, cadence: 14d}
`,
    'card.yaml': `
scorecard: by-name
measures:
  - {name: s, weight: 1, score: "name.startsWith('G') ? 100.0 : name.startsWith('Y') ? 60.0 : 10.0"}
`,
  });
  const { user } = await cairn.login(csm);
  const { user: olga } = await cairn.login(other);
  const make = async (prefix, count, owner, minor) => {
    for (let i = 0; i < count; i++) {
      await admin.createAccount({ name: `${prefix}${i}`, external_id: `${prefix}${owner.name}${minor}-${i}`, owner_id: owner.id, arr: usd(minor) });
    }
  };
  await make('G', 45, user, 5_000_000);
  await make('Y', 15, user, 5_000_000);
  await make('R', 5, user, 5_000_000);
  const ownerOf = (body, who) => body.owners.find(row => row.owner?.id === who.id);
  const when = done => waitFor(async () => {
    const { body } = await admin.get('/api/v1/coverage');
    return done(body) && body;
  }, { timeoutMs: 20_000, what: done.toString() });

  const mixed = await when(body => Math.abs((ownerOf(body, user)?.touches_per_week ?? 0) - 11.9) < 0.1);
  assert.equal(ownerOf(mixed, user).accounts, 65);
  assert.equal(ownerOf(mixed, user).parts[0].load, 'right');
  assert.deepEqual(mixed.models.find(model => model.name === 'mid').touches.map(touch => [touch.band, touch.cadence_days, touch.focus]),
    [['red', 7, 'rescue'], ['yellow', 30, 'enablement'], ['green', 91, 'growth']]);

  await t.test('003-08 81 mid-touch accounts are over, 80 are not', async () => {
    await make('H', 15, user, 5_000_000);
    const full = await when(body => ownerOf(body, user).accounts === 80);
    assert.equal(ownerOf(full, user).parts[0].load, 'right');
    await make('I', 1, user, 5_000_000);
    const over = await when(body => ownerOf(body, user).accounts === 81);
    assert.equal(ownerOf(over, user).parts[0].load, 'over');
  });

  await t.test('003-07 26 high-touch accounts are over, and 003-13 their average value is exact', async () => {
    await make('K', 15, olga, 28_000_000);
    const fifteen = await when(body => ownerOf(body, olga)?.accounts === 15);
    assert.deepEqual(ownerOf(fifteen, olga).arr, usd(420_000_000));
    assert.deepEqual(ownerOf(fifteen, olga).average, usd(28_000_000)); // $4.2M of 15
    assert.equal(ownerOf(fifteen, olga).suggested, 'high');
    assert.equal(ownerOf(fifteen, user).suggested, 'mid'); // $50,000 on average
    assert.equal(ownerOf(fifteen, olga).parts[0].load, 'right');
    await make('L', 11, olga, 28_000_000);
    const over = await when(body => ownerOf(body, olga).accounts === 26);
    assert.equal(ownerOf(over, olga).parts[0].load, 'over');
    assert.ok(Math.abs(ownerOf(over, olga).touches_per_week - 13) < 1e-9);
  });

  await t.test('003-09 301 low-touch accounts are over, 300 are not', async () => {
    await make('M', 300, olga, 1_999_999);
    const low = body => ownerOf(body, olga).parts.find(part => part.coverage === 'low');
    const full = await when(body => low(body)?.accounts === 300);
    assert.equal(low(full).load, 'right');
    assert.ok(Math.abs(low(full).touches_per_week - 300 * 7 / 90) < 1e-9);
    await make('N', 1, olga, 500_000);
    const over = await when(body => low(body).accounts === 301);
    assert.equal(low(over).load, 'over');
  });

  await t.test('003-33 a pool has a ratio of all its CSMs, and nobody is over', async () => {
    await make('P', 6, user, 100_000);
    await make('Q', 2, olga, 100_000);
    const body = await when(all => all.models[0].accounts === 8);
    assert.deepEqual([body.models[0].owners, body.models[0].ratio, body.models[0].per], [2, 4, 'pool']);
    assert.equal(ownerOf(body, olga).parts.find(part => part.coverage === 'pooled').load, 'none');
  });

  await t.test('who sees a part of the book counts that part', async () => {
    const carl = await cairn.login(csm);
    const { body } = await carl.get('/api/v1/coverage');
    assert.ok(body.owners.every(row => row.owner?.id === user.id));
    assert.equal((await carl.get('/api/v1/segments')).body.accounts, 87);
  });
});

test('004-05 004-06 004-07 004-08 004-09 004-10 004-11 capabilities 34: each of the seven questions is a model, and completeness counts those that are answered', async t => {
  const cairn = await startCairn(t);
  const questions = ['who', 'profit', 'satisfaction', 'wallet', 'footprint', 'market', 'influence'];
  await useProgram(cairn, {
    'segments.yaml': `segment_models:\n${questions.map(q => `  ${q}: {question: ${q}${q === 'market' ? ', validity: 30d' : ''}}\n`).join('')}
segments:
${questions.map(q => `  ${q}-high: {model: ${q}, when: trait.${q}.number() >= 50.0}\n  ${q}-low: {model: ${q}, when: trait.${q}.number() < 50.0}\n`).join('')}
  complete: {when: segment.answered == 7.0}
`,
  });
  const admin = await cairn.login();
  const { write_key } = await admin.createSource();
  const events = questions.map((_, n) => ({ type: 'group', userId: `u${n}`, groupId: `g${n + 1}`,
    traits: Object.fromEntries(questions.slice(0, n + 1).map((q, i) => [q, i * 15])) }));
  assert.equal((await cairn.send(write_key, [...events, { type: 'group', userId: 'u9', groupId: 'g0', traits: { x: 1 } }])).status, 200);
  await waitFor(async () => (await admin.get('/api/v1/accounts?segment=complete')).body.total === 1);
  const { body } = await admin.get('/api/v1/segments');
  assert.deepEqual(body.answered, [1, 1, 1, 1, 1, 1, 1, 1]);
  assert.deepEqual(names((await admin.get('/api/v1/accounts?segment=market-high')).body), ['g6', 'g7']);
  assert.deepEqual(names((await admin.get('/api/v1/accounts?segment=who-low,wallet-low')).body), ['g4', 'g5', 'g6', 'g7']);

  await t.test('each count leads to exactly its accounts', async () => {
    const total = async query => (await admin.get(`/api/v1/accounts?${query}`)).body.total;
    for (const { question, accounts } of body.questions) {
      assert.equal(await total(`question=${question}`), accounts, question);
      assert.equal(await total(`unanswered=${question}`), 8 - accounts, question);
    }
    for (const [count, accounts] of body.answered.entries()) assert.equal(await total(`answered=${count}`), accounts, String(count));
    assert.deepEqual(names((await admin.get('/api/v1/accounts?question=market&answered=6')).body), ['g6']);
    assert.deepEqual(names((await admin.get('/api/v1/accounts?question=wallet&unanswered=market')).body), ['g4', 'g5']);
    assert.equal((await admin.get('/api/v1/accounts?question=why')).status, 400);
    assert.equal((await admin.get('/api/v1/export/accounts.csv?unanswered=market')).text.trim().split('\n').length - 1, 6);
  });

  await t.test('each answer says where it comes from, as of when and with which confidence', async () => {
    // Told 60 and 30 days ago; of a market, what is older than 30 days counts half for each 30 days more.
    const days = n => new Date(Date.now() - n * 86_400_000).toISOString();
    const told = (n, when, traits) => ({ type: 'group', userId: `u${n}`, groupId: `h${n}`, timestamp: when, traits });
    assert.equal((await cairn.send(write_key, [told(1, days(60.1), { market: 50, who: 1 }), told(2, days(20), { market: 60 })])).status, 200);
    await waitFor(async () => (await admin.get('/api/v1/accounts?question=market')).body.total === 4);
    const old = (await admin.get('/api/v1/accounts?q=h1')).body.data.find(row => row.external_id === 'h1');
    const answers = Object.fromEntries((await admin.get(`/api/v1/accounts/${old.id}/questions`)).body.data.map(one => [one.question, one]));
    assert.deepEqual(Object.keys(answers), questions);
    const { market, who, wallet } = answers;
    assert.deepEqual([market.segment, market.model, market.rule], ['market-high', 'market', 'trait.market.number() >= 50.0']);
    assert.deepEqual(market.facts.map(({ name, value_text, source }) => [name, value_text, source]), [['trait.market.number()', '50', 'group calls']]);
    assert.equal(market.as_of.slice(0, 10), days(60.1).slice(0, 10));
    assert.equal(market.confidence, 0.5);
    assert.equal(who.confidence, 1); // its model says nothing of age
    assert.deepEqual([wallet.segment, wallet.as_of, wallet.confidence, wallet.facts], [null, null, null, []]);

    const { body: { data } } = await admin.get('/api/v1/segment-questions');
    const ground = data.find(one => one.question === 'market');
    assert.deepEqual(ground.facts, [{ name: 'trait.market.number()', source: 'records' }]);
    assert.deepEqual([ground.sampled, ground.confidence], [4, 0.875]); // two of today, one of 20 days, one of 60
    assert.equal(ground.oldest, market.as_of);
    assert.ok(Date.parse(ground.as_of) > Date.parse(ground.oldest));
  });
});

test('a renamed segment keeps its members, and who reads what it makes follows', async t => {
  const cairn = await startCairn(t);
  let admin = await useProgram(cairn, { 'a.yaml': 'segments:\n  vip: {when: arr >= 100.0}\n' });
  const account = await admin.createAccount({ name: 'Acme', external_id: 'acme', arr: usd(20_000) });
  await rowsWhen(admin, all => all.acme?.segments.includes('vip'));
  admin = await useProgram(cairn, { 'a.yaml': 'segments:\n  key-account: {when: arr >= 100.0, was: vip}\n  both: {when: segment.has("key-account") && health.score < 1.0}\n',
    'b.yaml': 'scorecard: s\napplies_when: segment.has("key-account")\nmeasures:\n  - {name: m, weight: 1, score: "0.0"}\n' });
  const rows = await rowsWhen(admin, all => all.acme?.segments.includes('both'));
  assert.deepEqual(rows.acme.segments, ['both', 'key-account']);
  assert.equal(rows.acme.scorecard, 's');
  assert.equal((await admin.get(`/api/v1/accounts/${account.id}/segments/history`)).status, 200);
});
