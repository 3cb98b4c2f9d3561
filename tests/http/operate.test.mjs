// What operators read.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

test('health, metrics, OpenAPI and the web app', async t => {
  const cairn = await startCairn(t);

  await t.test('healthz and readyz', async () => {
    assert.equal((await cairn.call('GET', '/healthz')).text, 'ok\n');
    await waitFor(async () => (await cairn.call('GET', '/readyz')).status === 200);
    assert.equal((await cairn.call('POST', '/healthz')).status, 405);
  });

  await t.test('every limit has a gauge, and Prometheus can read them', async () => {
    const res = await cairn.call('GET', '/metrics');
    assert.equal(res.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    for (const name of ['http.body_max_bytes', 'intake.event_max_bytes', 'http.connections_max', 'login.tries_per_account']) {
      assert.ok(res.text.includes(`cairn_setting{name="${name}"}`), name);
    }
    for (const line of res.text.trimEnd().split('\n')) {
      assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"\})? -?[0-9.e+]+)$/);
    }
    try {
      execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    } catch {
      return; // not installed here
    }
    execFileSync('promtool', ['check', 'metrics'], { input: res.text });
  });

  await t.test('the OpenAPI document describes every operation', async () => {
    const { body } = await cairn.call('GET', '/openapi.json');
    assert.equal(body.openapi, '3.1.0');
    const operations = Object.values(body.paths).flatMap(path => Object.values(path));
    assert.ok(operations.length > 25);
    for (const operation of operations) {
      assert.ok(operation.operationId && operation.summary, JSON.stringify(operation));
      assert.ok(Object.keys(operation.responses).some(status => status.startsWith('2')));
    }
    const refs = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(m => m[1]);
    for (const name of refs) assert.ok(body.components.schemas[name], name);
  });

  await t.test('reliability 32: pages have strict headers, and any page address gives the app', async t => {
    if ((await cairn.call('GET', '/')).status === 404) return t.skip('the web app is not built in');
    for (const path of ['/', '/accounts/acct_0000000000001', '/sources']) {
      const res = await cairn.call('GET', path);
      assert.equal(res.status, 200, path);
      assert.match(res.headers.get('content-type'), /^text\/html/);
      const policy = res.headers.get('content-security-policy');
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'self'(;|$)/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.equal(res.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(res.headers.get('referrer-policy'), 'no-referrer');
    }
    const etag = (await cairn.call('GET', '/')).headers.get('etag');
    assert.equal((await cairn.call('GET', '/', { headers: { 'if-none-match': etag } })).status, 304);
    assert.equal((await cairn.call('GET', '/missing.js')).status, 404);
  });
});
