// Who is let in: API keys made, listed and revoked, sessions listed and ended, while the server runs.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { ADMIN, cairnCommand, onPostgres, startCairn, waitFor } from './harness.mjs';

const password = 'correct horse battery';
const KEYS = '/api/v1/api-keys';
const SESSIONS = '/api/v1/sessions';

const users = ['ops', 'leader', 'csm', 'viewer'].map(role => ({ email: `${role}@example.com`, name: role, role, password }));

async function make(session, fields = {}) {
  const res = await session.post(KEYS, { name: 'nightly report', ...fields });
  assert.equal(res.status, 201, res.text);
  return res.body;
}

const byKey = (cairn, key, method, path, body) =>
  cairn.call(method, path, { body, headers: { authorization: `Bearer ${key.secret ?? key}` } });
const keysOf = async session => (await session.get(KEYS)).body.data;
const del = (session, path) => session.call('DELETE', path);

// A live stream of whoever has these headers; `ended` when the server has ended it.
async function listen(t, cairn, headers) {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const res = await fetch(`${cairn.base}/api/v1/stream`, { headers: { ...headers, accept: 'text/event-stream' }, signal: stop.signal });
  assert.equal(res.status, 200);
  const stream = { ended: false };
  (async () => {
    for await (const _ of res.body);
  })().catch(() => {}).finally(() => (stream.ended = true));
  return stream;
}

test('reliability 33: a key is made, used, listed and revoked', async t => {
  const cairn = await startCairn(t, { users });
  const admin = await cairn.login();
  const res = await admin.post(KEYS, { name: 'nightly report' });
  assert.equal(res.status, 201, res.text);
  const { secret, ...made } = res.body;
  assert.match(secret, /^ck_[\w-]{44}$/);
  assert.equal(res.headers.get('location'), `${KEYS}/${made.id}`);
  const { id: _, created_at, ...rest } = made;
  assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000, created_at);
  assert.deepEqual(rest, {
    name: 'nightly report', hint: secret.slice(-4), may_write: false, last_used_at: null, expires_at: null,
    user: { id: admin.user.id, name: ADMIN.name, role: 'admin', scope: 'all' },
  });
  assert.deepEqual(await keysOf(admin), [made]);

  await t.test('it only reads, unless it was made to write, and runs nothing', async () => {
    const writer = await make(admin, { name: 'writer', may_write: true });
    assert.equal((await byKey(cairn, secret, 'GET', '/api/v1/accounts')).status, 200);
    assert.equal((await byKey(cairn, secret, 'POST', '/api/v1/accounts', { name: 'X' })).status, 403);
    assert.equal((await byKey(cairn, writer, 'POST', '/api/v1/accounts', { name: 'X' })).status, 201);
    assert.equal((await byKey(cairn, writer, 'POST', '/api/v1/sources', { name: 'X' })).status, 403);
    assert.equal((await byKey(cairn, writer, 'POST', '/api/v1/users', { email: 'x@example.com', password })).status, 403);
    assert.equal((await del(admin, `${KEYS}/${writer.id}`)).status, 204);
  });

  await t.test('its last use is told', async () => {
    const [{ last_used_at }] = await keysOf(admin);
    assert.ok(Math.abs(Date.parse(last_used_at) - Date.now()) < 60_000, last_used_at);
  });

  await t.test('it may no more than its user, now and later', async () => {
    const csm = await cairn.login({ email: 'csm@example.com', password });
    const key = await make(csm, { may_write: true });
    assert.deepEqual([key.user.role, key.user.id], ['csm', csm.user.id]);
    const account = await admin.createAccount({ name: 'Other', external_id: 'other' });
    assert.equal((await byKey(cairn, key, 'GET', `/api/v1/accounts/${account.id}`)).status, 404, 'out of scope');
    assert.equal((await byKey(cairn, key, 'GET', '/api/v1/sources')).status, 403);
    assert.equal((await byKey(cairn, key, 'POST', '/api/v1/accounts', { name: 'Mine' })).status, 201);
    await admin.patch(`/api/v1/users/${csm.user.id}`, { role: 'viewer' }, '*');
    assert.equal((await byKey(cairn, key, 'POST', '/api/v1/accounts', { name: 'Mine' })).status, 403);
    assert.equal((await keysOf(admin)).find(one => one.id === key.id).user.role, 'viewer');
    await admin.patch(`/api/v1/users/${csm.user.id}`, { role: 'csm' }, '*');
    await del(admin, `${KEYS}/${key.id}`);
  });

  await t.test('what a key cannot be is refused with the member that is wrong', async () => {
    const before = (await keysOf(admin)).length;
    for (const [fields, pointer] of [
      [{ name: '' }, '/name'],
      [{ name: '   ' }, '/name'],
      [{ name: 'two\nlines' }, '/name'],
      [{ name: 'x'.repeat(201) }, '/name'],
      [{ name: undefined }, '/name'],
      [{ may_write: 'yes' }, '/may_write'],
      [{ expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
      [{ expires_at: 'tomorrow' }, '/expires_at'],
      // reliability 29: mass assignment
      [{ user_id: 'user_0000000000001' }, '/user_id'],
      [{ user: { id: 'user_0000000000001' } }, '/user'],
      [{ role: 'admin' }, '/role'],
      [{ scope: 'all' }, '/scope'],
      [{ scopes: 7 }, '/scopes'],
      [{ secret: `ck_${'a'.repeat(43)}` }, '/secret'],
    ]) {
      const res = await admin.post(KEYS, { name: 'n', ...fields });
      assert.equal(res.status, 422, `${JSON.stringify(fields)}: ${res.text}`);
      assert.deepEqual(res.body.errors.map(one => one.pointer), [pointer], res.text);
    }
    assert.equal((await keysOf(admin)).length, before);
  });

  await t.test('it ends when it was said to', async () => {
    const key = await make(admin, { expires_at: new Date(Date.now() + 1500).toISOString() });
    assert.equal((await byKey(cairn, key, 'GET', '/api/v1/session')).status, 200);
    await waitFor(async () => (await byKey(cairn, key, 'GET', '/api/v1/session')).status === 401, { what: 'its end' });
    await del(admin, `${KEYS}/${key.id}`);
  });

  await t.test('revoked, it is refused at once, and its stream ends', async t => {
    const key = await make(admin);
    const stream = await listen(t, cairn, { authorization: `Bearer ${key.secret}` });
    assert.equal((await del(admin, `${KEYS}/${key.id}`)).status, 204);
    assert.equal((await byKey(cairn, key, 'GET', '/api/v1/session')).status, 401);
    await waitFor(() => stream.ended, { what: 'the end of the stream', timeoutMs: 5000 });
    assert.ok((await keysOf(admin)).every(one => one.id !== key.id));
    assert.equal((await del(admin, `${KEYS}/${key.id}`)).status, 404);
  });

  await t.test('a key that the command made is listed like the others, under its user', async () => {
    cairn.assertClean(await cairn.stop());
    const { stdout, code } = await cairnCommand(['key', 'api', 'ops@example.com', '--name', 'by command', ...cairn.where]);
    assert.equal(code, 0);
    await cairn.start();
    const one = (await keysOf(await cairn.login())).find(key => key.name === 'by command');
    assert.deepEqual([one.user.role, one.hint, one.last_used_at], ['ops', stdout.trim().slice(-4), null]);
  });
});

test('reliability 29: everybody has keys of their own, and admins see and revoke all', async t => {
  const cairn = await startCairn(t, { users });
  const admin = await cairn.login();
  const mine = await make(admin, { name: 'of the admin' });
  const sessions = [];
  for (const user of users) {
    const session = await cairn.login(user);
    sessions.push(session);
    const key = await make(session, { name: `of ${user.role}` });
    assert.deepEqual((await keysOf(session)).map(one => one.name), [`of ${user.role}`]);
    assert.equal((await del(session, `${KEYS}/${mine.id}`)).status, 404, 'what is another\'s does not exist');
    assert.equal((await byKey(cairn, mine, 'GET', '/api/v1/session')).status, 200);
    session.key = key;
  }
  assert.equal((await cairn.call('GET', KEYS)).status, 401);
  const names = [];
  for (let cursor = ''; cursor !== null; ) {
    const { status, body } = await admin.get(`${KEYS}?limit=2${cursor && `&cursor=${cursor}`}`);
    assert.equal(status, 200);
    names.push(...body.data.map(key => key.name));
    cursor = body.next_cursor;
  }
  assert.deepEqual(names, ['of viewer', 'of csm', 'of leader', 'of ops', 'of the admin']);
  const [ops, leader] = sessions;
  assert.equal((await del(admin, `${KEYS}/${ops.key.id}`)).status, 204);
  assert.equal((await byKey(cairn, ops.key, 'GET', '/api/v1/session')).status, 401);
  assert.equal((await del(leader, `${KEYS}/${leader.key.id}`)).status, 204);
  assert.deepEqual(await keysOf(leader), []);

  await t.test('reliability 33: a key makes no key, and neither lists nor ends what lets somebody in', async () => {
    const key = await make(admin, { may_write: true });
    for (const [method, path] of [
      ['GET', KEYS], ['POST', KEYS], ['DELETE', `${KEYS}/${mine.id}`], ['GET', SESSIONS], ['DELETE', SESSIONS],
      ['GET', `/api/v1/users/${leader.user.id}/sessions`], ['DELETE', `/api/v1/users/${leader.user.id}/sessions`],
    ]) {
      const res = await byKey(cairn, key, method, path, method === 'POST' ? { name: 'child' } : undefined);
      assert.equal(res.status, 403, `${method} ${path}: ${res.text}`);
      assert.match(res.body.detail, /sign in/);
    }
    assert.equal((await leader.get('/api/v1/session')).status, 200);
  });
});

test('reliability 33: the secret of a key is shown once, and is neither in a list, a log, an answer that is kept nor on the disk', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const send = () => admin.post(KEYS, { name: 'once' }, { 'idempotency-key': '"once"' });
  const [first, again] = [await send(), await send()];
  assert.deepEqual([first.status, again.status, again.body.id], [201, 201, first.body.id]);
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
  const { secret, ...rest } = first.body;
  assert.deepEqual(again.body, rest, 'all but the secret');
  assert.equal((await keysOf(admin)).length, 1);
  assert.equal((await byKey(cairn, secret, 'GET', '/api/v1/session')).status, 200);
  assert.equal((await byKey(cairn, secret, 'GET', KEYS)).status, 403);
  assert.ok(!(await admin.get(KEYS)).text.includes(secret));
  const source = () => admin.post('/api/v1/sources', { name: 'Shop' }, { 'idempotency-key': '"shop"' });
  const [{ body: { write_key: write, ...shop } }, shopAgain] = [await source(), await source()];
  assert.deepEqual([shopAgain.status, shopAgain.body], [201, shop]);
  cairn.assertClean(await cairn.stop());
  assert.ok(!cairn.log.includes(secret));
  if (!onPostgres) {
    const files = await readdir(cairn.dir, { recursive: true, withFileTypes: true });
    for (const file of files.filter(entry => entry.isFile())) {
      const bytes = await readFile(join(file.parentPath, file.name));
      for (const one of [secret, write]) assert.ok(!bytes.includes(one), `${file.name} holds a secret`);
    }
  }

  await t.test('its last use outlives the server, and is not written again within the hour', async () => {
    await cairn.start();
    const later = await cairn.login();
    const [{ last_used_at: before }] = await keysOf(later);
    assert.ok(Date.parse(before) > 0, before);
    for (let i = 0; i < 3; i++) assert.equal((await byKey(cairn, secret, 'GET', '/api/v1/session')).status, 200);
    assert.equal((await keysOf(later))[0].last_used_at, before);
    await cairn.restart();
    assert.equal((await keysOf(await cairn.login()))[0].last_used_at, before);
  });
});

test('reliability 26: sessions are listed and ended, and their streams with them', async t => {
  const cairn = await startCairn(t, { users });
  const agents = {
    here: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0',
    there: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
    odd: '<script>alert(1)</script>',
  };
  const signIn = async agent => {
    const res = await cairn.call('POST', '/api/v1/session', {
      body: { email: ADMIN.email, password: ADMIN.password }, headers: { origin: cairn.base, 'user-agent': agent } });
    assert.equal(res.status, 200, res.text);
    const headers = { cookie: res.headers.getSetCookie()[0].split(';')[0], origin: cairn.base };
    const call = (method, path) => cairn.call(method, path, { headers });
    return { headers, call, list: async () => (await call('GET', SESSIONS)).body.data };
  };
  const here = await signIn(agents.here);
  const there = await signIn(agents.there);
  const odd = await signIn(agents.odd);
  const csm = await cairn.login({ email: 'csm@example.com', password });
  const list = await here.list();
  assert.deepEqual(list.map(one => one.browser).sort(), ['Firefox on Windows', 'Safari on iPhone', null]);
  assert.deepEqual(list.filter(one => one.is_current).map(one => one.browser), ['Firefox on Windows']);
  assert.ok(list.every(one => /^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)$/.test(one.address)), JSON.stringify(list));
  assert.ok(list.every(one => Date.parse(one.created_at) <= Date.parse(one.seen_at) && Date.parse(one.seen_at) < Date.parse(one.expires_at)));
  assert.deepEqual(Object.keys(list[0]).sort(), ['address', 'browser', 'created_at', 'expires_at', 'id', 'is_current', 'seen_at']);
  for (const { headers } of [here, there]) assert.ok(!JSON.stringify(list).includes(headers.cookie.split('=')[1]));

  await t.test('one is ended, with its stream', async t => {
    const stream = await listen(t, cairn, there.headers);
    const kept = await listen(t, cairn, here.headers);
    const id = list.find(one => one.browser === 'Safari on iPhone').id;
    assert.equal((await csm.call('DELETE', `${SESSIONS}/${id}`)).status, 404, 'another\'s does not exist');
    assert.equal((await there.call('GET', '/api/v1/session')).status, 200);
    assert.equal((await here.call('DELETE', `${SESSIONS}/${id}`)).status, 204);
    assert.equal((await there.call('GET', '/api/v1/session')).status, 401);
    await waitFor(() => stream.ended, { what: 'the end of its stream', timeoutMs: 5000 });
    assert.equal(kept.ended, false);
    assert.equal((await here.call('DELETE', `${SESSIONS}/${id}`)).status, 404);
  });

  await t.test('all others are ended, and the one that asks stays', async () => {
    assert.equal((await here.call('DELETE', SESSIONS)).status, 204);
    assert.equal((await odd.call('GET', '/api/v1/session')).status, 401);
    assert.equal((await csm.get('/api/v1/session')).status, 200, 'those of others stay');
    assert.deepEqual((await here.list()).map(one => one.is_current), [true]);
  });

  await t.test('an admin ends those of another, and nobody else does', async t => {
    const path = `/api/v1/users/${csm.user.id}/sessions`;
    const second = await cairn.login({ email: 'csm@example.com', password });
    const theirs = (await here.call('GET', path)).body.data;
    assert.deepEqual(theirs.map(one => one.is_current), [false, false]);
    for (const user of users.slice(0, 2)) {
      const session = await cairn.login(user);
      for (const [method, at] of [['GET', path], ['DELETE', path], ['DELETE', `${path}/${theirs[0].id}`]]) {
        assert.equal((await session.call(method, at)).status, 403, `${user.role} ${method} ${at}`);
      }
    }
    assert.equal((await here.call('DELETE', `/api/v1/users/${csm.user.id}/sessions/${(await here.list())[0].id}`)).status, 404, 'it is not theirs');
    const stream = await listen(t, cairn, csm.headers);
    assert.equal((await here.call('DELETE', path)).status, 204);
    for (const session of [csm, second]) assert.equal((await session.get('/api/v1/session')).status, 401);
    await waitFor(() => stream.ended, { what: 'the end of their stream', timeoutMs: 5000 });
    assert.deepEqual((await here.call('GET', path)).body.data, []);
    assert.equal((await here.call('GET', '/api/v1/users/user_0000000000001/sessions')).status, 404);
    const third = await cairn.login({ email: 'csm@example.com', password });
    const [{ id }] = (await here.call('GET', path)).body.data;
    assert.equal((await here.call('DELETE', `${path}/${id}`)).status, 204);
    assert.equal((await third.get('/api/v1/session')).status, 401);
  });

  await t.test('a new password ends the streams at once, too', async t => {
    const session = await cairn.login({ email: 'viewer@example.com', password });
    const stream = await listen(t, cairn, session.headers);
    const admin = await cairn.login();
    assert.equal((await admin.patch(`/api/v1/users/${session.user.id}`, { password: 'another long one' }, '*')).status, 200);
    await waitFor(() => stream.ended, { what: 'the end of the stream', timeoutMs: 5000 });
  });

  await t.test('ending the session that asks signs out', async () => {
    const [{ id }] = (await here.list()).filter(one => one.is_current);
    const res = await here.call('DELETE', `${SESSIONS}/${id}`);
    assert.equal(res.status, 204);
    assert.match(res.headers.getSetCookie()[0], /^cairn_session=; .*Max-Age=0/);
    assert.equal((await here.call('GET', '/api/v1/session')).status, 401);
  });
});

test('reliability 27: while passwords are hashed, what others write does not wait for it', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const timed = async work => {
    const begun = performance.now();
    const res = await work();
    assert.ok(res.status < 300, res.text);
    return performance.now() - begun;
  };
  const median = list => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const write = () => admin.post('/api/v1/accounts', { name: 'Small' });
  const add = i => admin.post('/api/v1/users', { email: `user${i}@example.com`, password });
  await write();
  const hashing = median([await timed(() => add(0)), await timed(() => add(1)), await timed(() => add(2))]);
  let isAdding = true;
  const adding = Promise.all(Array.from({ length: 12 }, (_, i) => timed(() => add(3 + i)))).finally(() => (isAdding = false));
  const writes = [];
  while (isAdding) writes.push(await timed(write));
  await adding;
  const said = `a write took ${median(writes).toFixed(1)} ms of ${writes.length}, adding a user ${hashing.toFixed(1)} ms`;
  t.diagnostic(said);
  assert.ok(median(writes) < hashing / 2, said);
});
