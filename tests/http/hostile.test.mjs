// reliability 22, 23, 25, 29, 32: what a hostile caller or a hostile customer's data tries, over every
// operation that the server's own OpenAPI document names.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ADMIN, startCairn, waitFor } from './harness.mjs';

const password = 'correct horse battery';
const JSON_TYPE = { 'content-type': 'application/json' };

const OWN = new Set(['putNotificationPreferences', 'readNotifications', 'createApiKey', 'endOtherSessions']); // what everybody says of themselves

// Every operation: {method, path, parameters, body}.
async function operations(cairn) {
  const { body } = await cairn.call('GET', '/openapi.json');
  const resolve = node => (node?.$ref ? node.$ref.slice(2).split('/').reduce((at, part) => at[part], body) : node);
  return Object.entries(body.paths).flatMap(([path, methods]) => Object.entries(methods)
    .filter(([method]) => ['get', 'post', 'patch', 'put', 'delete'].includes(method))
    .map(([method, operation]) => ({
      method: method.toUpperCase(), path, name: operation.operationId,
      isPublic: operation.security?.length === 0, // a link's text is all that it goes by, no cookie
      query: (operation.parameters ?? []).map(resolve).filter(parameter => parameter.in === 'query'),
      type: Object.keys(resolve(operation.requestBody)?.content ?? {})[0],
      schema: resolve(Object.values(resolve(operation.requestBody)?.content ?? {})[0]?.schema),
    })));
}

const fill = (path, id) => path.replace(/\{[^}]+\}/g, () => id);
const changes = all => all.filter(operation => operation.method !== 'GET' && !operation.isPublic && operation.path !== '/api/v1/session' && operation.path.startsWith('/api/v1/'));

const SQL = ["'", "''", "' OR '1'='1", "' OR 1=1 --", "1; DROP TABLE account; --", '" OR ""="', "') OR ('1'='1", "' UNION SELECT password_hash FROM app_user --",
  "1' AND (SELECT 1 FROM (SELECT pg_sleep(5)) x) --", "'||(SELECT pg_sleep(5))||'", "' AND randomblob(900000000) --", '$1', '%', '_', '\\', "\\' OR 1=1 --",
  'name; SELECT 1', '(CASE WHEN 1=1 THEN name ELSE arr END)', 'name DESC, (SELECT 1)', '0x27', '%27%20OR%201%3D1', '{{1}}', '\u02bc OR 1=1'];

test('reliability 23: SQL in every id, parameter, sort, filter, search and member of every operation changes and shows nothing', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Only', external_id: 'only' });
  await waitFor(async () => (await admin.get('/api/v1/accounts')).body.total === 1);
  const ask = async (operation, path, body) => {
    const begun = performance.now();
    const headers = operation.method === 'PATCH' ? { 'content-type': operation.type, 'if-match': '*' } : body ? JSON_TYPE : {};
    const res = await admin.call(operation.method, path, { raw: body, headers });
    const said = `${operation.name} ${path} ${body ?? ''}: ${res.status} ${res.text.slice(0, 200)}`;
    assert.ok(res.status < 500, said);
    assert.ok(!/sqlite|syntax error|SQLSTATE|libpq|relation "|near "|password_hash,/i.test(res.text), said);
    assert.ok(performance.now() - begun < 4000, `it slept: ${said}`);
    return res;
  };
  const all = (await operations(cairn)).filter(operation => operation.path.startsWith('/api/v1/')
    && operation.path !== '/api/v1/session' && !/stream|demo/.test(operation.path));
  assert.ok(all.length > 15);
  for (const operation of all) {
    for (const text of SQL) {
      const hostile = encodeURIComponent(text);
      if (operation.method === 'GET') {
        if (/\{/.test(operation.path)) assert.equal((await ask(operation, fill(operation.path, hostile))).status, 404);
        for (const { name } of operation.query) {
          const res = await ask(operation, `${fill(operation.path, account.id)}?${name}=${hostile}`);
          if (name === 'q' && res.status === 200 && res.body.data) assert.ok(res.body.data.length === 0 || 'Only only'.includes(text), text);
        }
        continue;
      }
      if (/\{/.test(operation.path)) assert.ok([404, 415, 422].includes((await ask(operation, fill(operation.path, hostile), operation.type && '{}')).status));
      for (const name of Object.keys(operation.schema?.properties ?? {})) {
        const res = await ask(operation, fill(operation.path, account.id), JSON.stringify({ [name]: text }));
        if (operation.method === 'PATCH' && res.status === 200) await admin.patch(`/api/v1/accounts/${account.id}`, { name: 'Only' }, '*');
      }
    }
  }
  assert.equal((await admin.get(`/api/v1/accounts/${account.id}`)).body.external_id, 'only');
  assert.equal((await admin.get('/api/v1/users')).body.data.length, 1);
});

const MARKUP = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'-alert(1)-'", '</title><svg onload=alert(1)>', 'javascript:alert(1)',
  '<a href="javascript:alert(1)">x</a>', '<iframe srcdoc="<script>alert(1)</script>">', '<style>@import "//evil.example"</style>', 'x" style="background:url(//evil.example)',
  '</script><script>alert(1)//', '<!--<script>', ']]><script>alert(1)</script>', '{{constructor.constructor("alert(1)")()}}', '${alert(1)}', '%3Cscript%3E', '&lt;script&gt;',
  '\u2028\u2029', '\u202e\u200b', '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>', '\ufeff<x>', 'data:text/html,<script>alert(1)</script>', "=cmd|' /C calc'!A0"];

test('reliability 22: markup in every name of every record, event, property and trait comes back as data, never as a page', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key: key, id: source } = await admin.createSource(MARKUP[0]);
  const made = [];
  for (const [i, text] of MARKUP.entries()) {
    const account = await admin.createAccount({ name: text, external_id: `x${i}-${text}`.slice(0, 200) });
    const path = `/api/v1/accounts/${account.id}`;
    assert.equal((await admin.post(`${path}/people`, { name: text, title: text })).status, 201);
    assert.equal((await admin.post(`${path}/tickets`, { subject: text })).status, 201);
    assert.equal((await admin.post(`${path}/contracts`, { name: text, arr: { minor: 1, currency: 'USD' }, starts_on: '2026-01-01', ends_on: '2036-01-01' })).status, 201);
    made.push({ path, text });
  }
  const res = await cairn.send(key, MARKUP.map((text, i) => ({ type: i % 2 ? 'track' : 'group', userId: text, groupId: `x0-${MARKUP[0]}`, event: text, properties: { [text]: text }, traits: { [text]: text } })));
  assert.equal(res.status, 200);
  await cairn.send(key, [{ type: MARKUP[0], userId: MARKUP[1] }]);
  await waitFor(async () => (await admin.get('/api/v1/accounts')).body.total >= MARKUP.length);

  const asData = (answer, path) => {
    assert.ok(answer.status < 500, path);
    assert.match(answer.headers.get('content-type'), /^(application\/([a-z]+\+)?json|text\/csv)/, path);
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path);
    if (/csv/.test(answer.headers.get('content-type'))) assert.match(answer.headers.get('content-disposition'), /^attachment/, path);
    return answer;
  };
  for (const { path, text } of made) {
    assert.equal(asData(await admin.get(path), path).body.name, text);
    for (const [part, field] of [['people', 'name'], ['tickets', 'subject'], ['contracts', 'name']]) {
      const { body } = asData(await admin.get(`${path}/${part}`), part);
      assert.ok(body.data.some(row => row[field] === text), `${part} ${text}`);
    }
    for (const part of ['events', 'health', 'metrics']) asData(await admin.get(`${path}/${part}`), part);
  }
  for (const path of ['/api/v1/accounts', '/api/v1/sources', `/api/v1/sources/${source}/rejected`, '/api/v1/users', '/api/v1/export/accounts.csv',
    ...MARKUP.slice(0, 16).map(text => `/api/v1/accounts/${encodeURIComponent(text)}`), ...MARKUP.slice(0, 16).map(text => `/api/v1/accounts?sort=${encodeURIComponent(text)}`)]) {
    asData(await admin.get(path), path);
  }
  // A page is the same for every address: nothing of a request or a record is written into it.
  const page = await cairn.call('GET', '/');
  if (page.status !== 200) return;
  for (const text of MARKUP.slice(0, 16)) {
    const answer = await cairn.call('GET', `/accounts/${encodeURIComponent(text)}?q=${encodeURIComponent(text)}`);
    assert.ok(answer.status === 404 || answer.text === page.text, text);
  }
  const policy = page.headers.get('content-security-policy');
  assert.ok(!/unsafe|\*|data:|https?:/.test(policy), policy);
});

test('reliability 25: every change with a cookie must come from a page of ours and be JSON', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Safe', external_id: 'safe' });
  const { cookie } = admin.headers;
  const all = changes(await operations(cairn));
  assert.ok(all.length >= 8, 'there are changes to try');
  for (const operation of all) {
    const path = fill(operation.path, account.id);
    const body = { raw: '{"name":"Taken over"}' };
    for (const origin of [{}, { origin: 'https://evil.example' }, { origin: 'null' }, { origin: `${cairn.base}.evil.example` },
      { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { referer: `${cairn.base}/` }]) {
      const res = await cairn.call(operation.method, path, { ...body, headers: { cookie, 'if-match': '*', 'content-type': operation.type ?? 'application/json', ...origin } });
      assert.equal(res.status, 403, `${operation.name} ${JSON.stringify(origin)}: ${res.status} ${res.text}`);
    }
    if (operation.type === undefined) continue;
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '']) {
      const res = await admin.call(operation.method, path, { ...body, headers: { 'if-match': '*', 'content-type': type } });
      assert.ok([404, 415].includes(res.status), `${operation.name} as ${type}: ${res.status}`);
    }
  }
  assert.equal((await admin.get(`/api/v1/accounts/${account.id}`)).body.name, 'Safe');
  for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
    const res = await cairn.call('POST', '/api/v1/session', { raw: JSON.stringify({ email: ADMIN.email, password: ADMIN.password }), headers: { 'content-type': type } });
    assert.equal(res.status, 415);
    assert.equal(res.headers.getSetCookie().length, 0);
  }
});

test('reliability 29: a viewer changes nothing, nobody without a session sees anything, whatever the operation', async t => {
  const cairn = await startCairn(t, { users: [{ email: 'viewer@example.com', name: 'Vi', role: 'viewer', password }] });
  const admin = await cairn.login();
  const viewer = await cairn.login({ email: 'viewer@example.com', password });
  const account = await admin.createAccount({ name: 'Theirs', external_id: 'theirs' });
  const all = (await operations(cairn)).filter(operation => operation.path.startsWith('/api/v1/'));
  for (const operation of all) {
    const path = fill(operation.path, account.id);
    const options = { raw: operation.type && '{}', headers: { ...(operation.type ? { 'content-type': operation.type } : {}), 'if-match': '*' } };
    if (operation.isPublic && operation.name !== 'signIn') {
      const res = await cairn.call(operation.method, path, { headers: { origin: cairn.base } });
      assert.equal(res.status, 404, `${operation.name} by a guess: ${res.status}`);
      continue;
    }
    if (operation.name !== 'signIn') {
      for (const headers of [{}, { cookie: 'cairn_session=guess' }, { authorization: 'Bearer guess' }]) {
        const res = await cairn.call(operation.method, path, { ...options, headers: { ...options.headers, origin: cairn.base, ...headers } });
        assert.equal(res.status, 401, `${operation.name} without a session: ${res.status}`);
      }
    }
    if (operation.method !== 'GET' && operation.path !== '/api/v1/session' && !OWN.has(operation.name)) {
      const res = await viewer.call(operation.method, path, options);
      assert.ok([403, 404].includes(res.status), `${operation.name} by a viewer: ${res.status} ${res.text}`);
    }
  }
});

test('reliability 32: private answers are not kept, nothing is redirected, no other site reads the API', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  for (const path of ['/api/v1/accounts', '/api/v1/session', '/api/v1/users', '/api/v1/sources', '/api/v1/export/accounts.csv', '/api/v1/accounts/nonsense']) {
    const res = await admin.get(path, { origin: 'https://evil.example' });
    assert.match(res.headers.get('cache-control') ?? '', /no-store|private|no-cache/, path);
    assert.equal(res.headers.get('access-control-allow-origin'), null, path);
    assert.equal(res.headers.get('x-content-type-options'), 'nosniff', path);
  }
  const preflight = await cairn.call('OPTIONS', '/api/v1/accounts', { headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } });
  assert.equal(preflight.headers.get('access-control-allow-origin'), null);
  for (const path of ['//evil.example', '//evil.example/%2f..', '/https://evil.example', '/?next=//evil.example', '/login?return=https://evil.example', '/.//evil.example', '/accounts/',
    '/v1/batch/', '/api/v1/accounts/', '/\tevil']) {
    const res = await cairn.call('GET', encodeURI(path)).catch(() => ({ status: 400, headers: new Headers() }));
    assert.ok(res.status < 300 || res.status >= 400, `${path} is redirected with ${res.status}`);
    assert.equal(res.headers.get('location'), null, path);
  }
});
