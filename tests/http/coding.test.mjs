// Answers are compressed for clients that take it; what a client gets is the same.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { startCairn, waitFor } from './harness.mjs';

// fetch would decode by itself.
function raw(session, path, coding) {
  return new Promise((resolve, reject) => {
    const headers = { ...session.headers, ...(coding ? { 'accept-encoding': coding } : {}) };
    http.get(session.cairn.base + path, { headers }, res => {
      const chunks = [];
      res.on('data', chunk => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, bytes: Buffer.concat(chunks) }));
    }).on('error', reject);
  });
}

test('answers are compressed for clients that take gzip, and say that they vary', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  for (let i = 0; i < 40; i++) await admin.createAccount({ name: `Account ${i}`, external_id: `account-${i}` });

  for (const path of ['/api/v1/accounts?limit=50', '/api/v1/export/accounts.csv']) {
    // The accounts are being scored meanwhile: until then two answers may differ, and an export has
    // those alone that the engine has.
    const plain = await waitFor(async () => {
      const [one, other] = [await raw(admin, path), await raw(admin, path, 'gzip')];
      return one.bytes.includes('account-39') && gunzipSync(other.bytes).equals(one.bytes) && one;
    }, { what: `the same ${path} with and without gzip` });
    assert.equal(plain.status, 200, path);
    assert.equal(plain.headers['content-encoding'], undefined, path);
    assert.equal(plain.headers.vary, 'accept-encoding', path);
    for (const coding of ['gzip', 'br, gzip;q=0.8', 'deflate, GZIP']) {
      const packed = await raw(admin, path, coding);
      assert.equal(packed.headers['content-encoding'], 'gzip', `${path}, ${coding}`);
      assert.equal(packed.headers.vary, 'accept-encoding', path);
      assert.ok(packed.bytes.length < plain.bytes.length / 2, `${path}: ${packed.bytes.length}`);
      assert.deepEqual(gunzipSync(packed.bytes), plain.bytes, path);
    }
    for (const coding of ['gzip;q=0', 'br', 'identity']) {
      const answer = await raw(admin, path, coding);
      assert.equal(answer.headers['content-encoding'], undefined, `${path}, ${coding}`);
    }
  }
});

test('what is short, or has a strong entity tag, is sent as it is', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const short = await raw(admin, '/api/v1/session', 'gzip');
  assert.equal(short.headers['content-encoding'], undefined);
  const account = await admin.createAccount({ name: 'n'.repeat(200), external_id: 'e'.repeat(512) });
  const tagged = await raw(admin, `/api/v1/accounts/${account.id}`, 'gzip');
  assert.match(tagged.headers.etag, /^"\d+"$/);
  assert.equal(tagged.headers['content-encoding'], undefined);
});

test('the live stream is never compressed', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const headers = { ...admin.headers, 'accept-encoding': 'gzip', accept: 'text/event-stream' };
  const request = http.get(`${cairn.base}/api/v1/stream`, { headers });
  t.after(() => request.destroy());
  const res = await new Promise((resolve, reject) => request.on('response', resolve).on('error', reject));
  assert.equal(res.headers['content-encoding'], undefined);
  const text = await new Promise(resolve => res.setEncoding('utf8').once('data', resolve));
  assert.match(text, /^(: welcome|event: stream)/);
  request.on('error', () => {});
});
