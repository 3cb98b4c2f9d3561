// The program over HTTP: reading, checking, applying in a running server, rolling back.
import assert from 'node:assert/strict';
import test from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

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
  await waitFor(async () => (await admin.get('/api/v1/accounts')).body.total === 3);
  return { cairn, admin, write_key };
}

const points = async (client, id) => {
  const { body } = await client.get('/api/v1/accounts?sort=name');
  return body.data.find(row => row.external_id === id).score?.points;
};

test('003 a version that is applied in a running server scores all accounts, and rolling back takes it back', async t => {
  const { admin } = await withAccounts(t);
  const first = (await admin.get('/api/v1/program')).body;
  assert.equal(first.version, 1);
  assert.ok(first.files.some(file => file.name === 'metrics.yaml'));

  const applied = await admin.post('/api/v1/program/apply', { files: files(4), note: 'four logins', base_version: 1 });
  assert.equal(applied.status, 200, JSON.stringify(applied.body));
  assert.deepEqual([applied.body.version, applied.body.state], [2, 'active']);
  assert.deepEqual(await Promise.all(['g0', 'g1', 'g2'].map(id => points(admin, id))), [25, 50, 75]);

  const second = await admin.post('/api/v1/program/apply', { files: files(10), base_version: 2 });
  assert.equal(second.body.state, 'active', JSON.stringify(second.body));
  assert.equal(await points(admin, 'g2'), 30);

  const back = await admin.post('/api/v1/program/rollback', { version: 2, note: 'too strict' });
  assert.deepEqual([back.status, back.body.version, back.body.state], [200, 4, 'active']);
  assert.equal(await points(admin, 'g2'), 75);

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
  assert.ok(names.some(name => name.source === 'rows'));
  const functions = (await admin.get('/api/v1/program/functions')).body.items;
  assert.equal(functions.find(f => f.name === 'has').kind, 'macro');
  assert.equal(functions.find(f => f.name === 'math.abs').kind, 'function');
});
