// Two versions of the program side by side over the past, for everybody, a segment or a book: on either database.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

const PATH = '/api/v1/comparisons';
const DAY_MS = 86_400_000;
const day = ago => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);
const person = role => ({ email: `${role}@example.com`, password: 'correct horse battery', name: role, role });

/** The score is the trait `use`, times so much; who uses most is a segment. */
const program = full => [
  {
    name: 'scorecards/all.yaml',
    text: `scorecard: all
priority: 1
bands: {yellow: 40, green: 70, margin: 0}
groups:
  - name: one
    weight: 100
    measures:
      - {name: use, weight: 100, value: trait.use.number(), map: {0: 0, ${full}: 100}}
`,
  },
  { name: 'segments.yaml', text: 'segments:\n  busy: {when: trait.use.number() >= 40.0}\n' },
];

async function ask(client, body) {
  const { status, body: run } = await client.post(PATH, body);
  assert.equal(status, 202, JSON.stringify(run));
  return run;
}

const ended = (client, id) =>
  waitFor(async () => {
    const { status, body } = await client.get(`${PATH}/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
    return ['done', 'failed'].includes(body.state) && body;
  }, { what: 'the comparison, which gives way to all else', timeoutMs: 60_000 });

/** Three accounts that were there 40 days ago, told by group calls of then. */
async function world(t) {
  const cairn = await startCairn(t, { users: [person('leader'), person('csm')] });
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  const batch = Object.entries({ low: 20, middle: 45, high: 80 }).map(([groupId, use]) => ({
    type: 'group',
    messageId: groupId,
    userId: `user-${groupId}`,
    groupId,
    traits: { name: groupId, use },
    timestamp: new Date(Date.now() - 40 * DAY_MS).toISOString(),
  }));
  const sent = await cairn.send(key, batch);
  assert.equal(sent.status, 200, sent.text);
  const accounts = await waitFor(async () => {
    const { data } = (await admin.get('/api/v1/accounts')).body;
    const byName = Object.fromEntries(data.map(one => [one.name, one]));
    return ['low', 'middle', 'high'].every(name => byName[name]) && byName; // a name may come after its account
  });
  for (const [version, full] of [[2, 100], [3, 50]]) {
    const applied = await admin.post('/api/v1/program/apply', { files: program(full) });
    assert.equal(applied.status, 200, applied.text);
    await waitFor(async () => (await admin.get('/api/v1/program')).body.version === version);
  }
  return { cairn, admin, accounts };
}

const counts = standing => Object.fromEntries(standing.colours.map(({ colour, count }) => [colour, count]));

test('capabilities 24: the version before and now stand side by side, day by day, for all, a segment and a book', async t => {
  const { cairn, admin, accounts } = await world(t);

  const asked = await ask(admin, { from: day(20), to: day(0) });
  assert.deepEqual([asked.version, asked.against, asked.basis, asked.step], [3, 2, 'true', 'day']);
  const run = await ended(admin, asked.id);
  assert.equal(run.state, 'done', run.failure);
  const { result } = run;
  assert.equal(result.accounts, 3);
  assert.equal(result.differ, 3);
  assert.deepEqual(result.needs_scan, []);
  assert.deepEqual([result.days.length, result.days[0].day, result.days.at(-1).day], [21, day(20), day(0)]);
  for (const one of result.days) {
    assert.deepEqual(counts(one.before), { red: 1, yellow: 1, green: 1, none: 0 }, one.day); // 20, 45, 80
    assert.deepEqual(counts(one.after), { red: 0, yellow: 1, green: 2, none: 0 }, one.day); // 40, 90, 100
    assert.equal(one.before.mean, 48.33);
    assert.equal(one.after.mean, 76.67);
    assert.equal(one.moved, 2);
  }
  assert.deepEqual(
    result.moves.map(({ was, is, count }) => [was, is, count]),
    [['red', 'yellow', 1], ['yellow', 'green', 1], ['green', 'green', 1]],
  );
  assert.deepEqual(result.furthest.map(one => [one.name, one.distance]), [['middle', 45], ['low', 20], ['high', 20]]);
  const [middle] = result.furthest;
  assert.equal(middle.id, accounts.middle.id);
  assert.deepEqual(middle.last_before, { points: 45, colour: 'yellow' });
  assert.deepEqual(middle.last_after, { points: 90, colour: 'green' });

  // Nothing of it was stored: what is shown is what was lived.
  assert.equal((await admin.get('/api/v1/program')).body.version, 3);

  const busy = await ended(admin, (await ask(admin, { from: day(20), step: 'week', segment: 'busy' })).id);
  assert.equal(busy.result.accounts, 2);
  assert.deepEqual(busy.result.days.map(one => one.day), [day(14), day(7), day(0)]);
  assert.equal(busy.segment, 'busy');

  const { data: users } = (await admin.get('/api/v1/users')).body;
  const csm = users.find(one => one.name === 'csm');
  const owned = await admin.patch(`/api/v1/accounts/${accounts.low.id}`, { owner_id: csm.id }, '*');
  assert.equal(owned.status, 200, owned.text);
  const book = await waitFor(async () => {
    const one = await ended(admin, (await ask(admin, { from: day(3), owner_id: csm.id })).id);
    return one.result?.accounts === 1 && one; // the engine has heard of it
  });
  assert.equal(book.owner_id, csm.id);
  assert.deepEqual(book.result.furthest.map(one => one.name), ['low']);

  await cairn.stop(); // what came of it is kept
  await cairn.start();
  const again = await cairn.login();
  assert.deepEqual((await again.get(`${PATH}/${asked.id}`)).body.result, result);
  const listed = (await again.get(PATH)).body.data;
  assert.equal(listed.at(-1).id, asked.id);
  assert.equal((await again.get('/api/v1/backtests')).body.data.length, 0, 'a comparison is no back-test');
  const id = asked.id.replace('cmpr', 'btst');
  assert.equal((await again.get(`/api/v1/backtests/${id}`)).status, 404);
});

test('a draft is compared with the active version; a wrong one fails with its first mistake', async t => {
  const { admin } = await world(t);
  const run = await ended(admin, (await ask(admin, { files: program(100), from: day(5) })).id);
  assert.equal(run.state, 'done', run.failure);
  assert.deepEqual([run.version, run.against], [null, 3]);
  assert.equal(run.result.days.at(-1).before.mean, 76.67);
  assert.equal(run.result.days.at(-1).after.mean, 48.33);

  const files = [{ name: 'segments.yaml', text: 'segments:\n  odd: {when: nonsense > 1.0}\n' }];
  const wrong = await ended(admin, (await ask(admin, { files, from: day(5) })).id);
  assert.equal(wrong.state, 'failed');
  assert.match(wrong.failure, /nonsense/);
  assert.equal(wrong.result, null);
});

test('metrics count on each day as they did then, whether both programs count the same or not', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  const metrics = 'metrics:\n  logins: {event: Signed In, count: events}\n';
  const of = (text, full) => [
    { name: 'metrics.yaml', text },
    { name: 'scorecards/all.yaml', text: program(full)[0].text.replace('trait.use.number()', 'logins.sum(7)') },
  ];
  assert.equal((await admin.post('/api/v1/program/apply', { files: of(metrics, 7) })).status, 200);
  const at = ago => new Date(Date.parse(`${day(ago)}T12:00:00Z`)).toISOString();
  const batch = [{ type: 'group', userId: 'u1', groupId: 'acme', traits: { name: 'Acme' }, timestamp: at(30) }];
  for (let ago = 5; ago >= 1; ago--) {
    batch.push({ type: 'track', event: 'Signed In', userId: 'u1', context: { groupId: 'acme' }, timestamp: at(ago) });
  }
  assert.equal((await cairn.send(key, batch)).status, 200);
  await waitFor(async () => (await admin.get('/api/v1/accounts')).body.data[0]?.score?.points > 70);
  const means = ({ result }, side) => result.days.map(one => one[side].mean);

  const body = { from: day(5), against: 2 };
  const same = await ended(admin, (await ask(admin, { ...body, files: of(metrics, 14) })).id);
  assert.equal(same.state, 'done', same.failure);
  assert.deepEqual(same.result.needs_scan, []);
  assert.deepEqual(means(same, 'before'), [0, 14.29, 28.57, 42.86, 57.14, 71.43]); // what was done before each midnight
  assert.deepEqual(means(same, 'after'), [0, 7.14, 14.29, 21.43, 28.57, 35.71]);

  const more = `${metrics}  spend: {event: Paid, sum: amount}\n`;
  const other = await ended(admin, (await ask(admin, { ...body, files: of(more, 14) })).id);
  assert.equal(other.state, 'done', other.failure);
  assert.deepEqual(other.result.needs_scan, ['spend']);
  assert.deepEqual([means(other, 'before'), means(other, 'after')], [means(same, 'before'), means(same, 'after')]);
});

test('what is asked is checked, and only who sees all may ask', async t => {
  const cairn = await startCairn(t, { users: [person('leader'), person('csm')] });
  const admin = await cairn.login();
  for (const [body, pointer, detail] of [
    [{}, '/against', 'there is no version before it: say which to compare with'],
    [{ against: 1, from: day(1), to: day(2) }, '/to', 'the last day is before the first'],
    [{ against: 1, to: day(-3) }, '/to', 'the last day is today or before'],
    [{ against: 1, from: day(401) }, '/from', 'at most 400 days are compared'],
    [{ against: 1, segment: 'nobody' }, '/segment', 'the running program has no segment of that name'],
  ]) {
    const { status, body: problem } = await admin.post(PATH, body);
    assert.equal(status, 422, JSON.stringify(body));
    assert.deepEqual(problem.errors, [{ pointer, detail }]);
  }
  assert.equal((await admin.post(PATH, { version: 1, files: [] })).status, 422);
  assert.equal((await admin.post(PATH, { against: 99 })).status, 404);
  assert.equal((await admin.get(`${PATH}/cmpr_nosuchrun`)).status, 404);
  const csm = await cairn.login(person('csm'));
  assert.equal((await csm.get(PATH)).status, 403);
  assert.equal((await csm.post(PATH, { against: 1 })).status, 403);

  const leader = await cairn.login(person('leader'));
  const empty = await ended(leader, (await ask(leader, { against: 1, from: day(399) })).id);
  assert.equal(empty.state, 'done', empty.failure);
  assert.equal(empty.result.accounts, 0);
  assert.equal(empty.result.days.length, 400);
  assert.equal(empty.result.days[0].before.mean, null);
});
