// How large a program may be over HTTP: as large as in a folder.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn } from './harness.mjs';

const MIB = 1024 * 1024;
const MOST = 8 * MIB; // program_bytes of docs/limits.md
const HEAD = 'scorecard: all\nmeasures:\n  - {name: logins, weight: 1, value: logins.sum(28), map: {0: 0, 9: 100}}\n';
const METRICS = 'metrics:\n  logins: {event: Signed In, count: events}\n';
const SIGNALS = 'signals:\n  asked: {when: logins.sum(28) > 1.0}\n';

// Comments of which JSON makes nearly twice as much: quotes, backslashes and ends of lines.
const filler = bytes => '#"\\\n'.repeat(Math.floor(bytes / 4)).padEnd(bytes, '#');

/** A program of exactly so many bytes, in files of at most a MiB each. */
function program(bytes) {
  const files = [
    { name: 'metrics.yaml', text: METRICS },
    { name: 'scorecards/all.yaml', text: HEAD },
    { name: 'signals.yaml', text: SIGNALS },
  ];
  let left = bytes - files.reduce((sum, file) => sum + file.text.length, 0);
  for (let i = 0; left > 0; i++) {
    const size = Math.min(left, MIB);
    const head = `segments:\n  s${i}: {when: arr > ${i}.0}\n`;
    files.push({ name: `more/${i}.yaml`, text: head + filler(size - head.length) });
    left -= size;
  }
  return files;
}

const START = { env: { CAIRN_LOG_LEVEL: 'warn' } };

test('003 a program of 8 MiB is checked, compared, tested, matched and applied over HTTP; one byte more is refused by name', async t => {
  const cairn = await startCairn(t, START);
  const admin = await cairn.login();
  const largest = program(MOST);
  assert.ok(JSON.stringify({ files: largest }).length > 12 * MIB);
  const check = await admin.post('/api/v1/program/check', { files: largest });
  assert.deepEqual([check.status, check.body.ok], [200, true], check.text.slice(0, 500));
  const diff = await admin.post('/api/v1/program/diff', { files: largest });
  assert.deepEqual([diff.status, diff.body.problems], [200, []], diff.text.slice(0, 500));
  const tested = await admin.post('/api/v1/program/test', { files: largest });
  assert.deepEqual([tested.status, tested.body.problems], [200, []], tested.text.slice(0, 500));
  const match = await admin.post('/api/v1/program/match', { files: largest, file: 'signals.yaml', line: 2, column: 20 });
  assert.deepEqual([match.status, match.body.rule?.name, match.body.problems], [200, 'asked', []], match.text.slice(0, 500));
  const applied = await admin.post('/api/v1/program/apply', { files: largest, base_version: 1 });
  assert.deepEqual([applied.status, applied.body.state], [200, 'active'], applied.text.slice(0, 500));
  const now = await admin.get('/api/v1/program');
  assert.equal(now.body.files.reduce((sum, file) => sum + file.text.length, 0), MOST);

  const over = program(MOST + 1);
  const refused = await admin.post('/api/v1/program/check', { files: over });
  assert.deepEqual([refused.status, refused.body.ok], [200, false]);
  assert.match(refused.body.problems[0].message, /too much for a program/);
  assert.equal((await admin.post('/api/v1/program/apply', { files: over, base_version: 2 })).status, 422);
  assert.equal((await admin.get('/api/v1/program')).body.version, 2);
  cairn.assertClean(await cairn.stop());
});

test('003 beyond http.program_body_max_bytes a body is refused unread; other routes keep their limit', async t => {
  const cairn = await startCairn(t, { env: { ...START.env, CAIRN_HTTP_PROGRAM_BODY_MAX_BYTES: String(2 * MIB) } });
  const admin = await cairn.login();
  // Plain comments: what is sent is as long as what is meant.
  const plain = bytes => {
    const body = { files: [{ name: 'a.yaml', text: '' }, { name: 'b.yaml', text: '' }, { name: 'metrics.yaml', text: METRICS }] };
    const each = bytes - JSON.stringify(body).length;
    body.files[0].text = '#'.repeat(Math.floor(each / 2));
    body.files[1].text = '#'.repeat(each - Math.floor(each / 2));
    assert.equal(JSON.stringify(body).length, bytes);
    return body;
  };
  assert.equal((await admin.post('/api/v1/program/check', plain(2 * MIB))).status, 200);
  const refused = await admin.post('/api/v1/program/check', plain(2 * MIB + 1));
  assert.equal(refused.status, 413, refused.text);
  const other = await admin.post('/api/v1/program/rollback', { version: 1, note: 'x'.repeat(MIB) });
  assert.equal(other.status, 413, other.text);
  // Nobody reads, or makes room for, what somebody unknown sends.
  const anybody = await cairn.call('POST', '/api/v1/program/check', { body: plain(2 * MIB) });
  assert.equal(anybody.status, 401);
});
