// reliability 29: what each role may do, endpoint by endpoint, from the outside.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

const ROLES = ['admin', 'ops', 'leader', 'csm', 'viewer'];
const password = 'correct horse battery';
const users = ROLES.slice(1).map(role => ({ email: `${role}@example.com`, name: role, role, password }));

// Method, path, body, and the roles that may; everybody else gets 403.
const matrix = id => [
  ['GET', '/api/v1/session', undefined, ROLES],
  ['GET', '/api/v1/users', undefined, ROLES],
  ['GET', '/api/v1/api-keys', undefined, ROLES],
  ['GET', '/api/v1/sessions', undefined, ROLES],
  ['GET', '/api/v1/users/user_0000000000001/sessions', undefined, ['admin']],
  ['DELETE', '/api/v1/users/user_0000000000001/sessions', undefined, ['admin']],
  ['GET', '/api/v1/accounts', undefined, ROLES],
  ['GET', '/api/v1/export/accounts.csv', undefined, ROLES],
  ['POST', '/api/v1/accounts', { name: 'Made' }, ['admin', 'ops', 'leader', 'csm']],
  ['PATCH', `/api/v1/accounts/${id}`, { name: 'Named' }, ['admin', 'ops', 'leader', 'csm']],
  ['POST', `/api/v1/accounts/${id}/people`, { name: 'Pat' }, ['admin', 'ops', 'leader', 'csm']],
  ['POST', `/api/v1/accounts/${id}/tickets`, { subject: 'Hm' }, ['admin', 'ops', 'leader', 'csm']],
  ['GET', '/api/v1/sources', undefined, ['admin', 'ops']],
  ['POST', '/api/v1/sources', { name: 'Shop' }, ['admin', 'ops']],
  ['DELETE', '/api/v1/sources/src_0000000000001', undefined, ['admin', 'ops']],
  ['GET', '/api/v1/sources/src_0000000000001/rejected', undefined, ['admin', 'ops']],
];

test('reliability 29: the role matrix', async t => {
  const cairn = await startCairn(t, { users });
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Nobody\'s', external_id: 'nobodys' });
  const sessions = { admin };
  for (const user of users) sessions[user.role] = await cairn.login(user);

  for (const role of ROLES) {
    await t.test(role, async () => {
      for (const [method, path, body, allowed] of matrix(account.id)) {
        const headers = method === 'PATCH' ? { 'content-type': 'application/merge-patch+json', 'if-match': '*' } : {};
        const res = await sessions[role].call(method, path, { body, headers });
        const said = `${role} ${method} ${path}: ${res.status} ${res.text.slice(0, 200)}`;
        if (allowed.includes(role)) assert.notEqual(res.status, 403, said);
        else assert.equal(res.status, 403, said);
        assert.ok(res.status < 500, said);
      }
    });
  }

  await t.test('reliability 28: what is out of scope does not exist', async () => {
    const { csm, viewer } = sessions;
    for (const session of [csm, viewer]) {
      assert.equal((await session.get(`/api/v1/accounts/${account.id}`)).status, 404);
      assert.equal((await session.get(`/api/v1/accounts/${account.id}/people`)).status, 404);
      assert.equal((await session.get(`/api/v1/accounts/${account.id}/health`)).status, 404);
      assert.equal((await session.get(`/api/v1/accounts/${account.id}/events`)).status, 404);
      assert.equal((await session.get(`/api/v1/accounts/${account.id}/metrics`)).status, 404);
      assert.ok((await session.get('/api/v1/accounts?limit=200')).body.data.every(row => row.id !== account.id));
      assert.ok(!(await session.get('/api/v1/export/accounts.csv')).text.includes(account.id));
    }
    assert.equal((await csm.patch(`/api/v1/accounts/${account.id}`, { name: 'Mine' }, '*')).status, 404);
  });

  await t.test('a CSM sees and changes their own book', async () => {
    const { csm } = sessions;
    const own = await csm.createAccount({ name: 'Own', external_id: 'own' });
    assert.equal(own.owner.id, csm.user.id);
    assert.equal((await csm.patch(`/api/v1/accounts/${own.id}`, { name: 'Still own' }, '*')).status, 200);
    const listed = async () => (await csm.get('/api/v1/accounts?limit=200')).body.data.some(row => row.id === own.id);
    await waitFor(listed, { what: 'the new account in the list' });
    await admin.patch(`/api/v1/accounts/${own.id}`, { owner_id: null }, '*');
    assert.equal((await csm.get(`/api/v1/accounts/${own.id}`)).status, 404);
    await waitFor(async () => !(await listed()), { what: 'the account to leave the list' });
  });
});
