// Signing in, sessions and keys, and where a change may come from.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { ADMIN, cairnCommand, onPostgres, startCairn } from './harness.mjs';

const signIn = (cairn, body, headers = {}) => cairn.call('POST', '/api/v1/session', { body, headers });

test('sessions', async t => {
  const cairn = await startCairn(t);

  await t.test('reliability 26: the cookie is HttpOnly and SameSite, and new at each sign-in', async () => {
    const first = await signIn(cairn, { email: ADMIN.email, password: ADMIN.password });
    assert.equal(first.status, 200);
    const [cookie] = first.headers.getSetCookie();
    assert.match(cookie, /^cairn_session=[^;]{32,}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
    const second = await signIn(cairn, { email: ADMIN.email, password: ADMIN.password }, { cookie: cookie.split(';')[0] });
    assert.notEqual(second.headers.getSetCookie()[0], cookie);
    assert.equal(first.body.user.role, 'admin');
    assert.equal(first.body.workspace.time_zone, 'UTC');
  });

  await t.test('reliability 26: signing out ends the session on the server', async () => {
    const admin = await cairn.login();
    assert.equal((await admin.get('/api/v1/session')).status, 200);
    assert.equal((await admin.delete('/api/v1/session')).status, 204);
    const res = await admin.get('/api/v1/session');
    assert.equal(res.status, 401);
    assert.match(res.headers.get('www-authenticate'), /^Bearer/);
  });

  await t.test('without a session there is nothing to see', async () => {
    for (const headers of [{}, { cookie: 'cairn_session=' }, { cookie: 'cairn_session=nonsense' },
      { authorization: 'Bearer nonsense' }, { authorization: 'Basic YTpi' }]) {
      assert.equal((await cairn.call('GET', '/api/v1/accounts', { headers })).status, 401, JSON.stringify(headers));
    }
  });

  await t.test('reliability 27: unknown user and wrong password look the same', async () => {
    const wrong = await signIn(cairn, { email: ADMIN.email, password: 'wrong' });
    const unknown = await signIn(cairn, { email: 'nobody@example.com', password: 'wrong' });
    for (const res of [wrong, unknown]) {
      assert.equal(res.status, 401);
      assert.equal(res.headers.getSetCookie().length, 0);
    }
    assert.equal(wrong.body.detail, unknown.body.detail);
  });

  await t.test('reliability 25: a change must come from a page of ours', async () => {
    const admin = await cairn.login();
    const { cookie } = admin.headers;
    const create = headers => cairn.call('POST', '/api/v1/accounts', { body: { name: 'X' }, headers: { cookie, ...headers } });
    assert.equal((await create({ origin: 'https://evil.example' })).status, 403);
    assert.equal((await create({ origin: 'null' })).status, 403);
    assert.equal((await create({})).status, 403);
    assert.equal((await create({ 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal((await create({ 'sec-fetch-site': 'same-origin' })).status, 201);
    assert.equal((await create({ origin: cairn.base })).status, 201);
    assert.equal((await signIn(cairn, { email: ADMIN.email, password: ADMIN.password }, { origin: 'https://evil.example' })).status, 403);
  });

  await t.test('reliability 25: a form of another site cannot sign somebody in', async () => {
    const res = await cairn.call('POST', '/api/v1/session', {
      raw: JSON.stringify({ email: ADMIN.email, password: ADMIN.password }), headers: { 'content-type': 'text/plain' } });
    assert.equal(res.status, 415);
  });
});

test('reliability 27: guessing is slowed down by account and by address', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_LOGIN_TRIES_PER_ACCOUNT: '3', CAIRN_LOGIN_TRIES_PER_ADDRESS: '6' } });
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await signIn(cairn, { email: 'a@example.com', password: 'x' })).status);
  assert.deepEqual(statuses, [401, 401, 401, 429]);
  const blocked = await signIn(cairn, { email: ' A@Example.com ', password: 'x' });
  assert.equal(blocked.status, 429);
  assert.match(blocked.headers.get('retry-after'), /^\d+$/);
  for (let i = 0; i < 3; i++) await signIn(cairn, { email: `b${i}@example.com`, password: 'x' });
  assert.equal((await signIn(cairn, { email: ADMIN.email, password: ADMIN.password })).status, 429);
});

test('reliability 27: behind a trusted proxy the address is the one that it names', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_LOGIN_TRIES_PER_ADDRESS: '1', CAIRN_HTTP_TRUSTED_PROXY: '127.0.0.1' } });
  const from = address => signIn(cairn, { email: `${address}@example.com`, password: 'x' }, { 'x-forwarded-for': `9.9.9.9, ${address}` });
  assert.equal((await from('10.0.0.1')).status, 401);
  assert.equal((await from('10.0.0.1')).status, 429);
  assert.equal((await from('10.0.0.2')).status, 401);
});

test('reliability 33: API keys act as their user, within their scopes', async t => {
  const cairn = await startCairn(t);
  cairn.assertClean(await cairn.stop());
  const makeKey = async (...options) => {
    const { code, stdout, stderr } = await cairnCommand(['key', 'api', ...cairn.where, ...options, ADMIN.email]);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  const reader = await makeKey();
  const writer = await makeKey('--write');
  await cairn.start();
  const call = (key, method, path, body) => cairn.call(method, path, { body, headers: { authorization: `Bearer ${key}` } });
  assert.equal((await call(reader, 'GET', '/api/v1/accounts')).status, 200);
  assert.equal((await call(reader, 'POST', '/api/v1/accounts', { name: 'X' })).status, 403);
  assert.equal((await call(writer, 'POST', '/api/v1/accounts', { name: 'X' })).status, 201); // no Origin: no cookie
  assert.equal((await call(writer, 'POST', '/api/v1/sources', { name: 'X' })).status, 403); // running the system takes more
  assert.equal((await call(writer.slice(0, -1), 'GET', '/api/v1/accounts')).status, 401);
  assert.equal((await call(writer, 'DELETE', '/api/v1/session')).status, 404);
  for (const key of [reader, writer]) assert.ok(!cairn.log.includes(key));
});

test('reliability 26: a cookie that somebody else chose is never adopted, and Secure is set where it should be', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_SESSION_COOKIE_SECURE: 'true' } });
  const chosen = `cairn_session=${'a'.repeat(43)}`;
  assert.equal((await cairn.call('GET', '/api/v1/session', { headers: { cookie: chosen } })).status, 401);
  const res = await signIn(cairn, { email: ADMIN.email, password: ADMIN.password }, { cookie: chosen });
  const [cookie] = res.headers.getSetCookie();
  assert.ok(!cookie.startsWith(`${chosen};`));
  assert.match(cookie, /; Secure$/);
  assert.equal((await cairn.call('GET', '/api/v1/session', { headers: { cookie: chosen } })).status, 401, 'it is still nobody');
});

test('reliability 27: an unknown user takes as long as a wrong password', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_LOGIN_TRIES_PER_ACCOUNT: '1000', CAIRN_LOGIN_TRIES_PER_ADDRESS: '1000' } });
  // Whose hash costs what Cairn makes it cost.
  const email = 'real@example.com';
  const made = await (await cairn.login()).post('/api/v1/users', { name: 'R', email, role: 'csm', scope: 'all', password: 'a real password' });
  assert.equal(made.status, 201, made.text);
  // Of the server's processor time, which is not less or more when the machine is busy.
  const ticks = async () => (await readFile(`/proc/${cairn.pid}/stat`, 'utf8')).split(') ')[1].split(' ').slice(11, 13)
    .reduce((sum, field) => sum + Number(field), 0);
  const tries = async who => {
    const [before, begun] = [await ticks(), performance.now()];
    for (let i = 0; i < 9; i++) assert.equal((await signIn(cairn, { email: who, password: `wrong ${i}` })).status, 401);
    return { cpu: await ticks() - before, wall: performance.now() - begun };
  };
  await tries(email); // warms up
  const [known, unknown] = [await tries(email), await tries('nobody@example.com')];
  const said = JSON.stringify({ known, unknown });
  assert.ok(Math.min(known.cpu, unknown.cpu) >= 9, `a password costs more than that: ${said}`);
  assert.ok(Math.max(known.cpu, unknown.cpu) < 1.5 * Math.min(known.cpu, unknown.cpu) + 5, said);
  assert.ok(Math.max(known.wall, unknown.wall) < 5 * Math.min(known.wall, unknown.wall), `nor does one of them wait: ${said}`);
});

test('reliability 33: no key is on the disk, in the log or in an answer, and a write key reads nothing', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key: write, id } = await admin.createSource();
  cairn.assertClean(await cairn.stop());
  const api = (await cairnCommand(['key', 'api', ...cairn.where, '--write', ADMIN.email])).stdout.trim();
  await cairn.start();
  const again = await cairn.login();
  const session = again.headers.cookie.split('=')[1];
  assert.equal((await cairn.send(write, [{ type: 'track', userId: 'u', event: 'E' }])).status, 200);
  for (const headers of [{ authorization: `Bearer ${write}` }, { authorization: `Basic ${Buffer.from(`${write}:`).toString('base64')}` }]) {
    assert.equal((await cairn.call('GET', '/api/v1/accounts', { headers })).status, 401, 'a write key only sends events');
  }
  assert.equal((await cairn.send(api, [{ type: 'track', userId: 'u', event: 'E' }])).status, 401, 'an API key sends none');
  for (const name of ['key', 'api_key', 'token', 'access_token']) {
    assert.notEqual((await cairn.call('GET', `/api/v1/accounts?${name}=${api}`)).status, 200, 'a key in an address is no key');
  }
  const shown = (await again.get('/api/v1/sources')).text + (await again.get(`/api/v1/sources/${id}/rejected`)).text + (await again.get('/api/v1/session')).text;
  for (const secret of [write, api, session]) {
    assert.ok(!shown.includes(secret), 'it is shown once');
    assert.ok(!cairn.log.includes(secret), 'it is in the log');
  }
  if (onPostgres) return;
  const files = await readdir(cairn.dir, { recursive: true, withFileTypes: true });
  for (const file of files.filter(entry => entry.isFile())) {
    const bytes = await readFile(join(file.parentPath, file.name));
    for (const secret of [write, api, session, ADMIN.password]) assert.ok(!bytes.includes(secret), `${file.name} holds a secret`);
  }
});
