// Accounts that left, and the back-test, by command: beside a running server, on either database.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

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

  await writeFile(file, 'account,day,reason\ncrm-7,2025-01-31,"price,\nmostly"\nNobody,2025-01-31\nInitech,2025-02-28\n');
  const twice = await run(cairn, 'departures', file);
  assert.equal(twice.code, 1);
  assert.match(twice.stdout, /:4: no account has "Nobody"/, 'lines are those of the file, also behind a cell with two');
  assert.match(twice.stdout, /:5: this account is in line 2 already/);
  await writeFile(file, 'crm-7;2025-01-31\n');
  assert.match((await run(cairn, 'departures', file)).stdout, /:1: it takes an account and a day [^]*with a comma between/);
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

test('a line names its account by a domain however it is written, by that very name, and by what became of it', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const left = await admin.createAccount({ name: 'Old Acme', external_id: 'old-acme', domain: 'acme.example' });
  const acme = await admin.createAccount({ name: 'New Acme' });
  await admin.createAccount({ name: 'Societe', domain: 'plain.example' });
  const societe = await admin.createAccount({ name: 'Société', domain: 'société.example' });
  const merged = await admin.post(`/api/v1/accounts/${left.id}/merge`, { into: acme.id }, { 'if-match': '*' });
  assert.equal(merged.status, 200, merged.text);
  const file = join(cairn.dir, 'left.csv');
  for (const [name, { id }] of [
    ['acme.example', acme], ['https://www.ACME.example/about', acme], ['old-acme', acme],
    ['société.example', societe], ['Société', societe],
  ]) {
    await writeFile(file, `${name},2025-01-31\n`);
    const { code, stdout, stderr } = await run(cairn, 'departures', file);
    assert.equal(code, 0, `${name}: ${stdout}${stderr}`);
    const { data } = (await admin.get('/api/v1/departures')).body;
    assert.deepEqual(data.map(row => row.account_id), [id], name);
    assert.equal((await admin.delete(`/api/v1/accounts/${id}/departure`)).status, 204);
  }
  await writeFile(file, 'SOCIETE,2025-01-31\n');
  assert.match((await run(cairn, 'departures', file)).stdout, /more than one account is called "SOCIETE"/);
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

test('capabilities 30: a back-test of few departures says that they are too few, as text and as JSON', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const gone = await admin.createAccount({ name: 'Gone' });
  const contract = { name: 'Deal', arr: { minor: 100000, currency: 'USD' }, starts_on: '2025-02-01', ends_on: '2026-01-31' };
  assert.equal((await admin.post(`/api/v1/accounts/${gone.id}/contracts`, contract)).status, 201);
  const file = join(cairn.dir, 'left.csv');
  await writeFile(file, 'Gone,2026-01-31\n');
  assert.equal((await run(cairn, 'departures', file)).code, 0);

  const text = await run(cairn, 'backtest');
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^Version 1: Too few to tell/);
  assert.match(text.stdout, /90 days before: too few: \d+ that left, \d+ that stayed/);
  assert.match(text.stdout, /; 0 accounts that left, 1 left out\.\n {2}1 had not come, by what was known, 30 days before they left: --as-true /);
  assert.ok(!/AUC|too_few/.test(text.stdout), 'no figure stands where there is none');
  const json = await run(cairn, 'backtest', '--version', '1', '--against', '1', '--as-true', '--json');
  assert.equal(json.code, 0, json.stderr);
  const reports = JSON.parse(json.stdout);
  assert.equal(reports.length, 2);
  assert.deepEqual(reports[0], reports[1]); // one version, twice
  assert.equal(reports[0].basis, 'true');
  assert.equal(reports[0].left, 1, 'it was there while its contract ran, though it was told of today');
  assert.deepEqual(reports[0].horizons.map(horizon => horizon.days), [180, 90, 30]);
  assert.ok(reports[0].horizons.every(horizon => horizon.told.verdict === 'too_few'));
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

const person = role => ({ email: `${role}@example.com`, password: 'correct horse battery', name: role, role });

async function ask(client, body) {
  const { status, body: run } = await client.post('/api/v1/backtests', body);
  assert.equal(status, 202, JSON.stringify(run));
  return run;
}

function ended(client, id) {
  return waitFor(async () => {
    const { status, body } = await client.get(`/api/v1/backtests/${id}`);
    assert.equal(status, 200, JSON.stringify(body));
    return ['done', 'failed'].includes(body.state) && body;
  }, { what: 'the back-test, which gives way to all else', timeoutMs: 60_000 });
}

test('many accounts are marked over HTTP, all or none, each wrong line named', async t => {
  const cairn = await startCairn(t, { users: [person('viewer')] });
  const admin = await cairn.login();
  for (const name of ['Acme, "Inc"', 'Globex']) await admin.createAccount({ name });
  const path = '/api/v1/departures';

  const wrong = await admin.post(path, { csv: 'account,day\nNobody,2025-01-31\nGlobex,2025-01-31\nGlobex,soon\n' });
  assert.equal(wrong.status, 422);
  assert.equal(wrong.body.detail, 'nothing was marked: 2 lines are wrong');
  assert.deepEqual(wrong.body.errors.map(error => error.line), [2, 4]);
  assert.match(wrong.body.errors[0].detail, /^line 2: no account has "Nobody"/);
  assert.deepEqual((await admin.get(path)).body.data, []);
  assert.equal((await admin.post(path, { csv: 'account,left_on\n' })).status, 422);
  assert.equal((await (await cairn.login(person('viewer'))).post(path, { csv: 'Globex,2025-01-31\n' })).status, 403);

  const right = await admin.post(path, { csv: '"Acme, ""Inc""",2025-02-28,price\r\nGlobex,2025-01-31\r\n' });
  assert.equal(right.status, 200, JSON.stringify(right.body));
  assert.equal(right.body.marked, 2);
  const { data } = (await admin.get(path)).body;
  assert.deepEqual(data.map(row => [row.name, row.left_on, row.reason]), [['Acme, "Inc"', '2025-02-28', 'price'], ['Globex', '2025-01-31', '']]);
  const mark = `/api/v1/accounts/${data[0].account_id}/departure`;
  assert.deepEqual((await admin.get(mark)).body, { left_on: '2025-02-28', reason: 'price' });
  assert.equal((await admin.delete(mark)).status, 204);
  assert.deepEqual((await admin.get(mark)).body, { left_on: null, reason: '' });
});

test('accounts whose contracts ended are offered over HTTP', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { id } = await admin.createAccount({ name: 'Gone' });
  const contract = { name: 'Deal', arr: { minor: 100000, currency: 'USD' }, starts_on: '2024-04-01', ends_on: '2025-03-31', seats: null };
  assert.equal((await admin.post(`/api/v1/accounts/${id}/contracts`, contract)).status, 201);
  const path = '/api/v1/departures/suggested';
  assert.deepEqual((await admin.get(path)).body.data.map(row => [row.account_id, row.left_on]), [[id, '2025-04-01']]);
  assert.equal((await admin.post(`/api/v1/accounts/${id}/departure`, { left_on: '2025-04-01' })).status, 204);
  assert.deepEqual((await admin.get(path)).body.data, []);
});

test('a back-test that is asked for over HTTP is run, kept and told with its report', async t => {
  const cairn = await startCairn(t, { users: [person('leader'), person('csm')] });
  const admin = await cairn.login();
  for (const [name, left_on] of [['Old', '2025-01-31'], ['New', '2026-01-31']]) {
    const { id } = await admin.createAccount({ name });
    assert.equal((await admin.post(`/api/v1/accounts/${id}/departure`, { left_on })).status, 204);
  }
  assert.deepEqual((await admin.get('/api/v1/backtests')).body, { data: [], next_cursor: null });

  const leader = await cairn.login(person('leader'));
  const asked = await ask(leader, {});
  assert.equal(asked.version, 1);
  assert.equal(asked.against, null);
  const run = await ended(leader, asked.id);
  assert.equal(run.state, 'done', run.failure);
  assert.equal(run.reports.length, 1);
  const [report] = run.reports;
  assert.match(report.verdict, /^Too few to tell/);
  assert.equal(report.version, 1);
  assert.equal(report.basis, 'known');
  assert.deepEqual(report.left_out, { too_old: 0, too_many: 0, no_history: 2 });
  assert.deepEqual(report.horizons.map(horizon => horizon.days), [180, 90, 30]);
  assert.ok(report.signals.length > 0);
  assert.deepEqual(report.accounts, []); // nobody was there before leaving
  assert.ok(Date.parse(run.ended_at) >= Date.parse(run.asked_at));

  const both = await ended(admin, (await ask(admin, { version: 1, against: 1, basis: 'true', left_from: '2025-06-01', left_to: '2026-06-01' })).id);
  assert.equal(both.reports.length, 2);
  assert.deepEqual(both.reports[0], both.reports[1]);
  assert.equal(both.reports[0].left_out.no_history, 1); // the other one left before
  assert.equal(both.reports[0].basis, 'true');
  assert.deepEqual((await admin.get('/api/v1/backtests')).body.data.map(one => one.id), [both.id, asked.id]);

  const csm = await cairn.login(person('csm'));
  assert.equal((await csm.get('/api/v1/backtests')).status, 403);
  assert.equal((await csm.get(`/api/v1/backtests/${asked.id}`)).status, 403);
  assert.equal((await csm.post('/api/v1/backtests', {})).status, 403);
  assert.equal((await admin.post('/api/v1/backtests', { version: 99 })).status, 404);
  assert.equal((await admin.post('/api/v1/backtests', { against: 99 })).status, 404);
  assert.equal((await admin.post('/api/v1/backtests', { version: 1, files: [] })).status, 422);
  const upsideDown = await admin.post('/api/v1/backtests', { left_from: '2026-06-01', left_to: '2025-06-01' });
  assert.equal(upsideDown.status, 422);
  assert.deepEqual(upsideDown.body.errors, [{ pointer: '/left_to', detail: 'the last day is before the first' }]);
  const unknown = await admin.get('/api/v1/backtests/btst_nosuchrun');
  assert.equal(unknown.status, 404);
  assert.equal(unknown.body.detail, 'there is no such backtest');
});

test('a program that was not applied is tested, and a wrong one fails with its first mistake', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const signals = when => [{ name: 'signals.yaml', text: `signals:\n  low:\n    when: ${when}\n    severity: high\n` }];
  const run = await ended(admin, (await ask(admin, { files: signals('arr < 1.0'), against: 1 })).id);
  assert.equal(run.state, 'done', run.failure);
  assert.deepEqual(run.reports.map(report => report.version), [null, 1]);
  assert.deepEqual(run.reports[0].signals.map(signal => signal.name), ['low']);
  const wrong = await ended(admin, (await ask(admin, { files: signals('nonsense < 1.0') })).id);
  assert.equal(wrong.state, 'failed');
  assert.match(wrong.failure, /nonsense/);
  assert.deepEqual(wrong.reports, []);
  assert.equal((await admin.get('/api/v1/program')).body.version, 1);
});

test('back-tests wait for one another, few at a time; one that is stopped has failed', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { id } = await admin.createAccount({ name: 'Gone' });
  const day = new Date(Date.now() - 880 * 86_400_000).toISOString().slice(0, 10);
  assert.equal((await admin.post(`/api/v1/accounts/${id}/departure`, { left_on: day })).status, 204);
  const asked = await Promise.all(Array.from({ length: 10 }, () => admin.post('/api/v1/backtests', {})));
  const runs = asked.filter(one => one.status === 202).map(one => one.body);
  assert.ok(runs.length >= 4, 'four have a place');
  assert.ok(asked.some(one => one.status === 429), 'not ten');
  const { data } = (await admin.get('/api/v1/backtests')).body;
  assert.equal(data.length, runs.length, 'who found no room left nothing behind');
  assert.ok(data.filter(one => one.state === 'running').length <= 1);
  const last = runs.map(run => run.id).sort().at(-1);
  const before = await admin.get(`/api/v1/backtests/${last}`);
  assert.equal((await admin.post(`/api/v1/backtests/${last}/stop`)).status, 200);
  const stopped = await ended(admin, last);
  assert.equal(before.body.state, 'queued');
  assert.equal(stopped.state, 'failed');
  assert.equal(stopped.failure, 'testing a program on the past: the back-test was stopped');
  for (const run of runs.filter(one => one.id !== last)) assert.equal((await ended(admin, run.id)).state, 'done');
});

test('a back-test that a restart interrupted has failed, and says why', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { id } = await admin.createAccount({ name: 'Gone' });
  const day = new Date(Date.now() - 880 * 86_400_000).toISOString().slice(0, 10);
  assert.equal((await admin.post(`/api/v1/accounts/${id}/departure`, { left_on: day })).status, 204);
  const runs = [await ask(admin, {}), await ask(admin, {})];
  await cairn.stop();
  await cairn.start();
  const again = await cairn.login();
  const states = await Promise.all(runs.map(run => ended(again, run.id)));
  assert.equal(states[1].state, 'failed');
  assert.match(states[1].failure, /stopped/);
});
