// Scorecards beside each other: shadows, families of accounts, and who gets which.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const usd = minor => ({ minor, currency: 'USD' });

async function useProgram(cairn, files) {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-program-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  cairn.assertClean(await cairn.stop());
  const { code, stdout, stderr } = await cairnCommand(['program', 'apply', dir, ...cairn.where]);
  assert.equal(code, 0, stdout + stderr);
  await cairn.start();
  await rm(dir, { recursive: true });
  return cairn.login();
}

const sum = items => items.filter(item => item.depth === 1).reduce((all, item) => all + Math.round(item.points * 1000), 0);

const plain = `
scorecard: plain
priority: 1
measures:
  - {name: felt, weight: 1, score: sentiment}
`;
const next = `
scorecard: next
shadow: true
priority: 99
applies_when: arr >= 20000.0
measures:
  - {name: felt, weight: 1, value: sentiment, map: {0: 0, 100: 50}}
`;
const parents = `
scorecard: parents
priority: 5
applies_when: children.count() > 0.0
children: {take: mean, share: 0.5}
measures:
  - {name: felt, weight: 1, score: sentiment}
exceptions:
  - {when: arr > 1000000.0, cap: 49, because: too large}
`;

async function feel(admin, account, value) {
  const { status, body } = await admin.post(`/api/v1/accounts/${account.id}/judgements`, {
    kind: 'sentiment',
    value,
    reason: 'said so',
  });
  assert.equal(status, 201, JSON.stringify(body));
}

const whyWhen = (admin, account, points, query = '') =>
  waitFor(
    async () => {
      const { status, body } = await admin.get(`/api/v1/accounts/${account.id}/health${query}`);
      return status === 200 && body.points === points && body;
    },
    { what: `${account.name} has ${points}` },
  );

test('capabilities 17: a grade stands wherever the score does, is of the point that is shown, and moves nothing', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_HEALTH_EFFECTIVE: 'override' } });
  const edges = [['A', 85], ['B', 70], ['C', 50], ['D', 30], ['F', 0]];
  const admin = await useProgram(cairn, {
    'a.yaml': `${plain.replace('score: sentiment', 'value: sentiment, map: {0: 0, 100: 99.9}')}grades: {${edges.map(([name, from]) => `${name}: ${from}`).join(', ')}}\n`,
    'b.yaml': next,
    'bare.yaml': `${plain.replace('plain', 'bare').replace('1', '2')}applies_when: name == 'Bare'\n`,
  });
  // By the map 70 is 69.93, which is shown as 70; 50 is 49.95, and red, which is never shown as 50.
  const wanted = [['Best', 100, 100, 'A'], ['Low', 30, 30, 'D'], ['Edge', 70, 70, 'B'], ['Below', 69, 69, 'C'], ['Red', 50, 49, 'D'], ['Least', 0, 0, 'F']];
  const accounts = {};
  for (const [name, value] of [...wanted, ['Bare', 90], ['Unknown']]) {
    accounts[name] = await admin.createAccount({ name, external_id: name, arr: usd(100) });
    if (value !== undefined) await feel(admin, accounts[name], value);
  }
  const graded = ({ name, score }) => [name, score?.whole, score?.grade];
  const { data } = await waitFor(async () => {
    const { body } = await admin.get('/api/v1/accounts?sort=-score');
    return body.data.length === 8 && body.data.filter(row => row.score).length === 7 && body;
  }, { what: 'all accounts and their scores' });
  assert.deepEqual(data.map(graded), [
    ['Best', 100, 'A'], ['Bare', 90, null], ['Edge', 70, 'B'], ['Below', 69, 'C'], ['Red', 49, 'D'], ['Low', 30, 'D'], ['Least', 0, 'F'],
    ['Unknown', undefined, undefined],
  ]);
  assert.deepEqual([data[4].score.band, data[4].score.points], ['red', 49.95]);

  await t.test('one account, its explanation and the CSV say the same', async () => {
    const { text } = await admin.get('/api/v1/export/accounts.csv');
    const [heading, ...lines] = text.trim().split('\r\n').map(line => line.split(',').map(cell => cell.replace(/^"|"$/g, '')));
    const cell = name => lines.find(line => line[heading.indexOf('name')] === name)[heading.indexOf('grade')];
    for (const [name, , whole, grade] of [...wanted, ['Bare', 90, 90, null]]) {
      const { body, headers } = await admin.get(`/api/v1/accounts/${accounts[name].id}`);
      assert.deepEqual(graded(body), [name, whole, grade]);
      assert.equal((await admin.get(`/api/v1/accounts/${body.id}/health`)).body.grade, grade, name);
      assert.equal(cell(name), grade ?? '', name);
      const changed = await admin.patch(`/api/v1/accounts/${body.id}`, { domain: `${name.toLowerCase()}.example` }, headers.get('etag'));
      assert.deepEqual([changed.status, graded(changed.body)], [200, [name, whole, grade]]);
    }
    assert.equal(cell('Unknown'), '');
    assert.equal((await admin.get(`/api/v1/accounts/${accounts.Unknown.id}`)).body.score, null);
  });

  await t.test('lists and exports are narrowed to a grade; one that no scorecard has is refused', async () => {
    const names = async query => (await admin.get(`/api/v1/accounts?${query}`)).body.data.map(row => row.name).sort();
    for (const [grade] of edges) {
      assert.deepEqual(await names(`grade=${grade}`), wanted.filter(one => one[3] === grade).map(([name]) => name).sort(), grade);
    }
    assert.deepEqual(await names('grade=D&band=red&q=low'), ['Low']);
    assert.deepEqual(await names('grade=A&scorecard=bare'), []);
    const { text } = await admin.get('/api/v1/export/accounts.csv?grade=D');
    assert.equal(text.trim().split('\r\n').length, 3);
    const refused = await admin.get('/api/v1/accounts?grade=E');
    assert.equal(refused.status, 400, refused.text);
    assert.match(refused.text, /grade/);
  });

  await t.test('the board has the edges, and a score set by hand has its own grade where it stands first', async () => {
    const { body: board } = await admin.get('/api/v1/scorecards');
    const of = name => board.data.find(card => card.name === name).grades;
    assert.deepEqual(of('plain'), edges.map(([name, from]) => ({ name, from })));
    assert.deepEqual(of('bare'), []);
    assert.deepEqual(of('next'), []);
    const res = await admin.post(`/api/v1/accounts/${accounts.Least.id}/judgements`, {
      kind: 'override', value: 84, reason: 'we know better', until: new Date(Date.now() + 86_400_000).toISOString(),
    });
    assert.equal(res.status, 201, res.text);
    const shown = await waitFor(async () => {
      const { body } = await admin.get(`/api/v1/accounts/${accounts.Least.id}`);
      return body.score.override === 84 && body;
    }, { what: 'the override' });
    const { body: why } = await admin.get(`/api/v1/accounts/${accounts.Least.id}/health`);
    assert.deepEqual([shown.score.whole, shown.score.grade, shown.score.computed, why.grade, why.points], [84, 'B', 0, 'B', 0]);
    const { body: list } = await admin.get('/api/v1/accounts?grade=B&sort=name');
    assert.deepEqual(list.data.map(row => row.name), ['Edge', 'Least']);
  });

  await t.test('a program with a gap or an overlap is refused, with line and column', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cairn-program-'));
    await writeFile(join(dir, 'a.yaml'), `${plain}grades: {A: 85, B: 85, F: 10}\n`);
    const { code, stdout, stderr } = await cairnCommand(['program', 'check', dir]);
    await rm(dir, { recursive: true });
    assert.equal(code, 1, stdout + stderr);
    assert.match(stdout + stderr, /a\.yaml:6:20: "A" and "B" overlap: both begin at 85/);
    assert.match(stdout + stderr, /a\.yaml:6:27: there is a gap: a score below 10 has no grade; let "F" begin at 0/);
  });
});

test('capabilities 26: a shadow stands beside the live score, with the difference, and decides nothing', async t => {
  const cairn = await startCairn(t);
  let admin = await useProgram(cairn, {
    'a.yaml': plain,
    'b.yaml': next,
    'signals.yaml': "signals:\n  red: {when: health.colour == 'red', because: red, severity: high}\n",
  });
  const large = await admin.createAccount({ name: 'Large', external_id: 'large', arr: usd(3_000_000) });
  const small = await admin.createAccount({ name: 'Small', external_id: 'small', arr: usd(100_000) });
  await feel(admin, large, 80);
  await feel(admin, small, 60);
  const why = await whyWhen(admin, large, 80);
  assert.equal(why.scorecard, 'plain');
  assert.equal(why.band, 'green');
  assert.deepEqual(
    why.shadows.map(({ scorecard, points, band, difference }) => [scorecard, points, band, difference]),
    [['next', 40, 'red', -40]],
  );
  assert.deepEqual((await whyWhen(admin, small, 60)).shadows, []);
  const shadow = await whyWhen(admin, large, 40, '?scorecard=next');
  assert.equal(shadow.scorecard, 'next');
  assert.equal(sum(shadow.items), 40_000);
  assert.equal((await admin.get(`/api/v1/accounts/${small.id}/health?scorecard=next`)).status, 404);

  const { body: board } = await admin.get('/api/v1/scorecards');
  assert.deepEqual(
    board.data.map(card => [card.name, card.shadow, card.accounts]),
    [
      ['next', true, 1],
      ['plain', false, 2],
    ],
  );
  assert.deepEqual([board.accounts, board.unscored], [2, 0]);
  const [shown, live] = board.data;
  assert.equal(live.compared, null);
  assert.deepEqual(live.bands, { red: 0, yellow: 1, green: 1 });
  assert.deepEqual(shown.bands, { red: 1, yellow: 0, green: 0 });
  assert.deepEqual(shown.arr, usd(3_000_000));
  assert.deepEqual(shown.compared.colours, [{ live: 'green', shadow: 'red', accounts: 1 }]);
  assert.deepEqual([shown.compared.both, shown.compared.difference, shown.compared.distance], [1, -40, 40]);
  assert.equal(shown.compared.movers[0].account_id, large.id);

  await t.test('its line is kept beside the live one, in no list of live scores, and through a restart', async () => {
    const read = async session => (await session.get(`/api/v1/accounts/${large.id}/health/history`)).body;
    const lines = page => [page.data.at(-1).points, page.shadows.map(({ scorecard, points, band, backfilled }) => [scorecard, points, band, backfilled])];
    const history = await waitFor(async () => {
      const page = await read(admin);
      return page.data.length > 0 && page.shadows.length > 0 && page;
    }, { what: 'both lines in history' });
    assert.deepEqual(lines(history), [80, [['next', 40, 'red', false]]]);
    assert.ok(history.data.every(point => point.scorecard === 'plain'));
    assert.deepEqual((await admin.get(`/api/v1/accounts/${small.id}/health/history`)).body.shadows, []);
    cairn.assertClean(await cairn.stop());
    await cairn.start();
    admin = await cairn.login();
    await whyWhen(admin, large, 80);
    assert.deepEqual(await read(admin), history); // nothing was written again
    await feel(admin, large, 100); // of one day the last is kept
    await waitFor(async () => (await read(admin)).shadows.at(-1).points === 50, { what: 'the moved shadow' });
    assert.deepEqual(lines(await read(admin)), [100, [['next', 50, 'red', false]]]); // rising from the red that was kept takes the margin
    await feel(admin, large, 80);
    await waitFor(async () => (await read(admin)).shadows.at(-1).points === 40, { what: 'the shadow as before' });
  });

  await t.test('the board shows each model whole: weights, direction and scale, and where both agree', async () => {
    assert.deepEqual(board.scale, { least: 0, most: 100, better: 'higher' });
    assert.equal(shown.applies_when, 'arr >= 20000.0');
    assert.deepEqual([shown.compared.agree, shown.compared.both], [0, 1]);
    const [part] = shown.parts;
    assert.deepEqual([part.path, part.kind, part.share, part.rule, part.missing], ['felt', 'measure', 1, 'sentiment', 'skip']);
    assert.deepEqual(part.map, [{ value: 0, score: 0 }, { value: 100, score: 50 }]);
    assert.deepEqual([live.yellow, live.green, live.margin, live.children, live.exceptions], [50, 75, 3, 'none', []]);
  });

  await t.test('the accounts of each are one list away, also those that none scores', async () => {
    const list = async query => (await admin.get(`/api/v1/accounts?${query}`)).body.data.map(row => row.name).sort();
    assert.deepEqual(await list('scorecard=plain'), ['Large', 'Small']);
    assert.deepEqual(await list('scorecard=next'), ['Large']);
    assert.deepEqual(await list('scorecard=none'), []);
    assert.deepEqual(await list('scorecard=plain&band=yellow'), ['Small']);
    assert.equal((await admin.get('/api/v1/accounts?scorecard=nobody')).status, 400);
    const { text } = await admin.get('/api/v1/export/accounts.csv?scorecard=next');
    assert.equal(text.trim().split('\r\n').length, 2);
  });

  await t.test('no signal is raised, no list shows it', async () => {
    const { body } = await admin.get('/api/v1/signals');
    assert.deepEqual(body.data, []);
    const row = (await admin.get('/api/v1/accounts')).body.data.find(account => account.id === large.id);
    assert.deepEqual([row.scorecard, row.score.band, row.score.points], ['plain', 'green', 80]);
  });
});

test('capabilities 26: accounts to which no model applies are counted and listed; exceptions and shares are told', async t => {
  const cairn = await startCairn(t);
  const admin = await useProgram(cairn, {
    'a.yaml': `
scorecard: paying
doc: those who pay
priority: 7
applies_when: arr > 0.0
groups:
  - name: felt
    weight: 7
    floor: 10
    measures:
      - {name: said, weight: 1, score: sentiment, missing: neutral}
measures:
  - {name: known, weight: 3, score: "has_sponsor ? 100.0 : 0.0"}
exceptions:
  - {when: arr > 1000000.0, cap: 49, because: too large}
`,
  });
  const pays = await admin.createAccount({ name: 'Pays', external_id: 'pays', arr: usd(100) });
  await admin.createAccount({ name: 'Tries', external_id: 'tries' });
  await feel(admin, pays, 50);
  await whyWhen(admin, pays, 35);
  const { body: board } = await admin.get('/api/v1/scorecards');
  assert.deepEqual([board.accounts, board.unscored], [2, 1]);
  const [card] = board.data;
  assert.deepEqual([card.doc, card.priority, card.accounts], ['those who pay', 7, 1]);
  assert.deepEqual(
    card.parts.map(part => [part.path, part.kind, part.depth, part.weight, part.share, part.floor, part.missing]),
    [
      ['known', 'measure', 1, 3, 0.3, null, 'skip'],
      ['felt', 'group', 1, 7, 0.7, 10, null],
      ['felt/said', 'measure', 2, 1, 0.7, null, 'neutral'],
    ].sort((a, b) => card.parts.findIndex(one => one.path === a[0]) - card.parts.findIndex(one => one.path === b[0])),
  );
  assert.deepEqual(card.exceptions, [{ kind: 'cap', points: 49, when: 'arr > 1000000.0', because: 'too large' }]);
  const none = (await admin.get('/api/v1/accounts?scorecard=none')).body.data;
  assert.deepEqual(none.map(row => [row.name, row.score]), [['Tries', null]]);
});

test('a rule that reads health without a scorecard that counts is refused where it stands', async t => {
  const cairn = await startCairn(t);
  const dir = await mkdtemp(join(tmpdir(), 'cairn-program-'));
  t.after(() => rm(dir, { recursive: true }));
  const tell = async files => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
    return cairnCommand(['program', 'check', dir]);
  };
  const signal = await tell({ 'signals.yaml': "signals:\n  red: {when: health.colour == 'red'}\n" });
  assert.equal(signal.code, 1);
  assert.match(signal.stdout + signal.stderr, /signals\.yaml:2:\d+: the program has no scorecard that counts, so health\.colour/);
  // A shadow decides nothing, so there is nothing to read of it.
  const shadow = await tell({ 'card.yaml': next });
  assert.match(shadow.stdout + shadow.stderr, /no scorecard that counts/);
  const coverage = await tell({ 'signals.yaml': '# nothing reads health\nsignals: {}\n', 'coverage.yaml': 'coverage:\n  all: {from: 0, cadence: 30d}\n' });
  assert.equal(coverage.code, 0, coverage.stdout + coverage.stderr); // it reads no colour
  const colours = await tell({ 'coverage.yaml': 'coverage:\n  all: {from: 0, cadence: 30d, colours: {red: {cadence: 7d}}}\n' });
  assert.match(colours.stdout + colours.stderr, /coverage\.yaml:2:\d+: the program has no scorecard/);
  const whole = await tell({ 'card.yaml': plain });
  assert.equal(whole.code, 0, whole.stdout + whole.stderr);
});

test('capabilities 27: a parent follows its children, explained child by child to the last digit', async t => {
  const cairn = await startCairn(t);
  const admin = await useProgram(cairn, { 'a.yaml': plain, 'b.yaml': parents });
  const holding = await admin.createAccount({ name: 'Holding', external_id: 'holding', arr: usd(100) });
  const make = name => admin.createAccount({ name, external_id: name, arr: usd(100), parent_id: holding.id });
  const [one, two, three] = [await make('One'), await make('Two'), await make('Three')];
  await feel(admin, holding, 90);
  await feel(admin, one, 80);
  await feel(admin, two, 20);
  await feel(admin, three, 35);
  const why = await whyWhen(admin, holding, 67.5);
  assert.equal(why.scorecard, 'parents');
  assert.equal(sum(why.items), 67_500);
  const children = why.items.find(item => item.path === 'children');
  assert.deepEqual([children.kind, children.points, children.weight, children.value], ['children', 22.5, 0.5, 45]);
  const parts = why.items.filter(item => item.kind === 'children' && item.depth === 2);
  const thirds = { One: 13.333, Two: 3.333, Three: 5.833 };
  assert.deepEqual(parts.map(item => item.name).sort(), Object.keys(thirds).sort());
  for (const { name, points } of parts) assert.ok(Math.abs(points - thirds[name]) < 0.0015, `${name} ${points}`);
  assert.equal(parts.reduce((all, item) => all + Math.round(item.points * 1000), 0), 22_500);
  assert.equal(parts.find(item => item.name === 'One').account_id, one.id);
  await feel(admin, two, 80); // the parent moves with its child alone: 90 and 65
  await whyWhen(admin, holding, 77.5);
  const row = await waitFor(async () => {
    const found = (await admin.get('/api/v1/accounts')).body.data.find(account => account.id === holding.id);
    return found.score?.points === 77.5 && found;
  });
  assert.equal(row.score.band, 'yellow'); // rising takes the margin

  await t.test('a cycle of accounts is refused', async () => {
    const { status, body } = await admin.patch(`/api/v1/accounts/${holding.id}`, { parent_id: one.id }, '*');
    assert.equal(status, 422, JSON.stringify(body));
    assert.match(JSON.stringify(body), /below this account/);
    assert.match(JSON.stringify(body), /parent_id/);
  });

  await t.test('a child that leaves no longer counts', async () => {
    assert.equal((await admin.patch(`/api/v1/accounts/${three.id}`, { parent_id: null }, '*')).status, 200);
    await whyWhen(admin, holding, 85); // 90, and 80 twice
  });
});
