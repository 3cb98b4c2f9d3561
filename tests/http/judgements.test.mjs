// What users say of an account beside what is computed: sentiments that rules read, overrides that keep
// both values; each with reason, author and end.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { ADMIN, cairnCommand, startCairn, waitFor } from './harness.mjs';

const program = `metrics:
  events: {event: "*", count: events}
---
`;
const scorecard = `scorecard: felt
min_coverage: 0
measures:
  - {name: people, weight: 1, value: people, map: {0: 0, 1: 60}}
  - {name: feeling, weight: 1, score: sentiment, age: sentiment_age_days, validity: 30d}
`;

// A server whose program scores people and sentiment alone.
async function startFelt(t, options = {}, files = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-program-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, 'metrics.yaml'), program.replace('---\n', ''));
  await writeFile(join(dir, 'felt.yaml'), scorecard);
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  const cairn = await startCairn(t, options);
  cairn.assertClean(await cairn.stop());
  const { code, stderr } = await cairnCommand(['program', 'apply', ...cairn.where, dir]);
  assert.equal(code, 0, stderr);
  await cairn.start();
  return cairn;
}

const soon = ms => new Date(Date.now() + ms).toISOString();
const points = async (session, path) => (await session.get(path)).body.score?.points;

test('capabilities 20: a sentiment has value, reason, author, date and end, and rules read it while it lasts', async t => {
  const cairn = await startFelt(t);
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Acme', external_id: 'acme' });
  const path = `/api/v1/accounts/${account.id}`;
  await admin.post(`${path}/people`, { name: 'Pat' });
  await waitFor(async () => (await points(admin, path)) === 60, { what: 'a score of people alone' });

  const said = await admin.post(`${path}/judgements`, { kind: 'sentiment', value: 20, reason: 'Complained on the call' });
  assert.equal(said.status, 201, said.text);
  assert.equal(said.body.author.name, ADMIN.name);
  assert.equal(Math.round((Date.parse(said.body.until) - Date.parse(said.body.at)) / 86_400_000), 90);
  await waitFor(async () => (await points(admin, path)) === 40, { what: 'the mean of 60 and 20' });
  const { body: why } = await admin.get(`${path}/health`);
  const feeling = why.items.find(item => item.path === 'feeling');
  assert.equal(feeling.value, 20);
  assert.ok(feeling.facts.some(fact => fact.name === 'sentiment' && fact.source === 'a user\'s judgement' && Math.abs(Date.parse(fact.at) - Date.parse(said.body.at)) < 1000), JSON.stringify(feeling.facts));

  await t.test('a newer one ends the one before, which stays as history', async () => {
    await admin.post(`${path}/judgements`, { kind: 'sentiment', value: 100, reason: 'All solved', until: soon(2500) });
    await waitFor(async () => (await points(admin, path)) === 80, { what: 'the mean of 60 and 100' });
    const { data } = (await admin.get(`${path}/judgements`)).body;
    assert.deepEqual(data.map(one => [one.value, one.is_current]), [[100, true], [20, false]]);
    assert.equal(data[1].until, data[0].at);
  });

  await t.test('it ends by itself at its moment, and is missing then', async () => {
    await waitFor(async () => (await points(admin, path)) === 60, { what: 'people alone again', timeoutMs: 15_000 });
    assert.ok((await admin.get(`${path}/judgements`)).body.data.every(one => !one.is_current));
    const { body } = await admin.get(`${path}/health`);
    assert.equal(body.items.find(item => item.path === 'feeling').missing, true);
  });

  await t.test('what is no judgement is refused by name', async () => {
    const post = body => admin.post(`${path}/judgements`, { kind: 'override', value: 50, reason: 'x', ...body });
    for (const body of [{ value: 101 }, { value: -1 }, { reason: '' }, { reason: '  ' }, { until: soon(-1000) }, { until: soon(400 * 86_400_000) }, { kind: 'mood' }]) {
      assert.equal((await post(body)).status, 422, JSON.stringify(body));
    }
    assert.equal((await admin.post('/api/v1/accounts/acct_0000000000001/judgements', { kind: 'override', value: 1, reason: 'x' })).status, 404);
  });

  await t.test('when accounts are merged, the survivor has what was said', async () => {
    const other = await admin.createAccount({ name: 'Acme too', external_id: 'acme-too' });
    await admin.post(`/api/v1/accounts/${other.id}/judgements`, { kind: 'sentiment', value: 0, reason: 'Wants out' });
    await waitFor(async () => (await points(admin, `/api/v1/accounts/${other.id}`)) !== undefined, { what: 'its score' });
    assert.equal((await admin.post(`/api/v1/accounts/${other.id}/merge`, { into: account.id }, { 'if-match': '*' })).status, 200);
    await waitFor(async () => (await points(admin, path)) === 30, { what: 'the mean of 60 and 0' });
    assert.equal((await admin.get(`${path}/judgements`)).body.data.length, 3);
  });
});

async function standsFirst(session, account) {
  const rows = async (query = '') => (await session.get(`/api/v1/accounts${query}`)).body.data;
  const [row] = await rows();
  assert.deepEqual(row.score, { points: 90, band: 'green', grey: false, confidence: row.score.confidence, by_hand: true, computed: 60, override: 90, whole: 90, grade: null });
  assert.deepEqual((await session.get(`/api/v1/accounts/${account.id}`)).body.score, row.score);
  assert.equal((await rows('?band=green')).length, 1);
  assert.equal((await rows('?band=yellow')).length, 0);
  const colours = async () => Object.fromEntries((await session.get('/api/v1/portfolio')).body.bands.map(({ band, tally }) => [band, tally.accounts]));
  assert.equal((await colours()).green, 1);
  const other = await session.createAccount({ name: 'Other', external_id: 'other' });
  await session.post(`/api/v1/accounts/${other.id}/people`, { name: 'Kim' });
  await waitFor(async () => (await rows('?q=other'))[0]?.score?.points === 60, { what: 'the other score, with its person' });
  assert.deepEqual((await rows('?sort=-score')).map(item => item.name), ['Acme', 'Other']);
  const { text } = await session.get('/api/v1/export/accounts.csv');
  const lines = text.trim().split('\r\n').map(line => line.split(',').map(cell => cell.replace(/^"|"$/g, '')));
  const cells = Object.fromEntries(lines[0].map((name, i) => [name, lines.find(line => line.includes('acme'))[i]]));
  assert.deepEqual([cells.score, cells.band, cells.score_by, cells.computed_score, cells.override], ['90', 'green', 'override', '60', '90']);

  const until = soon(3000);
  await session.post(`/api/v1/accounts/${account.id}/judgements`, { kind: 'override', value: 10, reason: 'Gone quiet', until });
  await waitFor(async () => (await rows('?band=red')).length === 1, { what: 'red by hand' });
  assert.deepEqual((await rows('?sort=score')).map(item => item.name), ['Acme', 'Other']);
  await waitFor(async () => (await rows('?band=red')).length === 0, { what: 'the end' });
  assert.ok(Date.now() >= Date.parse(until));
  const after = (await rows()).find(item => item.id === account.id);
  assert.deepEqual([after.score.points, after.score.by_hand, after.score.override], [60, false, null]);
}

test('capabilities 21: an override keeps both values, says who and why, ends by itself, and changes no computed score', async t => {
  const cairn = await startFelt(t);
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Acme', external_id: 'acme' });
  const path = `/api/v1/accounts/${account.id}`;
  await admin.post(`${path}/people`, { name: 'Pat' });
  await waitFor(async () => (await points(admin, path)) === 60, { what: 'a score' });
  const health = async () => (await admin.get(`${path}/health`)).body;
  assert.equal((await health()).override, null);

  const set = await admin.post(`${path}/judgements`, { kind: 'override', value: 35, reason: 'Their CFO left', until: soon(4000) });
  assert.equal(set.status, 201, set.text);
  const during = await health();
  assert.equal(during.points, 60);
  assert.equal(during.effective, 'computed');
  assert.deepEqual({ ...during.override, at: null }, { id: set.body.id, points: 35, by: ADMIN.name, reason: 'Their CFO left', at: null, until: set.body.until });
  assert.equal((await admin.get(path)).body.score.points, 60);
  const row = await waitFor(async () => {
    const [first] = (await admin.get('/api/v1/accounts')).body.data;
    return first.score.override !== null && first;
  }, { what: 'the override beside the score in the list' });
  assert.deepEqual([row.score.points, row.score.by_hand, row.score.computed, row.score.override], [60, false, 60, 35]);

  await t.test('how many there are is a figure of the portfolio', async () => {
    const { body } = await admin.get('/api/v1/portfolio');
    assert.deepEqual([body.overridden, body.all.accounts], [1, 1]);
  });

  await t.test('it ends by itself', async () => {
    await waitFor(async () => (await health()).override === null, { what: 'the end of the override' });
    assert.ok(Date.now() >= Date.parse(set.body.until));
  });

  await t.test('it can be taken back, and stays as history', async () => {
    const again = await admin.post(`${path}/judgements`, { kind: 'override', value: 90, reason: 'Renewed by phone' });
    assert.equal((await health()).override.points, 90);
    assert.equal((await admin.delete(`${path}/judgements/${again.body.id}`)).status, 204);
    assert.equal((await health()).override, null);
    assert.equal((await admin.delete(`${path}/judgements/${again.body.id}`)).status, 204);
    assert.equal((await admin.get(`${path}/judgements`)).body.data.length, 2);
    assert.equal((await admin.delete(`${path}/judgements/judg_0000000000001`)).status, 404);
  });

  await t.test('which of the two is effective is a setting', async () => {
    await admin.post(`${path}/judgements`, { kind: 'override', value: 90, reason: 'Renewed by phone' });
    cairn.assertClean(await cairn.stop());
    cairn.options.env = { CAIRN_HEALTH_EFFECTIVE: 'override' };
    await cairn.start();
    const session = await cairn.login();
    const { body } = await waitFor(async () => {
      const res = await session.get(`${path}/health`);
      return res.status === 200 && res;
    }, { what: 'health after the restart' });
    assert.equal(body.effective, 'override');
    assert.equal(body.points, 60);
    assert.equal(body.override.points, 90);
    assert.deepEqual([body.effective_points, body.effective_band], [90, 'green']);
    const line = body.items.find(item => item.path === 'judgements/override');
    assert.deepEqual([line.kind, line.points, line.name], ['judgement', 30, 'score set by hand: 90']);
    assert.match(line.reason, new RegExp(`^${ADMIN.name} on \\d{4}-\\d\\d-\\d\\d: Renewed by phone$`));
    assert.equal(body.items.filter(item => item.depth === 1).reduce((sum, item) => sum + item.points, 0), 90);
    await standsFirst(session, account); // in lists, filters, figures and exports, until it ends by itself
  });
});

const places = {
  'segments.yaml': `segment_models:
  size: {primary: true, question: who}
segments:
  peopled: {model: size, when: people >= 0.0}
`,
  'coverage.yaml': `coverage:
  all:
    from: 0
    cadence: 60d
    colours:
      red: {cadence: 7d}
`,
};

// What figures say of the colours of Acme and Other, and of how many are overridden.
async function figures(session, from) {
  const get = async path => (await session.get(path)).body;
  const [portfolio, board, coverage, migration] = [await get('/api/v1/portfolio'), await get('/api/v1/segments'), await get('/api/v1/coverage'), await get(`/api/v1/health/migration?from=${from}`)];
  const colours = bands => Object.fromEntries(bands.map(one => [one.band, (one.tally ?? one).accounts]));
  return {
    portfolio: colours(portfolio.bands),
    segment: colours(board.data.find(set => set.name === 'peopled').bands),
    perWeek: Math.round(coverage.models[0].touches_per_week * 1000),
    moved: Object.fromEntries(migration.cells.map(({ was, is, tally }) => [`${was}-${is}`, tally.accounts])),
    fallers: migration.fallers.map(({ name, points_was, points, was, is }) => [name, points_was, points, was, is]),
    risers: migration.risers.map(({ name, change }) => [name, change]),
    overridden: [portfolio, board, coverage, migration].map(body => [body.effective, body.overridden]),
  };
}

for (const effective of ['override', 'computed']) {
  test(`capabilities 21: portfolio, segments, coverage and how accounts moved go by the score that stands first, ${effective}, and say how many are overridden`, async t => {
    const cairn = await startFelt(t, { env: { CAIRN_HEALTH_EFFECTIVE: effective } }, places);
    const admin = await cairn.login();
    const path = {};
    for (const name of ['Acme', 'Other']) {
      const account = await admin.createAccount({ name, external_id: name.toLowerCase() });
      path[name] = `/api/v1/accounts/${account.id}`;
      await admin.post(`${path[name]}/contracts`, { name: 'Year', arr: { minor: 1_000_000, currency: 'USD' }, starts_on: '2026-01-01', ends_on: '2030-01-01', seats: 10 });
      await admin.post(`${path[name]}/people`, { name: 'Pat' });
    }
    await waitFor(async () => (await points(admin, path.Acme)) === 60 && (await points(admin, path.Other)) === 60, { what: 'two scores' });
    await new Promise(done => setTimeout(done, 5)); // scores have microseconds, `before` has not
    const before = new Date().toISOString();
    const byHand = effective === 'override';
    assert.deepEqual((await figures(admin, before)).overridden, Array(4).fill([effective, 0]));
    const { body: set } = await admin.post(`${path.Acme}/judgements`, { kind: 'override', value: 30, reason: 'Their CFO left' });
    await waitFor(async () => (await admin.get('/api/v1/portfolio')).body.overridden === 1, { what: 'the override in the figures' });
    assert.deepEqual(await figures(admin, before), {
      portfolio: { red: byHand ? 1 : 0, yellow: byHand ? 1 : 2, green: 0, none: 0 },
      segment: { red: byHand ? 1 : 0, yellow: byHand ? 1 : 2, green: 0, none: 0 },
      perWeek: Math.round((byHand ? 7 / 7 + 7 / 60 : 14 / 60) * 1000),
      moved: byHand ? { 'yellow-red': 1, 'yellow-yellow': 1 } : { 'yellow-yellow': 2 },
      fallers: byHand ? [['Acme', 60, 30, 'yellow', 'red']] : [],
      risers: [],
      overridden: Array(4).fill([effective, 1]),
    });
    const listed = async query => (await admin.get(`/api/v1/accounts?overridden=true${query}`)).body.data.map(row => row.name);
    assert.deepEqual([await listed(''), await listed(`&moved=yellow-yellow&moved_from=${before}`)], [['Acme'], byHand ? [] : ['Acme']]);
    const moved = async (move, from) => (await admin.get(`/api/v1/accounts?moved=${move}&moved_from=${from}`)).body.data.map(row => row.name);
    assert.deepEqual(await moved('yellow-red', before), byHand ? ['Acme'] : []);
    assert.deepEqual(await moved('yellow-yellow', before), byHand ? ['Other'] : ['Acme', 'Other']);

    // Ended, it counts at the end at which it was in force.
    const during = new Date().toISOString();
    assert.equal((await admin.delete(`${path.Acme}/judgements/${set.id}`)).status, 204);
    await waitFor(async () => (await admin.get('/api/v1/portfolio')).body.overridden === 0, { what: 'the end in the figures' });
    const after = await figures(admin, during);
    assert.deepEqual([after.risers, after.fallers], [byHand ? [['Acme', 30]] : [], []]);
    assert.deepEqual(after.overridden, [...Array(3).fill([effective, 0]), [effective, 1]]);
    assert.deepEqual(await moved('red-yellow', during), byHand ? ['Acme'] : []);
    assert.equal((await figures(admin, before)).overridden[3][1], 0);
  });
}
