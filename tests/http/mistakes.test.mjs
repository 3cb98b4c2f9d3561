// What people get wrong when they set Cairn up and enter records: each is refused with the member at fault, or counts for what was meant.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, createDatabase, onPostgres, startCairn, waitFor } from './harness.mjs';

const dayFromNow = days => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const money = (units, currency) => ({ minor: units * 100, currency });

function refused(res, pointer, pattern) {
  assert.equal(res.status, 422, res.text);
  assert.deepEqual(res.body.errors.map(error => error.pointer), [pointer], res.text);
  assert.match(res.body.errors[0].detail, pattern);
}

test('the settings that the documentation shows are taken as they stand', async t => {
  const cairn = await startCairn(t);
  assert.equal(await cairn.stop(), 0);
  const [, block] = /```\n([^`]*http\.public_url[^`]*)```/.exec(await readFile('docs/notifications.md', 'utf8'));
  await writeFile(join(cairn.dir, 'cairn.conf'), block);
  const { code, stdout, stderr } = await cairnCommand(['config', 'list', '--data', cairn.dir]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^slack\.channel_severity = high$/m);
  const checked = await cairnCommand(['doctor', ...cairn.where]);
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);
  assert.match(checked.stdout, /messages +can be sent/);
});

test('a variable of the environment that may have been meant as a setting is told in the log', async t => {
  const cairn = await startCairn(t);
  const env = { CAIRN_HTTP_LISTE: '127.0.0.1:1', CAIRN_ENGINE_WORKERS: '9', CAIRN_SEEDS: '7' };
  const listed = await cairnCommand(['config', 'list', '--data', cairn.dir], { env });
  assert.equal(listed.code, 0, listed.stderr);
  const told = text => text.trim().split('\n').map(line => JSON.parse(line)).map(({ level, part, message }) => [level, part, message]);
  const warnings = [
    ['warn', 'config', 'CAIRN_HTTP_LISTE is no setting and changes nothing: did you mean CAIRN_HTTP_LISTEN?'],
    ['warn', 'config', 'CAIRN_ENGINE_WORKERS is no setting and changes nothing: cairn config list has all'],
  ];
  assert.deepEqual(told(listed.stderr).sort(), warnings.sort());
  const served = await cairnCommand(['serve', ...cairn.where, '--listen', 'nowhere'], { env });
  assert.equal(served.code, 1);
  assert.deepEqual(told(served.stderr.split('\n').slice(0, 2).join('\n')).sort(), warnings);
});

test('each wrong setting is named with its place, and a secret that nobody set is not shown as one', async t => {
  const cairn = await startCairn(t);
  assert.equal(await cairn.stop(), 0);
  const conf = join(cairn.dir, 'cairn.conf');
  await writeFile(conf, 'signal.setle = 1s\n\nmail.smtp_port = 99999\n');
  const wrong = await cairnCommand(['config', 'list', '--data', cairn.dir], { env: { CAIRN_ENGINE_TICK: '0' } });
  assert.equal(wrong.code, 1);
  assert.deepEqual(wrong.stderr.trim().split('\n'), [
    `${conf}:1: setting signal.setle: there is none of this name, did you mean signal.settle?`,
    `${conf}:3: setting mail.smtp_port: out of range: from 1 to 65535`,
    'CAIRN_ENGINE_TICK: setting engine.tick: out of range: from 100ms to 1m',
    'cairn config list: 3 problem(s) with the settings',
  ]);
  await writeFile(conf, ['http.public_url = cairn.example.com', 'slack.webhook_url = hooks.slack.com/services/T',
    'mail.smtp_host = smtp.example.com:25', 'http.trusted_proxy = 10.0.0.0/8'].join('\n'));
  const unlike = await cairnCommand(['serve', ...cairn.where]);
  assert.equal(unlike.code, 1);
  assert.deepEqual(unlike.stderr.trim().split('\n'), [
    `${conf}:1: setting http.public_url: must be an address such as https://cairn.example.com`,
    `${conf}:2: setting slack.webhook_url: must be an address such as https://cairn.example.com`,
    `${conf}:3: setting mail.smtp_host: must be a host's name or address, without scheme and port`,
    `${conf}:4: setting http.trusted_proxy: must be one IP address, such as 127.0.0.1`,
    'cairn serve: 4 problem(s) with the settings',
  ]);
  await writeFile(conf, 'mail.smtp_host = ::1\nhttp.trusted_proxy = ::1\nhttp.public_url = http://cairn/\nslack.webhook_url =\n');
  assert.equal((await cairnCommand(['config', 'list', '--data', cairn.dir])).code, 0);
  await writeFile(conf, 'slack.bot_token = xoxb-1\n');
  const { stdout } = await cairnCommand(['config', 'list', '--data', cairn.dir]);
  assert.match(stdout, /^slack\.bot_token = \(secret\) +\(changed\)$/m);
  assert.match(stdout, /^mail\.smtp_password = $/m);
  assert.ok(!stdout.includes('xoxb-1'));
});

test('what init says to do next is of the place that it was given, and a database of another encoding is refused', { skip: !onPostgres }, async t => {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-next-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const database = await createDatabase();
  t.after(() => database.drop());
  const made = await cairnCommand(['init', '--data', dir, '--db', database.url]);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^Next: cairn user add \S+ --role admin --data \S+ --db URL\nthen: cairn serve --data \S+ --db URL$/m);
  assert.match((await cairnCommand(['init', '--data', dir, '--db', database.url])).stderr, /the database has a workspace already/);
  const ascii = await createDatabase('template0', { encoding: 'LATIN1' });
  t.after(() => ascii.drop());
  const refusal = await cairnCommand(['init', '--data', dir, '--db', ascii.url]);
  assert.equal(refusal.code, 1, refusal.stdout);
  assert.match(refusal.stderr, /the database is in LATIN1: use createdb --encoding UTF8/);
});

test('records that cannot be meant are refused', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Acme' });
  const path = `/api/v1/accounts/${account.id}`;

  await t.test('a name of blanks alone', async () => {
    refused(await admin.post('/api/v1/accounts', { name: ' \t ' }), '/name', /must not be empty/);
    refused(await admin.patch(path, { name: '  ' }, '*'), '/name', /must not be empty/);
    refused(await admin.post(`${path}/tickets`, { subject: ' ' }), '/subject', /must not be empty/);
  });

  await t.test('a text that a database cannot hold', async () => {
    refused(await admin.post('/api/v1/accounts', { name: 'Ac\u0000me' }), '/name', /holds the character U\+0000/);
    refused(await admin.patch(path, { name: '\u0000' }, '*'), '/name', /holds the character U\+0000/);
  });

  await t.test('amounts and seats of which a sum would be no number', async () => {
    const year = { name: 'Year', starts_on: dayFromNow(-5), ends_on: dayFromNow(300) };
    const most = { minor: 1e15, currency: 'USD' };
    for (const arr of [{ ...most, minor: 1e15 + 1 }, { ...most, minor: -1 }]) {
      refused(await admin.post(`${path}/contracts`, { ...year, arr }), '/arr/minor', /from 0 to 1000000000000000$/);
      refused(await admin.post('/api/v1/accounts', { name: 'Rich', arr }), '/arr/minor', /from 0 to 1000000000000000$/);
      refused(await admin.patch(path, { arr }, '*'), '/arr/minor', /from 0 to 1000000000000000$/);
    }
    refused(await admin.post(`${path}/contracts`, { ...year, arr: most, seats: 1_000_000_001 }), '/seats', /from 0 to 1000000000/);
    const rich = await admin.createAccount({ name: 'Rich' });
    for (const name of ['A', 'B']) {
      const res = await admin.post(`/api/v1/accounts/${rich.id}/contracts`, { ...year, name, arr: most });
      assert.equal(res.status, 201, res.text);
    }
    assert.equal((await admin.get(`/api/v1/accounts/${rich.id}`)).body.arr.minor, 2e15);
  });

  await t.test('a domain that is none', async () => {
    refused(await admin.post('/api/v1/accounts', { name: 'Bad', domain: 'not a domain' }), '/domain', /such as example.com/);
    refused(await admin.patch(path, { domain: 'acme' }, '*'), '/domain', /such as example.com/);
    assert.equal((await admin.patch(path, { domain: 'https://www.ACME.example/about' }, '*')).body.domain, 'acme.example');
  });

  await t.test('a ticket that is solved before it is opened', async () => {
    const ticket = { subject: 'Help', opened_at: '2026-03-02T10:00:00Z', status: 'solved', solved_at: '2026-03-01T10:00:00Z' };
    refused(await admin.post(`${path}/tickets`, ticket), '/solved_at', /not solved before it is opened/);
    const { body } = await admin.post(`${path}/tickets`, { ...ticket, solved_at: '2026-03-02T10:00:00Z' });
    refused(await admin.patch(`${path}/tickets/${body.id}`, { solved_at: '2026-03-02T09:59:59Z' }, '*'), '/solved_at', /before/);
  });

  await t.test('a ticket that is opened or solved in the future, but for a clock that is a little ahead', async () => {
    const inAYear = new Date(Date.now() + 365 * 86_400_000).toISOString();
    refused(await admin.post(`${path}/tickets`, { subject: 'Help', opened_at: inAYear }), '/opened_at', /not opened in the future/);
    refused(await admin.post(`${path}/tickets`, { subject: 'Help', status: 'solved', solved_at: inAYear }), '/solved_at', /not solved in the future/);
    const ahead = await admin.post(`${path}/tickets`, { subject: 'Help', opened_at: new Date(Date.now() + 20_000).toISOString() });
    assert.equal(ahead.status, 201, ahead.text);
    assert.ok(Date.parse(ahead.body.opened_at) <= Date.now(), ahead.body.opened_at);
    refused(await admin.patch(`${path}/tickets/${ahead.body.id}`, { status: 'solved', solved_at: inAYear }, '*'), '/solved_at', /in the future/);
  });

  await t.test('amounts in what is no currency, with the one that may be meant', async () => {
    const arr = value => admin.post(`${path}/contracts`, {
      name: 'one', arr: value, starts_on: dayFromNow(-10), ends_on: dayFromNow(10) });
    refused(await arr(money(1, 'XYZ')), '/arr/currency', /^"XYZ" is no currency: give a code of ISO 4217, such as EUR$/);
    refused(await arr(money(1, 'usd')), '/arr/currency', /^"usd" is no currency: did you mean USD\?$/);
    refused(await arr({ minor: 1, currency: 7 }), '/arr/currency', /must be a string/);
    refused(await arr({ minor: -1, currency: 'USD' }), '/arr/minor', /must be an integer from 0/);
    refused(await arr({ minor: 1 }), '/arr', /^not \{"minor":integer,"currency":"EUR"\}$/);
  });

  await t.test('contracts of two currencies on the same day, whose sum is no amount', async () => {
    const contract = (external_id, currency, from, to, rest) => admin.post(`${path}/contracts`, {
      external_id, name: external_id, arr: money(100, currency), starts_on: dayFromNow(from), ends_on: dayFromNow(to), ...rest });
    const arrOf = async id => (await admin.get(`/api/v1/accounts/${id}`)).body.arr;
    assert.equal((await contract('now', 'EUR', -10, 10)).status, 201);
    refused(await contract('beside', 'USD', 10, 50), '/arr', /'now' runs at the same time and is in EUR/);
    assert.equal((await contract('draft', 'USD', -5, 50, { status: 'draft' })).status, 201);
    const cancelled = await contract('cancelled', 'USD', -5, 50, { status: 'cancelled' });
    assert.equal(cancelled.status, 201, cancelled.text);
    assert.deepEqual(await arrOf(account.id), money(100, 'EUR'));
    assert.equal((await contract('next', 'USD', 11, 50)).status, 201);
    await waitFor(async () => (await admin.get('/api/v1/accounts')).body.data[0]?.arr?.currency === 'EUR',
      { what: 'the currency of the contract that runs' });
    const next = (await admin.get(`${path}/contracts`)).body.data.find(one => one.external_id === 'next');
    refused(await admin.patch(`${path}/contracts/${next.id}`, { starts_on: dayFromNow(9) }, '*'), '/arr', /is in EUR/);
  });
});

test('two sources of one name, which nobody could tell apart, are not made, however close to each other', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const answers = await Promise.all(Array.from({ length: 8 }, () => admin.post('/api/v1/sources', { name: 'Shop' })));
  const made = answers.filter(answer => answer.status === 201);
  assert.equal(made.length, 1);
  const { id, write_key_hint: hint } = made[0].body;
  const taken = new RegExp(`source ${id} has this name; its write key ends in ${hint}`);
  for (const answer of answers.filter(one => one !== made[0])) {
    assert.equal(answer.status, 409, answer.text);
    assert.match(answer.body.detail, taken);
  }
  assert.deepEqual((await admin.get('/api/v1/sources')).body.data.filter(one => one.name === 'Shop').length, 1);
  assert.equal((await admin.post('/api/v1/sources', { name: 'shop' })).status, 201);
  assert.equal(await cairn.stop(), 0);
  const command = await cairnCommand(['key', 'source', 'Shop', ...cairn.where]);
  assert.deepEqual([command.code, command.stdout], [1, '']);
  assert.match(command.stderr, taken);
});

test('accounts whose contracts run at the same time in two currencies are not merged', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const [into, from] = [await admin.createAccount({ name: 'Acme' }), await admin.createAccount({ name: 'Beta' })];
  const contract = (account, name, currency) => admin.post(`/api/v1/accounts/${account.id}/contracts`, {
    name, arr: money(100, currency), starts_on: dayFromNow(-10), ends_on: dayFromNow(10) });
  assert.equal((await contract(into, 'Euros', 'EUR')).status, 201);
  const { body: dollars } = await contract(from, 'Dollars', 'USD');
  const merge = () => admin.post(`/api/v1/accounts/${from.id}/merge`, { into: into.id }, { 'if-match': '*' });
  refused(await merge(), '/into', /at the same time in (EUR and USD: 'Euros' and 'Dollars'|USD and EUR: 'Dollars' and 'Euros')/);
  assert.equal((await admin.get(`/api/v1/accounts/${from.id}`)).body.arr.currency, 'USD');
  const cancelled = await admin.patch(`/api/v1/accounts/${from.id}/contracts/${dollars.id}`, { status: 'cancelled' }, '*');
  assert.equal(cancelled.status, 200, cancelled.text);
  assert.equal((await merge()).status, 200);
  assert.deepEqual((await admin.get(`/api/v1/accounts/${into.id}`)).body.arr, money(100, 'EUR'));
});

test('what was given is told in part where it is long, and never cut within a character', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  for (const before of ['', 'a', 'ab']) {
    const account = { name: 'Acme', external_id: before + '\u20ac'.repeat(150) };
    await admin.createAccount(account);
    const res = await admin.post('/api/v1/accounts', account);
    assert.equal(res.status, 409, res.text);
    assert.match(res.body.detail, /external id '\w*\u20ac{60,}$/u);
  }
});

test('an account says the same of its contracts alone, in the list, and while one is a draft or signed ahead', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const account = await admin.createAccount({ name: 'Acme', arr: money(500, 'USD') });
  const path = `/api/v1/accounts/${account.id}`;
  const bothAre = async (arr, what) => waitFor(async () => {
    const [row] = (await admin.get('/api/v1/accounts')).body.data;
    const { body } = await admin.get(path);
    return row?.arr?.minor === arr?.minor && body.arr?.minor === arr?.minor && row?.renewal_at === body.renewal_at;
  }, { what });
  const contract = (external_id, from, to, rest) => admin.post(`${path}/contracts`, {
    external_id, name: external_id, arr: money(100, 'USD'), starts_on: dayFromNow(from), ends_on: dayFromNow(to), ...rest });
  await bothAre(money(500, 'USD'), 'the figures of the record');
  await contract('draft', -5, 300, { status: 'draft' });
  await waitFor(async () => (await admin.get(`${path}/contracts`)).body.data.length === 1);
  await admin.patch(path, { name: 'Acme Inc' }, '*');
  await waitFor(async () => (await admin.get('/api/v1/accounts')).body.data[0]?.name === 'Acme Inc', { what: 'the draft to be known' });
  await bothAre(money(500, 'USD'), 'the figures of the record beside a draft');
  await contract('ahead', 20, 300);
  await bothAre(null, 'no ARR before the first contract begins');
  await contract('now', -20, 19);
  await bothAre(money(100, 'USD'), 'the ARR of what runs');
  for (const arr of [money(7, 'USD'), null]) refused(await admin.patch(path, { arr }, '*'), '/arr', /contracts say its ARR/);
  await bothAre(money(100, 'USD'), 'still the ARR of what runs');
});
