// Merging accounts over HTTP: what moves, who may, what the merged account answers afterwards, and
// that nothing is lost or counted twice while events arrive.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const password = 'correct horse battery';
const anyVersion = { 'if-match': '*' };
const signIn = (groupId, userId) => ({ type: 'track', event: 'Signed In', userId, context: { groupId } });

async function logins(session, id) {
  const { body } = await session.get(`/api/v1/accounts/${id}/metrics`);
  return body.data.find(metric => metric.name === 'logins').days.reduce((sum, day) => sum + (day.value ?? 0), 0);
}

async function replayAgrees(cairn) {
  cairn.assertClean(await cairn.stop());
  const { code, stdout, stderr } = await cairnCommand(['replay', ...cairn.where]);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  await cairn.start();
}

test('an account becomes part of another', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  await cairn.send(key, [
    { type: 'group', userId: 'u1', groupId: 'acme', traits: { name: 'Acme' } },
    { type: 'group', userId: 'u2', groupId: 'acme-eu', traits: { name: 'Acme Europe', plan: 'pro' } },
    signIn('acme', 'u1'), signIn('acme-eu', 'u2'), signIn('acme-eu', 'u2'),
  ]);
  const acme = await admin.account('acme');
  const europe = await admin.account('acme-eu');
  await waitFor(async () => (await logins(admin, europe.id)) === 2);
  const path = `/api/v1/accounts/${europe.id}`;
  const ticket = await admin.post(`${path}/tickets`, { subject: 'Help', priority: 'high', opened_at: new Date().toISOString() });
  assert.equal(ticket.status, 201, ticket.text);

  await t.test('If-Match is needed, and must be current', async () => {
    assert.equal((await admin.post(`${path}/merge`, { into: acme.id })).status, 428);
    assert.equal((await admin.post(`${path}/merge`, { into: acme.id }, { 'if-match': '"99"' })).status, 412);
  });

  await t.test('into itself or nothing is refused', async () => {
    for (const into of [europe.id, 'acct_0000000000001']) {
      const res = await admin.post(`${path}/merge`, { into }, anyVersion);
      assert.equal(res.status, 422);
      assert.equal(res.body.errors[0].pointer, '/into');
    }
  });

  const etag = (await admin.get(path)).headers.get('etag');
  const merged = await admin.post(`${path}/merge`, { into: acme.id }, { 'if-match': etag });
  assert.equal(merged.status, 200, merged.text);
  assert.equal(merged.body.id, acme.id);
  assert.equal(merged.headers.get('location'), `/api/v1/accounts/${acme.id}`);
  assert.ok(merged.headers.get('etag'));

  await t.test('lists and figures follow within a second', async () => {
    await waitFor(async () => (await admin.get('/api/v1/accounts')).body.total === 1, { timeoutMs: 1000 });
    await waitFor(async () => (await logins(admin, acme.id)) === 3, { timeoutMs: 2000 });
    assert.equal((await admin.get(`/api/v1/accounts/${acme.id}/tickets`)).body.data.length, 1);
    assert.equal((await admin.get(`/api/v1/accounts/${acme.id}/people`)).body.data.length, 2);
    assert.equal((await admin.get(`/api/v1/accounts/${acme.id}`)).body.traits.find(trait => trait.name === 'plan').value, 'pro');
  });

  await t.test('the merged account is gone and names its successor', async () => {
    for (const what of ['', '/people', '/tickets', '/contracts', '/metrics', '/health']) {
      const res = await admin.get(path + what);
      assert.equal(res.status, 410, what);
      assert.equal(res.body.successor, acme.id);
    }
    assert.equal((await admin.patch(path, { name: 'X' }, '*')).status, 410);
    assert.equal((await admin.post(`${path}/merge`, { into: acme.id }, anyVersion)).status, 410);
    assert.equal((await admin.post(`/api/v1/accounts/${acme.id}/merge`, { into: europe.id }, anyVersion)).status, 422);
  });

  await t.test('what it lived can still be read', async () => {
    assert.equal((await admin.get(`${path}/health/history`)).status, 200);
  });

  await t.test('events under its key reach the survivor, also after a restart', async () => {
    await cairn.send(key, [signIn('acme-eu', 'u3')]);
    await waitFor(async () => (await logins(admin, acme.id)) === 4);
    await cairn.restart();
    const again = await cairn.login();
    await cairn.send(key, [signIn('acme-eu', 'u4')]);
    await waitFor(async () => (await logins(again, acme.id)) === 5);
    assert.equal((await again.get('/api/v1/accounts')).body.total, 1);
    await replayAgrees(cairn);
  });
});

test('R29 only admin and ops merge', async t => {
  const roles = ['ops', 'leader', 'csm', 'viewer'];
  const cairn = await startCairn(t, {
    users: roles.map(role => ({ email: `${role}@example.com`, name: role, role, password })) });
  const admin = await cairn.login();
  const into = await admin.createAccount({ name: 'Into', external_id: 'into' });
  const from = await admin.createAccount({ name: 'From', external_id: 'from' });
  for (const role of roles.toReversed()) {
    const session = await cairn.login({ email: `${role}@example.com`, password });
    const { status } = await session.post(`/api/v1/accounts/${from.id}/merge`, { into: into.id }, anyVersion);
    assert.equal(status, role === 'ops' ? 200 : 403, role);
  }
});

test('reliability 14: merges while events arrive lose nothing and count nothing twice', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  const groups = Array.from({ length: 8 }, (_, i) => `group-${i}`);
  await cairn.send(key, groups.map((group, i) => signIn(group, `user-${i}`)));
  const ids = new Map();
  for (const group of groups) ids.set(group, (await admin.account(group)).id);
  let sent = groups.length;
  let merging = true;
  const traffic = (async () => {
    for (let n = 0; merging; n++) {
      const group = groups[n % groups.length];
      const res = await cairn.send(key, [signIn(group, `user-${n % 20}`),
        { type: 'identify', userId: `user-${n % 20}`, anonymousId: `anonymous-${n}`, traits: { n } },
        { type: 'track', event: 'Signed In', anonymousId: `anonymous-${n}`, context: { groupId: group } },
        { type: 'group', userId: `user-${n % 20}`, groupId: group, traits: { n } }]);
      assert.equal(res.status, 200, res.text);
      sent += 2;
    }
  })();
  for (const group of groups.slice(1)) {
    const res = await admin.post(`/api/v1/accounts/${ids.get(group)}/merge`, { into: ids.get(groups[0]) }, anyVersion);
    assert.equal(res.status, 200, res.text);
  }
  merging = false;
  await traffic;
  await waitFor(async () => (await logins(admin, ids.get(groups[0]))) === sent, { what: `${sent} logins` });
  assert.equal((await admin.get('/api/v1/accounts')).body.total, 1);
  await replayAgrees(cairn);
});
