// CSV exports: what is shown, safe for spreadsheets.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

// RFC 4180, quoted cells included.
function parse(text) {
  const rows = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy;
  for (let match; (match = cell.exec(text)) && cell.lastIndex <= text.length; ) {
    rows.at(-1).push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] === '') break;
    if (match[3] === '\r\n') rows.push([]);
    if (cell.lastIndex === text.length) break;
  }
  return rows.filter(row => row.length > 1);
}

test('reliability 24: exported cells are never formulas', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const names = ['=HYPERLINK("http://evil.example","x")', '+1+1', '-2+3', '@SUM(A1)', '\t=1', 'plain, "quoted"', 'Ümläut'];
  for (const [i, name] of names.entries()) await admin.createAccount({ name, external_id: `x${i}` });
  await waitFor(async () => (await admin.get('/api/v1/accounts')).body.total === names.length);
  const res = await admin.get('/api/v1/export/accounts.csv?sort=name');
  assert.equal(res.status, 200);
  assert.equal(res.headers.get('content-type'), 'text/csv');
  assert.match(res.headers.get('content-disposition'), /^attachment; filename="accounts\.csv"$/);
  const [heading, ...rows] = parse(res.text);
  const column = heading.indexOf('name');
  const seen = rows.map(row => row[column]);
  assert.equal(rows.length, names.length);
  for (const name of names) {
    const dangerous = /^[=+\-@\t\r]/.test(name);
    assert.ok(seen.includes(dangerous ? `'${name}` : name), `${name} in ${JSON.stringify(seen)}`);
  }
  const filtered = parse((await admin.get('/api/v1/export/accounts.csv?q=plain')).text);
  assert.equal(filtered.length, 2);
});
