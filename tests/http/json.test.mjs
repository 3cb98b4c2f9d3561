// reliability 19: JSONTestSuite as bodies: every n_ is refused with 400, every y_ accepted or refused for a
// named reason, and nothing takes the server down.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { basic, startCairn } from './harness.mjs';

const FOLDER = fileURLToPath(new URL('../data/JSONTestSuite/test_parsing/', import.meta.url));

test('reliability 19: JSONTestSuite as bodies of both APIs', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key } = await admin.createSource();
  const files = (await readdir(FOLDER)).filter(name => name.endsWith('.json'));
  assert.ok(files.length > 300);
  for (const name of files) {
    const raw = await readFile(join(FOLDER, name));
    const rest = await admin.call('POST', '/api/v1/accounts', { raw, headers: { 'content-type': 'application/json' } });
    const track = await cairn.call('POST', '/v1/track', { raw, headers: { authorization: basic(write_key) } });
    const said = `${name}: ${rest.status} ${rest.text.slice(0, 200)}; ${track.status} ${track.text.slice(0, 200)}`;
    if (name.startsWith('n_')) {
      assert.equal(rest.status, 400, said);
      assert.ok(rest.body.detail.length > 0 && rest.body.offset >= 0, said);
      assert.ok([200, 400].includes(track.status), said);
    } else {
      // Well-formed, but no account: refused for what it is.
      assert.ok([400, 422].includes(rest.status), said);
      assert.ok([200, 400].includes(track.status), said);
      if (name.startsWith('y_')) assert.ok(rest.status === 422 || /depth|range|number/.test(rest.text), said);
    }
  }
  assert.equal((await fetch(`${cairn.base}/healthz`)).status, 200);
});

test('reliability 19: depth, length and numbers beyond what fits', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const post = raw => admin.call('POST', '/api/v1/accounts', { raw, headers: { 'content-type': 'application/json' } });
  assert.equal((await post('['.repeat(100_000))).status, 400);
  assert.equal((await post('['.repeat(100_000) + ']'.repeat(100_000))).status, 400);
  assert.equal((await post('{"a":'.repeat(1000) + '1' + '}'.repeat(1000))).status, 400);
  assert.equal((await post(`{"name":"${'x'.repeat(900_000)}"}`)).status, 422);
  assert.equal((await post('{"name":"a","name":"b"}')).status, 422);
  for (const number of ['1e400', '-1e400', '99999999999999999999', '1.5', '-1', 'NaN', '1E-400']) {
    const res = await post(`{"name":"a","arr":{"minor":${number},"currency":"USD"}}`);
    assert.ok([400, 422].includes(res.status), `${number}: ${res.status}`);
  }
  assert.equal((await post('{"name":"\\ud800"}')).status, 400);
});
