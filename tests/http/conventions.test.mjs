// The conventions that hold for every endpoint: problems, preconditions, media types, paging.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

test('conventions of the REST API', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Acme', external_id: 'acme' });
  const path = `/api/v1/accounts/${account.id}`;

  await t.test('a failure is an RFC 9457 document with the request id', async () => {
    const res = await admin.get('/api/v1/accounts/acct_0000000000001');
    assert.equal(res.status, 404);
    assert.equal(res.headers.get('content-type'), 'application/problem+json');
    assert.equal(res.body.type, '/problems/not-found');
    assert.equal(res.body.status, 404);
    assert.equal(res.body.instance, res.headers.get('x-request-id'));
    assert.equal((await admin.get('/api/v1/accounts/nonsense')).status, 404);
    assert.equal((await admin.get('/api/v1/nonsense')).status, 404);
  });

  await t.test('all problems of a body come at once, each with its pointer', async () => {
    const res = await admin.post('/api/v1/accounts', { name: '', owner_id: 'x', stage: 'y', extra: 1, arr: 5 });
    assert.equal(res.status, 422);
    assert.deepEqual(res.body.errors.map(e => e.pointer).sort(), ['/arr', '/extra', '/name', '/owner_id', '/stage']);
  });

  await t.test('a body that is not JSON gets 400', async () => {
    for (const raw of ['', '{', '[]]', '{"name":"a"', '{"name":1e999}', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])]) {
      const res = await admin.call('POST', '/api/v1/accounts', { raw, headers: { 'content-type': 'application/json' } });
      assert.equal(res.status, 400, String(raw));
    }
    const res = await admin.post('/api/v1/accounts', []);
    assert.equal(res.status, 422);
  });

  await t.test('unknown, repeated and wrong parameters get 400', async () => {
    for (const query of ['x=1', 'limit=0', 'limit=201', 'limit=1&limit=2', 'limit=a', 'q=%ff', 'q=%', 'band=pink', 'sort=color',
      'cursor=nonsense', 'offset=-1']) {
      const res = await admin.get(`/api/v1/accounts?${query}`);
      assert.equal(res.status, 400, query);
      assert.ok(res.body.errors.length >= 1, query);
    }
    const res = await admin.get('/api/v1/accounts?limit=0&sort=x&y=1');
    assert.ok(res.body.errors.length >= 2);
  });

  await t.test('a wrong method gets 405 with Allow', async () => {
    const res = await admin.call('PUT', path);
    assert.equal(res.status, 405);
    assert.equal(res.headers.get('allow'), 'GET, HEAD, PATCH');
    assert.equal((await admin.call('DELETE', '/api/v1/accounts')).headers.get('allow'), 'GET, HEAD, POST');
  });

  await t.test('media types are taken at their word', async () => {
    assert.equal((await admin.get(path, { accept: 'text/html' })).status, 406);
    assert.equal((await admin.get(path, { accept: 'text/html, application/*;q=0.1' })).status, 200);
    const form = await admin.call('POST', '/api/v1/accounts', { raw: 'name=a', headers: { 'content-type': 'text/plain' } });
    assert.equal(form.status, 415);
    const patch = await admin.call('PATCH', path, {
      raw: '{}', headers: { 'content-type': 'application/json', 'if-match': '*' } });
    assert.equal(patch.status, 415);
    assert.equal(patch.headers.get('accept-patch'), 'application/merge-patch+json');
    assert.equal((await admin.call('GET', path, { headers: { accept: '' } })).status, 200);
  });

  await t.test('a change names the version that it changes', async () => {
    const before = await admin.get(path);
    const etag = before.headers.get('etag');
    assert.match(etag, /^"\d+"$/);
    const { status } = await admin.patch(path, { name: 'Acme 2' });
    assert.equal(status, 428);
    const changed = await admin.patch(path, { name: 'Acme 2' }, etag);
    assert.equal(changed.status, 200);
    assert.equal(changed.body.name, 'Acme 2');
    assert.notEqual(changed.headers.get('etag'), etag);
    assert.equal((await admin.patch(path, { name: 'Acme 3' }, etag)).status, 412);
    assert.equal((await admin.patch(path, { name: 'Acme 3' }, 'W/"1"')).status, 412);
    assert.equal((await admin.patch(path, { name: 'Acme 3' }, '*')).body.name, 'Acme 3');
  });

  await t.test('a merge patch keeps what is absent and clears what is null', async () => {
    await admin.patch(path, { domain: 'acme.example' }, '*');
    assert.equal((await admin.patch(path, { name: 'Acme' }, '*')).body.domain, 'acme.example');
    assert.equal((await admin.patch(path, { domain: null }, '*')).body.domain, null);
    assert.equal((await admin.patch(path, { name: null }, '*')).status, 422);
  });

  await t.test('what was created says where it is', async () => {
    const res = await admin.post(`${path}/people`, { name: 'Pat' });
    assert.equal(res.status, 201, res.text);
    const again = await admin.get(res.headers.get('location'));
    assert.deepEqual(again.body, res.body);
    assert.equal(again.headers.get('etag'), res.headers.get('etag'));
    const same = await admin.get(res.headers.get('location'), { 'if-none-match': again.headers.get('etag') });
    assert.equal(same.status, 304);
    assert.equal(same.text, '');
  });

  await t.test('a second account of the same external id conflicts', async () => {
    const res = await admin.post('/api/v1/accounts', { name: 'Other', external_id: 'acme' });
    assert.equal(res.status, 409);
    assert.equal(res.body.errors[0].pointer, '/external_id');
  });

  await t.test('a request under the same Idempotency-Key is done once', async () => {
    const post = (name, key) => admin.post('/api/v1/accounts', { name }, { 'idempotency-key': key });
    const first = await post('Once', '"k-1"');
    const again = await post('Once', 'k-1');
    assert.equal(first.status, 201);
    assert.equal(again.status, 201);
    assert.deepEqual(again.body, first.body);
    assert.equal(again.headers.get('location'), first.headers.get('location'));
    assert.equal(again.headers.get('idempotency-replayed'), 'true');
    assert.equal((await post('Another', 'k-1')).status, 422);
    assert.equal((await post('Once', 'x'.repeat(256))).status, 400);
    const both = await Promise.all([post('Twice', 'k-2'), post('Twice', 'k-2')]);
    const made = both.filter(res => res.status === 201);
    assert.ok(made.length >= 1 && both.every(res => [201, 409].includes(res.status)));
    assert.ok(made.every(res => res.body.id === made[0].body.id));
  });

  await t.test('HEAD is GET without the body', async () => {
    const res = await fetch(cairn.base + path, { method: 'HEAD', headers: admin.headers });
    assert.equal(res.status, 200);
    assert.equal(await res.text(), '');
    assert.ok(Number(res.headers.get('content-length')) > 10);
  });

  await t.test('nothing private is kept by caches', async () => {
    const res = await admin.get(path);
    assert.equal(res.headers.get('cache-control'), 'no-store');
    assert.equal(res.headers.get('x-content-type-options'), 'nosniff');
  });

  await t.test('pages lose and repeat no row while accounts are added', async () => {
    for (let i = 0; i < 25; i++) await admin.createAccount({ name: `Paged ${i % 5}`, external_id: `paged-${i}` });
    await waitFor(async () => (await admin.get('/api/v1/accounts?q=paged')).body.total === 25);
    for (const sort of ['name', '-name', 'score', 'arr', '-renewal_at', 'last_activity_at', 'trend', 'created_at']) {
      const seen = [];
      let cursor = '';
      for (let page = 0; page < 20; page++) {
        const res = await admin.get(`/api/v1/accounts?q=paged&limit=4&sort=${sort}${cursor}`);
        assert.equal(res.status, 200, res.text);
        assert.equal(res.body.total, 25);
        seen.push(...res.body.data.map(row => row.id));
        if (res.body.next_cursor === null) break;
        cursor = `&cursor=${res.body.next_cursor}`;
      }
      assert.equal(seen.length, 25, sort);
      assert.equal(new Set(seen).size, 25, sort);
    }
    const byOffset = await admin.get('/api/v1/accounts?q=paged&limit=10&offset=20&sort=name');
    assert.equal(byOffset.body.data.length, 5);
  });

  await t.test('lists below an account are paged by cursor', async () => {
    for (let i = 0; i < 7; i++) await admin.post(`${path}/people`, { name: `Person ${i}` });
    const names = [];
    let cursor = '';
    do {
      const res = await admin.get(`${path}/people?limit=3${cursor}`);
      names.push(...res.body.data.map(p => p.id));
      cursor = res.body.next_cursor === null ? null : `&cursor=${res.body.next_cursor}`;
    } while (cursor !== null);
    assert.equal(new Set(names).size, 8);
    assert.equal((await admin.get(`${path}/people?cursor=pers_0000000000001`)).status, 400);
  });

  await t.test('people, contracts and tickets are made and changed', async () => {
    const person = await admin.post(`${path}/people`, {
      name: 'Chris', email: 'chris@acme.example', title: 'CTO',
      roles: [{ role: 'champion', from: '2026-01-01T00:00:00Z' }] });
    assert.equal(person.status, 201, person.text);
    assert.equal(person.body.roles[0].to, null);
    const left = await admin.patch(`${path}/people/${person.body.id}`, { left_at: '2026-02-01T00:00:00Z' }, '*');
    assert.equal(left.status, 200, left.text);
    assert.equal(left.body.roles[0].to, '2026-02-01T00:00:00Z');

    const contract = await admin.post(`${path}/contracts`, {
      name: 'Year one', arr: { minor: 4500000, currency: 'USD' }, starts_on: '2026-01-01', ends_on: '2046-12-31', seats: 50 });
    assert.equal(contract.status, 201, contract.text);
    assert.equal(contract.body.status, 'active');
    assert.deepEqual((await admin.get(path)).body.arr, { minor: 4500000, currency: 'USD' });
    const wrong = await admin.post(`${path}/contracts`, {
      name: 'Backwards', arr: { minor: 1, currency: 'USD' }, starts_on: '2026-02-01', ends_on: '2026-01-01' });
    assert.equal(wrong.status, 422);
    assert.equal((await admin.post(`${path}/contracts`, {
      name: 'No day', arr: { minor: 1, currency: 'USD' }, starts_on: '2026-02-30', ends_on: '2026-12-01' })).status, 422);

    const ticket = await admin.post(`${path}/tickets`, { subject: 'It burns', priority: 'critical', external_id: 'T-1' });
    assert.equal(ticket.status, 201, ticket.text);
    assert.equal(ticket.body.status, 'open');
    assert.equal((await admin.get(path)).body.open_tickets, 1);
    const solved = await admin.patch(`${path}/tickets/${ticket.body.id}`, { status: 'solved' }, ticket.headers.get('etag'));
    assert.equal(solved.status, 200, solved.text);
    assert.notEqual(solved.body.solved_at, null);
    assert.equal((await admin.get(path)).body.open_tickets, 0);
  });

  await t.test('reliability 22: markup is stored and returned as the text that it is', async () => {
    const hostile = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>${7*7}{{7*7}}\u202e\u0000'.replace('\0', '');
    const made = await admin.createAccount({ name: hostile, external_id: 'xss' });
    const res = await admin.get(`/api/v1/accounts/${made.id}`);
    assert.equal(res.body.name, hostile);
    assert.match(res.headers.get('content-type'), /^application\/json/);
    assert.equal(res.headers.get('x-content-type-options'), 'nosniff');
  });

  await t.test('reliability 23: quotes and SQL in every parameter find nothing and break nothing', async () => {
    for (const text of ["'", "' OR 1=1 --", '"; DROP TABLE account; --', '%', '_', '\\', "1' UNION SELECT 1"]) {
      const q = encodeURIComponent(text);
      assert.equal((await admin.get(`/api/v1/accounts?q=${q}`)).status, 200, text);
      assert.equal((await admin.get(`/api/v1/accounts?sort=${q}`)).status, 400, text);
      assert.equal((await admin.get(`/api/v1/accounts/${q}`)).status, 404, text);
    }
    await waitFor(async () => (await admin.get('/api/v1/accounts')).body.total > 20);
  });

  await t.test('reliability 29: members that nobody offered are refused', async () => {
    for (const extra of [{ id: account.id }, { version: 7 }, { score: { points: 100 } }, { role: 'admin' }, { created_at: '2020-01-01T00:00:00Z' }]) {
      assert.equal((await admin.post('/api/v1/accounts', { name: 'M', ...extra })).status, 422, JSON.stringify(extra));
    }
  });
});

test('reliability 18: too large a body is refused, and a large one within the limit is not', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const res = await admin.post('/api/v1/accounts', { name: 'x'.repeat(1024 * 1024) });
  assert.equal(res.status, 413);
  assert.equal(res.body.type, '/problems/too-large');
  assert.equal((await admin.post('/api/v1/accounts', { name: 'x'.repeat(1000 * 1000) })).status, 422);
});

test('accounts sort by owner and by open tickets; those without come last either way', async t => {
  const password = 'correct horse battery';
  const cairn = await startCairn(t, { users: ['Zoe', 'Ann', 'Mia'].map(name => (
    { email: `${name.toLowerCase()}@example.com`, name, role: 'csm', password })) });
  const admin = await cairn.login();
  const { body: users } = await admin.get('/api/v1/users');
  const idOf = name => users.data.find(user => user.name === name).id;
  for (const [i, owner] of ['Zoe', 'Ann', null, 'Mia', 'Ann'].entries()) {
    const { id } = await admin.createAccount({ name: `a${i}`, external_id: `a${i}`, owner_id: owner && idOf(owner) });
    for (let n = 0; n < [1, 0, 3, 0, 2][i]; n++) {
      const res = await admin.post(`/api/v1/accounts/${id}/tickets`, { subject: 'x' });
      assert.equal(res.status, 201, res.text);
    }
  }
  // Asked again while the engine takes what was written in.
  const inOrder = (sort, expected) => waitFor(async () => {
    const { body } = await admin.get(`/api/v1/accounts?sort=${sort}`);
    return body.data.map(row => row.name).join(' ') === expected;
  }, { what: `${expected} by ${sort}` });
  await inOrder('owner', 'a1 a4 a3 a0 a2');
  await inOrder('-owner', 'a0 a3 a1 a4 a2');
  await inOrder('open_tickets', 'a1 a3 a0 a4 a2');
  await inOrder('-open_tickets', 'a2 a4 a0 a1 a3');

  // Page by page it is the same.
  const paged = [];
  for (let cursor = ''; cursor !== null; ) {
    const { body } = await admin.get(`/api/v1/accounts?sort=-owner&limit=2${cursor && `&cursor=${cursor}`}`);
    paged.push(...body.data.map(row => row.name));
    cursor = body.next_cursor;
  }
  assert.deepEqual(paged, ['a0', 'a3', 'a1', 'a4', 'a2']);
  const { text } = await admin.get('/api/v1/export/accounts.csv?sort=owner');
  assert.deepEqual(text.trim().split('\r\n').slice(1).map(line => line.split(',')[2].replaceAll('"', '')), ['a1', 'a4', 'a3', 'a0', 'a2']);
});
