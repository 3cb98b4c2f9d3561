// Who works with Cairn: added and changed by admins while the server runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ADMIN, cairnCommand, startCairn } from './harness.mjs';

const password = 'correct horse battery';
const etag = res => res.headers.get('etag');
const pointers = res => res.body.errors.map(one => one.pointer);

async function add(admin, fields) {
  const res = await admin.post('/api/v1/users', { password, ...fields });
  assert.equal(res.status, 201, res.text);
  return { ...res.body, etag: etag(res) };
}

const change = (admin, user, fields, match = '*') => admin.patch(`/api/v1/users/${user.id}`, fields, match);

// Whether somebody can sign in.
async function signsIn(cairn, email, word = password) {
  const res = await cairn.call('POST', '/api/v1/session', { body: { email, password: word }, headers: { origin: cairn.base } });
  assert.ok([200, 401].includes(res.status), res.text);
  return res.status === 200;
}

test('an admin adds somebody, who signs in at once', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();

  const least = await admin.post('/api/v1/users', { email: 'Plain@example.com', password });
  assert.equal(least.status, 201, least.text);
  const { id, created_at, ...rest } = least.body;
  assert.deepEqual(rest, {
    name: 'Plain@example.com', email: 'Plain@example.com', role: 'csm', scope: 'all', team: null, is_disabled: false, version: 1,
  });
  assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000, created_at);
  assert.equal(least.headers.get('location'), `/api/v1/users/${id}`);
  assert.equal(etag(least), '"1"');
  assert.ok(!least.text.includes(password));

  const lea = await add(admin, { email: 'lea@example.com', name: 'Lea', role: 'leader', scope: 'team', team: 'North' });
  const mo = await add(admin, { email: 'mo@example.com', name: 'Mo', role: 'viewer', scope: 'own', team: 'North' });
  assert.deepEqual([lea.role, lea.scope, lea.team, mo.role, mo.scope, mo.team], ['leader', 'team', 'North', 'viewer', 'own', 'North']);
  const one = await admin.get(`/api/v1/users/${lea.id}`);
  assert.deepEqual([one.status, one.body.name, etag(one)], [200, 'Lea', '"1"']);
  const session = await cairn.login({ email: 'lea@example.com', password });
  assert.deepEqual([session.user.id, session.user.role], [lea.id, 'leader']);

  await t.test('all of them are listed by name, a page at a time', async () => {
    const names = [];
    for (let cursor = ''; cursor !== null; ) {
      const { status, body } = await admin.get(`/api/v1/users?limit=2${cursor && `&cursor=${cursor}`}`);
      assert.equal(status, 200);
      names.push(...body.data.map(user => user.name));
      cursor = body.next_cursor;
    }
    assert.deepEqual(names, ['Ada Admin', 'Lea', 'Mo', 'Plain@example.com']);
  });

  await t.test('what a user cannot be is refused with the member that is wrong', async () => {
    for (const [fields, status, pointer] of [
      [{ email: 'nomail' }, 422, '/email'],
      [{ email: 'a b@example.com' }, 422, '/email'],
      [{ name: '   ' }, 422, '/name'],
      [{ name: 'two\nlines' }, 422, '/name'],
      [{ name: '' }, 422, '/name'],
      [{ team: ' ' }, 422, '/team'],
      [{ role: 'boss' }, 422, '/role'],
      [{ scope: 'none' }, 422, '/scope'],
      [{ password: 'short' }, 422, '/password'],
      [{ password: 'x'.repeat(257) }, 422, '/password'],
      [{ password: undefined }, 422, '/password'],
      [{ is_disabled: true }, 422, '/is_disabled'],
      [{ email: 'LEA@example.com' }, 409, '/email'],
    ]) {
      const res = await admin.post('/api/v1/users', { email: 'new@example.com', password, ...fields });
      assert.equal(res.status, status, `${JSON.stringify(fields)}: ${res.text}`);
      assert.deepEqual(pointers(res), [pointer], res.text);
    }
    const { body } = await admin.get('/api/v1/users');
    assert.equal(body.data.length, 4);
  });

  await t.test('sent again with the same key, somebody is added once', async () => {
    const send = () => admin.post('/api/v1/users', { email: 'once@example.com', password }, { 'idempotency-key': '"once"' });
    const [first, again] = [await send(), await send()];
    assert.deepEqual([first.status, again.status, again.body.id], [201, 201, first.body.id]);
  });
});

test('an admin changes what somebody is, and it holds from their next request', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const user = await add(admin, { email: 'sam@example.com', name: 'Sam' });
  const other = await add(admin, { email: 'other@example.com' });
  const sam = await cairn.login({ email: 'sam@example.com', password });
  assert.equal((await sam.get('/api/v1/sources')).status, 403);

  const changed = await change(admin, user, { role: 'ops', name: 'Samira', team: 'South' }, user.etag);
  assert.equal(changed.status, 200, changed.text);
  assert.deepEqual(
    [changed.body.role, changed.body.name, changed.body.team, changed.body.scope, changed.body.version, etag(changed)],
    ['ops', 'Samira', 'South', 'all', 2, '"2"'],
  );
  assert.equal((await sam.get('/api/v1/sources')).status, 200);
  const out = await change(admin, user, { team: null, scope: 'own' });
  assert.deepEqual([out.body.team, out.body.scope, out.body.role], [null, 'own', 'ops']);

  await t.test('a change of what has changed meanwhile is refused', async () => {
    assert.equal((await change(admin, user, { name: 'Late' }, user.etag)).status, 412);
    assert.equal((await change(admin, user, { name: 'Blind' }, '')).status, 428);
    assert.equal((await admin.get(`/api/v1/users/${user.id}`)).body.name, 'Samira');
  });

  await t.test('an address is one user\'s, and changes how they sign in', async () => {
    const taken = await change(admin, user, { email: 'Other@example.com' });
    assert.deepEqual([taken.status, pointers(taken)], [409, ['/email']]);
    assert.equal((await change(admin, user, { email: 'nomail' })).status, 422);
    assert.equal((await change(admin, user, { email: 'SAM@example.com' })).status, 200);
    assert.equal((await change(admin, user, { email: 'samira@example.com' })).status, 200);
    assert.deepEqual([await signsIn(cairn, 'sam@example.com'), await signsIn(cairn, 'samira@example.com')], [false, true]);
  });

  await t.test('a new password ends the sessions that there are', async () => {
    const mine = await cairn.login({ email: other.email, password });
    const short = await change(admin, other, { password: 'short' });
    assert.deepEqual([short.status, pointers(short)], [422, ['/password']]);
    assert.equal((await mine.get('/api/v1/session')).status, 200);
    assert.equal((await change(admin, other, { password: 'another long one' })).status, 200);
    assert.equal((await mine.get('/api/v1/session')).status, 401);
    assert.deepEqual([await signsIn(cairn, other.email), await signsIn(cairn, other.email, 'another long one')], [false, true]);
  });

  assert.equal((await change(admin, { id: 'user_0000000000001' }, { name: 'Nobody' })).status, 404);
});

test('who is disabled loses sessions and keys, and gets back neither when they may sign in again', async t => {
  const cairn = await startCairn(t, { users: [{ email: 'gone@example.com', name: 'Gone', role: 'csm', password }] });
  cairn.assertClean(await cairn.stop());
  const { stdout, code } = await cairnCommand(['key', 'api', 'gone@example.com', ...cairn.where]);
  assert.equal(code, 0);
  await cairn.start();
  const admin = await cairn.login();
  const gone = await cairn.login({ email: 'gone@example.com', password });
  const byKey = () => cairn.call('GET', '/api/v1/session', { headers: { authorization: `Bearer ${stdout.trim()}` } });
  assert.equal((await byKey()).status, 200);

  const res = await change(admin, gone.user, { is_disabled: true });
  assert.deepEqual([res.status, res.body.is_disabled], [200, true]);
  assert.equal((await gone.get('/api/v1/session')).status, 401);
  assert.equal((await byKey()).status, 401);
  assert.equal(await signsIn(cairn, 'gone@example.com'), false);
  const listed = async query => (await admin.get(`/api/v1/users${query}`)).body.data.map(user => [user.name, user.is_disabled]);
  assert.deepEqual(await listed(''), [['Ada Admin', false]]);
  assert.deepEqual(await listed('?disabled=true'), [['Ada Admin', false], ['Gone', true]]);

  assert.equal((await change(admin, gone.user, { is_disabled: false })).status, 200);
  assert.equal(await signsIn(cairn, 'gone@example.com'), true);
  assert.equal((await gone.get('/api/v1/session')).status, 401);
  assert.equal((await byKey()).status, 401);
});

test('the last admin who can sign in stays one', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  for (const fields of [{ is_disabled: true }, { role: 'ops' }]) {
    const res = await change(admin, admin.user, fields);
    assert.equal(res.status, 409, res.text);
    assert.match(res.body.detail, /last admin/);
  }
  assert.equal((await change(admin, admin.user, { role: 'admin', name: 'Ada' })).status, 200);

  // One who is disabled does not count.
  const second = await add(admin, { email: 'second@example.com', role: 'admin' });
  assert.equal((await change(admin, second, { is_disabled: true })).status, 200);
  assert.equal((await change(admin, admin.user, { role: 'csm' })).status, 409);
  assert.equal((await change(admin, second, { is_disabled: false })).status, 200);

  // Two who take it from each other at the same time: one of them stays.
  const other = await cairn.login({ email: second.email, password });
  const both = await Promise.all([change(admin, second, { role: 'csm' }), change(other, admin.user, { role: 'csm' })]);
  const { body } = await admin.get('/api/v1/users');
  assert.equal(body.data.filter(user => user.role === 'admin').length, 1, both.map(res => res.text).join('\n'));
  assert.ok(both.some(res => res.status === 200) && both.some(res => [403, 409].includes(res.status)), both.map(res => res.status).join());

  // The command keeps to it too.
  const left = body.data.find(user => user.role === 'admin');
  cairn.assertClean(await cairn.stop());
  const { code, stderr } = await cairnCommand(['user', 'disable', left.email, ...cairn.where]);
  assert.equal(code, 1);
  assert.match(stderr, /last admin/);
  await cairn.start();
});

test('reliability 29: only admins, signed in, add and change users', async t => {
  const roles = ['ops', 'leader', 'csm', 'viewer'];
  const cairn = await startCairn(t, { users: roles.map(role => ({ email: `${role}@example.com`, name: role, role, password })) });
  cairn.assertClean(await cairn.stop());
  const { stdout } = await cairnCommand(['key', 'api', '--write', ADMIN.email, ...cairn.where]);
  await cairn.start();
  const admin = await cairn.login();
  for (const role of roles) {
    const session = await cairn.login({ email: `${role}@example.com`, password });
    const self = `/api/v1/users/${session.user.id}`;
    assert.equal((await session.get('/api/v1/users')).status, 200, role);
    assert.equal((await session.get(self)).status, 403, role);
    assert.equal((await session.patch(self, { role: 'admin' }, '*')).status, 403, role);
    assert.equal((await session.post('/api/v1/users', { email: 'x@example.com', role: 'admin', password })).status, 403, role);
    assert.equal((await admin.get(self)).body.role, role);
  }
  const headers = { authorization: `Bearer ${stdout.trim()}` };
  assert.equal((await cairn.call('POST', '/api/v1/users', { body: { email: 'x@example.com', password }, headers })).status, 403);
  assert.equal((await cairn.call('POST', '/api/v1/users', { body: { email: 'x@example.com', password } })).status, 401);
});
