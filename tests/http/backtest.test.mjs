// Accounts that left, and the back-test, by command: beside a running server, on either database.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, startCairn } from './harness.mjs';

const run = (cairn, command, ...rest) => cairnCommand([...command.split(' '), ...cairn.where, ...rest]);

test('accounts are marked as left by a file, all or none, each wrong line named', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  for (const name of ['Acme, "Inc"', 'Globex', 'Globex']) {
    await admin.createAccount({ name });
  }
  const initech = await admin.createAccount({ name: 'Initech', external_id: 'crm-7' });
  const file = join(cairn.dir, 'left.csv');

  await writeFile(file, 'account,day\ncrm-7,2025-01-31\nNobody,2025-01-31\nGlobex,2025-01-31\ncrm-7,soon\ncrm-7,2999-01-01\n');
  const wrong = await run(cairn, 'departures', file);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /:3: no account has "Nobody"/);
  assert.match(wrong.stdout, /:4: more than one account is called "Globex"/);
  assert.match(wrong.stdout, /:5: it takes an account and a day/);
  assert.match(wrong.stdout, /:6: an account that left did so today or before/);
  assert.match(wrong.stderr, /nothing was marked: 4 lines are wrong/);
  assert.equal((await run(cairn, 'departures')).stdout, 'account,left_on,reason,name\n');

  await writeFile(file, 'account,day,reason\r\n"Acme, ""Inc""",2025-02-28,"price, mostly"\r\ncrm-7,2025-01-31\r\n');
  const right = await run(cairn, 'departures', file);
  assert.equal(right.code, 0, right.stderr);
  assert.match(right.stdout, /^2 accounts are marked/);
  const list = (await run(cairn, 'departures')).stdout;
  assert.match(list, /^account,left_on,reason,name\nacct_\w+,2025-02-28,"price, mostly","Acme, ""Inc"""\n/);
  assert.ok(list.includes(`${initech.id},2025-01-31,"","Initech"\n`), list);

  await writeFile(file, list); // what is printed can be read
  assert.equal((await run(cairn, 'departures', file)).code, 0);
  assert.equal((await run(cairn, 'departures')).stdout, list);
});

test('a file that marks nobody is an error that says why', async t => {
  const cairn = await startCairn(t);
  const file = join(cairn.dir, 'left.csv');
  for (const [bytes, expected] of [
    ['', /no line/], ['account,left_on\n', /no line/], ['\ufeffaccount,left_on\n', /no line/], [Buffer.from([0xff, 0xfe, 0x0a]), /UTF-8/],
    ['Acme,31.3.2026\n', /1 line is wrong/], ['Acme\n', /1 line is wrong/],
  ]) {
    await writeFile(file, bytes);
    const { code, stdout, stderr } = await run(cairn, 'departures', file);
    assert.equal(code, 1, `${bytes}: ${stdout}`);
    assert.match(stderr, expected);
  }
});

test('accounts whose contracts ended are offered, and not marked by themselves', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  for (const [name, ends_on] of [['Gone', '2025-03-31'], ['Here', '2999-03-31']]) {
    const { id } = await admin.createAccount({ name });
    const contract = { name: 'Deal', arr: { minor: 100000, currency: 'USD' }, starts_on: '2024-04-01', ends_on, seats: null };
    const { status, body } = await admin.post(`/api/v1/accounts/${id}/contracts`, contract);
    assert.equal(status, 201, JSON.stringify(body));
  }
  const offered = (await run(cairn, 'departures', '--suggest')).stdout;
  assert.match(offered, /^account,left_on,reason,name\nacct_\w+,2025-04-01,"","Gone"\n$/);
  assert.equal((await run(cairn, 'departures')).stdout, 'account,left_on,reason,name\n');
});

test('a back-test of few departures says that they are too few, as text and as JSON', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  await admin.createAccount({ name: 'Gone' });
  const file = join(cairn.dir, 'left.csv');
  await writeFile(file, 'Gone,2026-01-31\n');
  assert.equal((await run(cairn, 'departures', file)).code, 0);

  const text = await run(cairn, 'backtest');
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^Version 1: Too few to tell/);
  assert.match(text.stdout, /90 days before: too few: \d+ that left, \d+ that stayed/);
  assert.ok(!/AUC|too_few/.test(text.stdout), 'no figure stands where there is none');
  const json = await run(cairn, 'backtest', '--version', '1', '--against', '1', '--as-true', '--json');
  assert.equal(json.code, 0, json.stderr);
  const reports = JSON.parse(json.stdout);
  assert.equal(reports.length, 2);
  assert.deepEqual(reports[0], reports[1]); // one version, twice
  assert.equal(reports[0].basis, 'true');
  assert.deepEqual(reports[0].horizons.map(horizon => horizon.days), [180, 90, 30]);
  assert.ok(reports[0].horizons.every(horizon => horizon.verdict === 'too_few'));
  assert.ok(reports[0].signals.length > 0);
  assert.equal((await run(cairn, 'backtest', '--version', 'x')).code, 2);
  assert.equal((await run(cairn, 'backtest', '--version', '99')).code, 1);
});

test('one account is marked, listed and unmarked over HTTP, by whom may change it', async t => {
  const viewer = { email: 'viewer@example.com', password: 'correct horse battery', name: 'V', role: 'viewer' };
  const cairn = await startCairn(t, { users: [viewer] });
  const admin = await cairn.login();
  const { id } = await admin.createAccount({ name: 'Gone' });
  const path = `/api/v1/accounts/${id}/departure`;
  assert.equal((await admin.post(path, { left_on: '2999-01-01' })).status, 422);
  assert.equal((await (await cairn.login(viewer)).post(path, { left_on: '2025-01-31' })).status, 403);
  assert.equal((await admin.post(path, { left_on: '2025-01-31', reason: 'price' })).status, 204);
  assert.equal((await admin.post(path, { left_on: '2025-02-28' })).status, 204);
  const { data } = (await admin.get('/api/v1/departures')).body;
  assert.deepEqual(data.map(row => [row.account_id, row.name, row.left_on, row.reason]), [[id, 'Gone', '2025-02-28', '']]);
  assert.equal((await admin.delete(path)).status, 204);
  assert.deepEqual((await admin.get('/api/v1/departures')).body.data, []);
});
