// The program over HTTP: reading, checking, applying in a running server, rolling back.
import assert from 'node:assert/strict';
import test from 'node:test';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const CARD = (limit, name = 'all') => `scorecard: ${name}
groups:
  - name: usage
    weight: 100
    measures:
      - {name: logins, weight: 100, value: logins.sum(28), map: {0: 0, ${limit}: 100}}
`;
const METRICS = 'metrics:\n  logins: {event: Signed In, count: events}\n';
const files = (limit, more = '') => [
  { name: 'scorecards/all.yaml', text: CARD(limit) },
  { name: 'metrics.yaml', text: METRICS + more },
];

async function withAccounts(t, options) {
  const cairn = await startCairn(t, options);
  const admin = await cairn.login();
  const { write_key } = await admin.createSource('Shop');
  const at = new Date(Date.now() - 3600_000).toISOString();
  const batch = [];
  for (let account = 0; account < 3; account++) {
    for (let i = 0; i <= account; i++) {
      batch.push({ type: 'track', userId: `u${account}`, event: 'Signed In', timestamp: at, messageId: `m${account}-${i}`,
        properties: { amount: 10 }, context: { groupId: `g${account}` } });
    }
  }
  await cairn.send(write_key, batch);
  await waitFor(async () => {
    const { body } = await admin.get('/api/v1/accounts');
    return body.total === 3 && body.data.every(row => row.score);
  });
  return { cairn, admin, write_key };
}

const points = async (client, id) => {
  const { body } = await client.get('/api/v1/accounts?sort=name');
  return body.data.find(row => row.external_id === id).score?.points;
};

test('003 capabilities 31: a version that is applied in a running server scores all accounts, and rolling back takes it back', async t => {
  const { admin } = await withAccounts(t);
  const first = (await admin.get('/api/v1/program')).body;
  assert.equal(first.version, 1);
  assert.ok(first.files.some(file => file.name === 'metrics.yaml'));

  const applied = await admin.post('/api/v1/program/apply', { files: files(4), note: 'four logins', base_version: 1 });
  assert.equal(applied.status, 200, JSON.stringify(applied.body));
  assert.deepEqual([applied.body.version, applied.body.state], [2, 'active']);
  assert.ok(applied.body.words.some(word => /^3 accounts of \$0 move from scorecard tech-touch to all$/.test(word)), JSON.stringify(applied.body));
  assert.deepEqual(await Promise.all(['g0', 'g1', 'g2'].map(id => points(admin, id))), [25, 50, 75]);

  const second = await admin.post('/api/v1/program/apply', { files: files(10), base_version: 2 });
  assert.equal(second.body.state, 'active', JSON.stringify(second.body));
  assert.equal(await points(admin, 'g2'), 30);

  const back = await admin.post('/api/v1/program/rollback', { version: 2, note: 'too strict' });
  assert.deepEqual([back.status, back.body.version, back.body.state], [200, 4, 'active']);
  assert.equal(await points(admin, 'g2'), 75);

  assert.equal((await admin.get('/api/v1/program')).body.building, null);
  const versions = (await admin.get('/api/v1/program/versions?limit=3')).body;
  assert.deepEqual(versions.items.map(v => [v.version, v.state, v.rolls_back]), [[4, 'active', 2], [3, 'past', null], [2, 'past', null]]);
  assert.equal(versions.items[0].author.name, 'Ada Admin');
  assert.deepEqual(versions.items[1].changed_files, ['scorecards/all.yaml']);
  assert.equal(versions.next_cursor, 2);
  const last = (await admin.get('/api/v1/program/versions?cursor=2')).body;
  assert.deepEqual(last.items.map(v => v.version), [1]);
  assert.deepEqual((await admin.get('/api/v1/program/versions/2')).body.files.map(f => f.name), ['metrics.yaml', 'scorecards/all.yaml']);
  assert.equal((await admin.get('/api/v1/program/versions/9')).status, 404);
});

test('003 who applies a change of a version that is no longer the newest is refused, and nothing changes', async t => {
  const { admin } = await withAccounts(t);
  assert.equal((await admin.post('/api/v1/program/apply', { files: files(4), base_version: 1 })).status, 200);
  const late = await admin.post('/api/v1/program/apply', { files: files(5), base_version: 1 });
  assert.equal(late.status, 409);
  assert.equal((await admin.get('/api/v1/program')).body.version, 2);
});

test('003 a program with mistakes is not applied; a check names each with file, line and column, and fixes', async t => {
  const { admin } = await withAccounts(t);
  const bad = [
    { name: 'scorecards/all.yaml', text: CARD(4).replace('logins.sum(28)', 'lógins.sum(28) + login.sum(28)') },
    { name: 'metrics.yaml', text: `${METRICS}  more: {event: A, cuont: events}\n` },
  ];
  const check = (await admin.post('/api/v1/program/check', { files: bad })).body;
  assert.equal(check.ok, false);
  const inMetrics = check.problems.find(p => p.file === 'metrics.yaml');
  assert.deepEqual([inMetrics.line, inMetrics.severity], [3, 'error']);
  const refused = await admin.post('/api/v1/program/apply', { files: bad, base_version: 1 });
  assert.equal(refused.status, 422);
  assert.ok(refused.body.errors.some(e => e.pointer === '/files' && e.file === 'metrics.yaml' && e.line === 3 && e.column > 0 && e.end_column > e.column), JSON.stringify(refused.body));
  assert.equal((await admin.get('/api/v1/program')).body.version, 1);

  const near = [files(4)[1], { name: 'scorecards/all.yaml', text: CARD(4).replace('logins.sum(28)', `'trait.plan == "é" ? login.sum(28) : 0.0'`) }];
  const second = (await admin.post('/api/v1/program/check', { files: near })).body;
  assert.equal(second.problems.length, 1, JSON.stringify(second.problems));
  const [problem] = second.problems;
  const line = near[1].text.split('\n')[problem.line - 1];
  assert.equal([...line].slice(problem.column - 1, problem.column + 4).join(''), 'login');
  assert.equal(problem.fix.edits[0].text, 'logins');

  assert.equal((await admin.post('/api/v1/program/check', { files: files(4) })).body.ok, true);
  // Coverage models, stages and goals are sets of accounts, too, but nobody calls them segments.
  const shipped = (await admin.get('/api/v1/program')).body.files;
  const { summary } = (await admin.post('/api/v1/program/check', { files: shipped })).body;
  const kinds = (await admin.get('/api/v1/segments')).body.data.map(one => one.kind);
  assert.ok(kinds.includes('coverage'));
  assert.equal(summary.segments, kinds.filter(kind => kind === 'segment').length);
  const names = await admin.post('/api/v1/program/check', { files: [{ name: '../x.yaml', text: '' }] });
  assert.match(names.body.problems[0].message, /relative path/);
});

test('003 a metric that was never counted is built from the log while the old version stays active', async t => {
  const { admin, cairn, write_key } = await withAccounts(t);
  const more = '  spend: {event: Signed In, sum: amount}\n';
  const card = CARD(40).replace('logins.sum(28)', 'spend.sum(28)');
  const next = [{ name: 'scorecards/all.yaml', text: card }, { name: 'metrics.yaml', text: METRICS + more }];
  const applied = await admin.post('/api/v1/program/apply', { files: next, base_version: 1 });
  assert.equal(applied.status, 200, JSON.stringify(applied.body));
  await waitFor(async () => (await admin.get('/api/v1/program')).body.version === 2);
  assert.deepEqual(await Promise.all(['g0', 'g1', 'g2'].map(id => points(admin, id))), [25, 50, 75]);
  await cairn.send(write_key, [{ type: 'track', userId: 'u0', event: 'Signed In', properties: { amount: 20 },
    context: { groupId: 'g0' } }]);
  await waitFor(async () => (await points(admin, 'g0')) === 75);
  await cairn.stop();
  await cairn.start();
  const again = await cairn.login();
  assert.equal((await again.get('/api/v1/program')).body.version, 2);
  assert.equal(await points(again, 'g0'), 75);
});

test('003 names and functions say what a rule can read and do', async t => {
  const { admin } = await withAccounts(t);
  const names = (await admin.get('/api/v1/program/names')).body.items;
  const logins = names.find(name => name.usage === 'logins.sum(days)');
  assert.deepEqual([logins.type, logins.source], ['double', 'metric']);
  assert.equal(names.find(name => name.name === 'days_to_renewal').unit, 'days');
  const methods = names.filter(name => name.source === 'metric' && name.name === 'logins');
  assert.equal(new Set(methods.map(name => name.doc)).size, methods.length, 'each method says what it does');
  assert.match(methods.find(name => name.usage === 'logins.change(days)').doc, /^relative change of the last complete days.*; logins: /);
  assert.equal(methods.find(name => name.usage === 'logins.days_since()').unit, 'days');
  assert.ok(names.some(name => name.source === 'rows'));
  const functions = (await admin.get('/api/v1/program/functions')).body.items;
  assert.equal(functions.find(f => f.name === 'has').kind, 'macro');
  assert.equal(functions.find(f => f.name === 'math.abs').kind, 'function');
});

test('003 the rule under the cursor is matched against the accounts as they are now, and says why', async t => {
  const { admin } = await withAccounts(t);
  const text = `${CARD(4)}exceptions:\n  - {when: logins.sum(28) > 1, cap: 49, because: "é busy"}\n`;
  const next = [{ name: 'scorecards/all.yaml', text }, { name: 'metrics.yaml', text: METRICS }];
  const ask = (needle, more = 0) => {
    const lines = text.split('\n');
    const line = lines.findIndex(l => l.includes(needle));
    const column = [...lines[line].slice(0, lines[line].indexOf(needle))].length + 1 + more;
    return admin.post('/api/v1/program/match', { files: next, file: 'scorecards/all.yaml', line: line + 1, column });
  };
  const when = (await ask('logins.sum(28) > 1', 3)).body;
  assert.deepEqual([when.rule.kind, when.rule.name, when.rule.type], ['exception', 'é busy', 'bool']);
  assert.deepEqual([when.of, when.matches, when.unknown], [3, 2, 0]);
  assert.equal(when.accounts[0].why[0].name, 'logins.sum(28)');
  assert.match(when.accounts[0].why[0].source, /Signed In/);
  const name = (await ask('busy')).body; // beside it, in the same exception
  assert.equal(name.rule.expression, 'logins.sum(28) > 1');
  const value = (await ask('logins.sum(28), map')).body;
  assert.deepEqual([value.rule.kind, value.rule.name, value.matches], ['measure', 'logins', 3]);
  assert.deepEqual(value.accounts.map(a => a.value_text).sort(), ['1', '2', '3']);
  assert.equal((await ask('scorecard: all')).body.rule, null);
  const wrong = await admin.post('/api/v1/program/match', { files: [{ name: 'a.yaml', text: text.replaceAll('logins.sum(28) >', 'login.sum(28) >') },
    next[1]], file: 'a.yaml', line: 8, column: 15 });
  assert.equal(wrong.body.problems.length, 1, JSON.stringify(wrong.body));
  assert.equal(wrong.body.matches, 0);
});

const SETS = `segments:
  busy: {when: logins.sum(28) > 1, doc: they come}
lifecycle:
  stages:
    start: {from: 0, goals: [{name: active, when: logins.sum(28) > 2}]}
`;
const SIGNAL = (limit, more = '') => `signals:
  quiet: {when: logins.sum(28) < ${limit}, clear: logins.sum(28) > ${limit}, because: they stay away${more}}
`;

test('003 rules of signals, segments and the lifecycle are matched under the name of what they are for', async t => {
  const { admin } = await withAccounts(t);
  const next = [...files(4), { name: 'sets.yaml', text: SETS }, { name: 'signals.yaml', text: SIGNAL(2) }];
  const ask = async (name, needle) => {
    const lines = next.find(file => file.name === name).text.split('\n');
    const line = lines.findIndex(l => l.includes(needle));
    const { body } = await admin.post('/api/v1/program/match', { files: next, file: name, line: line + 1,
      column: lines[line].indexOf(needle) + 1 });
    return [body.rule?.kind, body.rule?.name, body.matches];
  };
  assert.deepEqual(await ask('signals.yaml', 'logins.sum(28) <'), ['signal', 'quiet', 1]);
  assert.deepEqual(await ask('signals.yaml', 'logins.sum(28) >'), ['signal', 'quiet', 1]);
  assert.deepEqual(await ask('sets.yaml', 'logins.sum(28) > 1'), ['segment', 'busy', 2]);
  assert.deepEqual(await ask('sets.yaml', 'logins.sum(28) > 2'), ['lifecycle', 'active', 1]);
});

test('003 an editor gets the JSON Schema of each section, the same as the command prints', async t => {
  const { admin } = await withAccounts(t);
  const signals = await admin.get('/api/v1/program/schema/signals');
  assert.equal(signals.status, 200, signals.text);
  assert.match(signals.headers.get('content-type'), /^application\/schema\+json/);
  assert.equal(signals.body.title, 'signals');
  assert.ok(signals.body.properties.signals);
  const printed = await cairnCommand(['program', 'schema']);
  assert.deepEqual((await admin.get('/api/v1/program/schema/program')).body, JSON.parse(printed.stdout));
  assert.equal((await admin.get('/api/v1/program/schema/nothing')).status, 404);
});

test('003 a diff says in words and numbers what a program would change, and changes nothing', async t => {
  const { admin } = await withAccounts(t);
  assert.equal((await admin.post('/api/v1/program/apply', { files: files(4), base_version: 1 })).body.state, 'active');
  const next = files(2).map(file => ({ ...file, text: file.text.replace('scorecard: all', 'scorecard: other') }));
  const diff = (await admin.post('/api/v1/program/diff', { files: next })).body;
  assert.deepEqual(diff.problems, []);
  assert.equal(diff.identical, false);
  assert.deepEqual(diff.changed_files, [{ name: 'scorecards/all.yaml', change: 'changed' }]);
  assert.equal(diff.rescored.count, 3);
  // 25, 50, 75 become 50, 100, 100.  Colours depend on those before, since rising takes a margin.
  const turned = diff.accounts.filter(a => a.before.colour !== a.after.colour);
  assert.ok(turned.some(a => a.name === 'g1'));
  assert.equal(diff.colours.reduce((sum, c) => sum + c.count, 0), turned.length);
  for (const c of diff.colours) {
    assert.equal(c.count, turned.filter(a => a.before.colour === c.from && a.after.colour === c.to).length);
    const said = `${c.count} account${c.count === 1 ? '' : 's'} of $0 turn${c.count === 1 ? 's' : ''} from ${c.from} to ${c.to}`;
    assert.ok(diff.words.includes(said), JSON.stringify(diff.words));
  }
  assert.deepEqual(diff.models.map(m => [m.from, m.to, m.count]), [['all', 'other', 3]]);
  const g1 = diff.accounts.find(a => a.name === 'g1');
  assert.deepEqual([g1.before.points, g1.after.points, g1.after.scorecard], [50, 100, 'other']);
  assert.deepEqual(await Promise.all(['g0', 'g1', 'g2'].map(id => points(admin, id))), [25, 50, 75]);

  const scan = files(4, '  spend: {event: Signed In, sum: amount}\n');
  assert.deepEqual((await admin.post('/api/v1/program/diff', { files: scan })).body.needs_scan, ['spend']);
  assert.equal((await admin.post('/api/v1/program/diff', { version: 2 })).body.identical, true);
  const bad = await admin.post('/api/v1/program/diff', { files: [{ name: 'x.yaml', text: 'nothing: 1\n' }] });
  assert.equal(bad.body.problems.length, 1);
  assert.equal((await admin.post('/api/v1/program/diff', {})).status, 422);
});

test('003 a diff says who enters and leaves segments, and which signals would be raised, cleared or already true', async t => {
  const { admin, cairn } = await withAccounts(t, { env: { CAIRN_SIGNAL_SETTLE: '0s' } });
  const program = (least, signal = 'quiet: {when: "!segment.busy"}', name = 'busy', was = '') => [...files(4),
    { name: 'sets.yaml', text: `segments:\n  ${name}: {when: logins.sum(28) > ${least}${was}}\n` },
    ...(signal ? [{ name: 'signals.yaml', text: `signals:\n  ${signal}\n` }] : [])];
  const apply = async next => {
    const applied = await admin.post('/api/v1/program/apply', { files: next });
    assert.equal(applied.body.state, 'active', JSON.stringify(applied.body));
  };
  const diff = async next => {
    const { body } = await admin.post('/api/v1/program/diff', { files: next });
    assert.deepEqual(body.problems, []);
    return { ...body, set: body.segments.find(s => s.kind === 'segment'), of: Object.fromEntries(body.accounts.map(a => [a.name, a])) };
  };
  const signals = body => Object.fromEntries(body.signals.map(s => [s.name, [s.change, s.would_raise, s.would_clear, s.already_true]]));
  await apply(program(0));
  const same = await diff(program(0));
  assert.deepEqual([same.set.change, same.set.before, same.set.after, same.set.entered, same.set.left], ['same', 3, 3, 0, 0]);
  assert.deepEqual([signals(same).quiet, same.accounts], [['same', 0, 0, 0], []]);

  const fewer = await diff(program(1));
  assert.deepEqual([fewer.set.before, fewer.set.after, fewer.set.entered, fewer.set.left], [3, 2, 0, 1]);
  assert.deepEqual(signals(fewer).quiet, ['same', 1, 0, 0]);
  assert.deepEqual([fewer.of.g0.left, fewer.of.g0.entered, fewer.of.g0.raises, fewer.of.g0.clears], [['busy'], [], ['quiet'], []]);
  assert.equal(fewer.accounts.length, 1);
  assert.ok(fewer.words.includes('1 account of $0 leaves segment busy'), JSON.stringify(fewer.words));
  assert.ok(fewer.words.includes('signal quiet is raised for 1 account of $0'), JSON.stringify(fewer.words));
  assert.equal((await admin.get('/api/v1/signals')).body.data.length, 0, 'a diff raises nothing');

  const other = await diff(program(0, 'loud: {when: logins.sum(28) > 1}', 'active', ', was: busy'));
  assert.deepEqual([other.set.name, other.set.change, other.set.entered, other.set.left], ['active', 'same', 0, 0]);
  assert.deepEqual(signals(other), { loud: ['new', 0, 0, 2], quiet: ['gone', 0, 0, 0] });
  assert.deepEqual(other.accounts, [], 'what is already true tells nobody');

  await apply(program(1));
  await waitFor(async () => (await admin.get('/api/v1/signals')).body.data.length === 1);
  const back = await diff(program(0));
  assert.deepEqual([back.set.entered, signals(back).quiet], [1, ['same', 0, 1, 0]]);
  assert.deepEqual([back.of.g0.entered, back.of.g0.clears], [['busy'], ['quiet']]);
  const gone = await diff(program(1, ''));
  assert.deepEqual([signals(gone).quiet, gone.of.g0.clears], [['gone', 0, 1, 0], ['quiet']]);

  const folder = await mkdtemp(join(tmpdir(), 'cairn-program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const { name, text } of program(0)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const printed = await cairnCommand(['program', 'diff', folder, ...cairn.where]);
  assert.match(printed.stdout, /signal quiet is cleared for 1 account of \$0/, printed.stderr);
});

test('003 who may only read tries nothing and applies nothing', async t => {
  const leader = { email: 'lea@example.com', name: 'Lea', role: 'leader', password: 'correct horse battery' };
  const csm = { email: 'cem@example.com', name: 'Cem', role: 'csm', password: 'correct horse battery' };
  const { cairn } = await withAccounts(t, { users: [leader, csm] });
  const lea = await cairn.login(leader);
  const cem = await cairn.login(csm);
  assert.equal((await cem.get('/api/v1/program')).status, 200);
  assert.equal((await cem.post('/api/v1/program/check', { files: files(4) })).status, 403);
  assert.equal((await lea.post('/api/v1/program/diff', { files: files(4) })).status, 200);
  assert.equal((await lea.post('/api/v1/program/apply', { files: files(4) })).status, 403);
});

// Fixture H1 of the health definition: logins 80 (60), breadth 40 (40); CSAT missing, open tickets 70; sponsor 20.
const H1 = policy => [
  { name: 'h1.yaml', text: `scorecard: h1
groups:
  - name: usage
    weight: 50
    measures:
      - {name: logins, weight: 60, score: logins.sum(28)}
      - {name: breadth, weight: 40, score: features.distinct(28)}
  - name: support
    weight: 20
    measures:
      - {name: csat, weight: 50, score: csat.last(), missing: ${policy}}
      - {name: tickets, weight: 50, score: tickets_score.last()}
  - name: relationship
    weight: 30
    measures:
      - {name: sponsor, weight: 100, score: sponsor_score.last()}
exceptions:
  - {when: "!has_champion", cap: 49, because: no champion}
` },
  { name: 'metrics.yaml', text: `metrics:
  logins: {event: Signed In, count: events}
  features: {distinct: event names, event: "*"}
  csat: {trait: csat, keep: last}
  tickets_score: {trait: tickets_score, keep: last}
  sponsor_score: {trait: sponsor_score, keep: last}
` },
];
const GIVEN = '{"logins.sum(28)": 80, "features.distinct(28)": 40, tickets_score.last(): 70, sponsor_score.last(): 20, has_champion: CHAMPION}';

test('003 a program tests itself: fixture H1 is 52 yellow, 45 red when missing is zero, 49 red without a champion', async t => {
  const { admin } = await withAccounts(t);
  const given = champion => GIVEN.replace('CHAMPION', champion);
  const cases = [
    `tests:\n  - name: H1\n    given: ${given(true)}\n    expect: {score: 52.000, colour: yellow, confidence: 0.9, exceptions: []}\n`,
    `  - name: H1 without a champion\n    given: ${given(false)}\n    expect: {score: 49, colour: red, exceptions: [no champion]}\n`,
  ];
  const run = files => admin.post('/api/v1/program/test', { files });
  const good = (await run([...H1('skip'), { name: 'tests/h1.yaml', text: cases.join('') }])).body;
  assert.deepEqual([good.problems, good.passed, good.failed], [[], 2, 0], JSON.stringify(good));

  const zero = (await run([...H1('zero'), { name: 'tests/h1.yaml', text: cases[0] }])).body;
  assert.equal(zero.failed, 1);
  assert.deepEqual(zero.cases[0].differences.map(d => [d.what, d.got]).slice(0, 2), [['score', '45'], ['colour', 'red']]);
  assert.deepEqual([zero.cases[0].file, zero.cases[0].line], ['tests/h1.yaml', 2]);

  const unread = cases[0].replace('sponsor_score.last()', 'sponsor_scor.last()').replace('colour: yellow', 'scorecard: h2');
  const bad = (await run([...H1('skip'), { name: 'tests/h1.yaml', text: unread }])).body;
  assert.equal(bad.cases.length, 0);
  assert.ok(bad.problems.some(p => p.line === 3 && /no rule reads "sponsor_scor.last\(\)" \(did you mean sponsor_score.last\(\)\?\)/.test(p.message)), JSON.stringify(bad));
  assert.ok(bad.problems.some(p => /there is no scorecard "h2"/.test(p.message)));
});

test('003 a case says all segments that it is in and all signals of which the condition holds', async t => {
  const { admin } = await withAccounts(t);
  const expect = (segments, signals) => [...files(4),
    { name: 'sets.yaml', text: 'segments:\n  busy: {when: logins.sum(28) > 1}\n  calm: {when: "!segment.busy"}\n' },
    { name: 'signals.yaml', text: 'signals:\n  quiet: {when: segment.calm}\n  low: {when: health.score < 50}\n' },
    { name: 'tests/t.yaml', text: `tests:\n  - {name: one, given: {logins.sum(28): 1}, expect: {segments: [${segments}], signals: [${signals}]}}\n` }];
  const run = async next => (await admin.post('/api/v1/program/test', { files: next })).body;
  const good = await run(expect('calm', 'quiet, low'));
  assert.deepEqual([good.problems, good.passed, good.failed], [[], 1, 0], JSON.stringify(good));
  const wrong = await run(expect('calm, busy', ''));
  assert.deepEqual(wrong.cases[0].differences, [{ what: 'segments', expected: 'calm; busy', got: 'calm' },
    { what: 'signals', expected: 'none', got: 'low; quiet' }]);
  const unknown = await run(expect('calmm', 'quit'));
  assert.deepEqual(unknown.problems.map(p => p.message.replace(/ \(.*/, '')), ['there is no segment "calmm"', 'there is no signal "quit"']);
});

test('003 a crash while a metric is built from the log: the next start goes on, and the version becomes active', async t => {
  const { admin, cairn } = await withAccounts(t);
  const next = [{ name: 'scorecards/all.yaml', text: CARD(40).replace('logins.sum(28)', 'spend.sum(28)') },
    { name: 'metrics.yaml', text: `${METRICS}  spend: {event: Signed In, sum: amount}\n` }];
  const applied = await admin.post('/api/v1/program/apply', { files: next, base_version: 1 });
  assert.equal(applied.status, 200);
  await cairn.kill();
  await cairn.start();
  const again = await cairn.login();
  await waitFor(async () => (await again.get('/api/v1/program')).body.version === 2);
  await waitFor(async () => (await points(again, 'g2')) === 75);
});

test('003 commands end with 1 for a mistake, a failing test and a change, so that CI stops there', async t => {
  const { cairn } = await withAccounts(t);
  const folder = await mkdtemp(join(tmpdir(), 'cairn-program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const put = async all => {
    for (const { name, text } of all) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  };
  const run = (what, ...more) => cairnCommand(['program', what, folder, ...more]);
  await put([...files(4), { name: 'tests/t.yaml', text: 'tests:\n  - {name: four, given: {logins.sum(28): 4}, expect: {score: 100}}\n' }]);
  assert.equal((await run('check')).code, 0);
  assert.match((await run('test')).stdout, /1 passed, 0 failed/);
  assert.equal((await run('diff', ...cairn.where)).code, 0);
  assert.equal((await run('diff', '--exit-code', ...cairn.where)).code, 1);
  assert.equal((await run('apply', '--base', '9', ...cairn.where)).code, 1);
  const applied = await run('apply', '--base', '1', ...cairn.where);
  assert.deepEqual([applied.code, applied.stdout.includes('Version 2 is active.')], [0, true], applied.stderr);
  await put(files(5));
  const failed = await run('test');
  assert.deepEqual([failed.code, failed.stdout.includes('score: expected 100, got 80')], [1, true], failed.stdout);
  await put([{ name: 'metrics.yaml', text: 'metrics: {logins: 1}\n' }]);
  const wrong = await run('check');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /metrics.yaml:1:/);
  assert.equal((await run('apply', ...cairn.where)).code, 1);
  assert.equal((await cairnCommand(['program', 'rollback', 'x', ...cairn.where])).code, 2);
  assert.equal((await cairnCommand(['program', 'rollback', '9', ...cairn.where])).code, 1);
});
