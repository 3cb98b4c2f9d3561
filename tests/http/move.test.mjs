// `cairn move`: from files to PostgreSQL and back, with everything in it.
import assert from 'node:assert/strict';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { cairnCommand, createDatabase, onPostgres, serveCairn, Session, startCairn, waitFor } from './harness.mjs';

const DAY_MS = 86_400_000;

async function succeed(...args) {
  const { code, stdout, stderr } = await cairnCommand(args);
  assert.equal(code, 0, `cairn ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function refuse(pattern, ...args) {
  const { code, stderr } = await cairnCommand(args);
  assert.ok(code === 1 || code === 2, `cairn ${args.join(' ')} was not refused`);
  assert.match(stderr, pattern);
}

// A folder and a database of the test's own.
async function place(t) {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-move-'));
  const database = await createDatabase();
  t.after(async () => {
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });
  return { dir, url: database.url };
}

// Events of 60 days, some of which say who belongs where, some late, some with numbers.
function traffic() {
  const now = Date.now();
  return Array.from({ length: 900 }, (_, n) => {
    const user = `u${n % 37}`;
    const base = { messageId: `m${n}`, userId: user, timestamp: new Date(now - (n % 61) * DAY_MS).toISOString() };
    if (n % 11 === 0) return { ...base, type: 'identify', traits: { email: `${user}@c${n % 5}.example`, name: `User ${user} Ü` } };
    if (n % 13 === 0) return { ...base, type: 'group', groupId: `g${n % 7}`, traits: { name: `Group ${n % 7}`, plan: 'pro', seats: n } };
    if (n % 17 === 0) return { ...base, type: 'page', name: `Page ${n % 3}`, context: { groupId: `g${n % 7}` } };
    const event = { ...base, type: 'track', event: `Event ${n % 9}`, properties: { amount: n / 7, plan: 'a"b\\c', nested: { x: [n] } } };
    return n % 3 === 0 ? { ...event, context: { groupId: `g${n % 7}` } } : event;
  });
}

async function position(cairn) {
  const { text } = await cairn.call('GET', '/metrics');
  assert.match(text, /^cairn_event_log_position \d+$/m);
  return Number(/^cairn_event_log_position (\d+)$/m.exec(text)[1]);
}

async function settled(cairn) {
  await waitFor(async () => {
    const { text } = await cairn.call('GET', '/metrics');
    return /^cairn_engine_events_behind 0$/m.test(text) && /^cairn_engine_inbox_batches 0$/m.test(text);
  }, { what: 'the engine to have counted everything', timeoutMs: 30_000 });
}

// What moves with the clock or lives in the memory of one process.
const VOLATILE = new Set(['at', 'per_minute', 'events_total', 'duplicates_total', 'rejected_total', 'last_event_at']);

function scrub(value, path) {
  if (Array.isArray(value)) return value.map(item => scrub(item, path));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !(VOLATILE.has(key) && /sources$|health$|portfolio$/.test(path)))
    .map(([key, item]) => [key, scrub(item, path)]));
}

// The answers to every GET that the API has, of accounts, people and so on that are there.
async function sample(session) {
  const answers = {};
  const get = async path => {
    const res = await session.get(path);
    assert.equal(res.status, 200, `${path}: ${res.text}`);
    answers[path] = scrub(res.body, path.replace(/\?.*/, ''));
    return res.body;
  };
  const { body: document } = await session.get('/openapi.json');
  const ids = { account_id: [], person_id: [], contract_id: [], ticket_id: [], source_id: [] };
  const accounts = await get('/api/v1/accounts?limit=200&sort=name');
  ids.account_id = accounts.data.slice(0, 6).map(row => row.id);
  ids.source_id = (await get('/api/v1/sources')).data.map(row => row.id);
  let asked = 0;
  for (const [path, methods] of Object.entries(document.paths)) {
    if (!methods.get || /stream|demo|segments.*moves|sessions/.test(path)) continue; // of segments by name; signing in makes sessions
    if (methods.get.parameters.some(one => one.in === 'query' && one.required)) continue;
    const list = path.replace(/\/\{\w+\}$/, '');
    if (list !== path && list.includes('{account_id}') === path.includes('{account_id}') && !document.paths[list]?.get) continue;
    const parents = path.includes('{account_id}') ? ids.account_id : path.includes('{source_id}') ? ids.source_id : [''];
    for (const id of parents) {
      const of = path.replace(/\{(account|source)_id\}/, id);
      const child = /^(.*)\/\{(\w+)\}$/.exec(of);
      if (!child) {
        await get(of);
        asked++;
        continue;
      }
      const { data, items } = await get(child[1]);
      // Coverage models and stages are listed with the segments.
      const rows = (data ?? items).filter(row => !list.endsWith('/segments') || row.kind === 'segment');
      for (const row of rows) await get(`${child[1]}/${row.id ?? row[child[2]]}`);
    }
  }
  assert.ok(asked > 30, `only ${asked} answers`);
  return answers;
}

// Until two samples in a row are equal: the engine may still score.
async function steadySample(session) {
  let last = await sample(session);
  for (let i = 0; i < 20; i++) {
    const next = await sample(session);
    if (JSON.stringify(next) === JSON.stringify(last)) return next;
    last = next;
  }
  assert.fail('the answers do not come to rest');
}

function assertEqualAnswers(actual, expected) {
  for (const path of Object.keys(expected)) assert.deepEqual(actual[path], expected[path], path);
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
}

async function fill(cairn) {
  const admin = await cairn.login();
  const { write_key: key, id } = await admin.createSource('Shop');
  const acme = await admin.createAccount({ name: 'Acme', external_id: 'g1', domain: 'c1.example' });
  const under = `/api/v1/accounts/${acme.id}`;
  const made = [
    await admin.post(`${under}/people`, { name: 'Pia', email: 'pia@c1.example', title: 'CTO' }),
    await admin.post(`${under}/contracts`, { name: 'Year', arr: { minor: 12_000_050, currency: 'USD' }, starts_on: '2026-01-01', ends_on: '2027-01-01' }),
    await admin.post(`${under}/tickets`, { subject: 'It is slow', priority: 'high' }),
  ];
  for (const res of made) assert.equal(res.status, 201, res.text);
  const events = traffic();
  for (let i = 0; i < events.length; i += 150) {
    assert.equal((await cairn.send(key, events.slice(i, i + 150))).status, 200);
  }
  await cairn.send(key, [{ type: 'track', event: 'Nobody' }, { type: 'track', userId: 'u', event: 'x', timestamp: '1999-01-01T00:00:00Z' }]);
  await waitFor(async () => (await admin.get(`/api/v1/sources/${id}/rejected`)).body.data.length === 2);
  await settled(cairn);
  return { admin, key, events };
}

const replayed = async where => assert.match(await succeed('replay', ...where), /, 0 differ/);

async function assertSeen(cairn, key, events) {
  const before = await position(cairn);
  for (let i = 0; i < events.length; i += 300) await cairn.send(key, events.slice(i, i + 300));
  assert.equal(await position(cairn), before, 'events that were seen before the move are duplicates after it');
  await cairn.send(key, [{ type: 'track', userId: 'u1', event: 'Event 1' }]);
  assert.equal(await position(cairn), before + 1);
  await settled(cairn);
}

test('design 5: a workspace moved to PostgreSQL and back answers as before', { skip: !onPostgres }, async t => {
  const { dir, url } = await place(t);
  const files = await startCairn(t, { files: true });
  const { admin, key, events } = await fill(files);
  await files.restart(); // what is not stored does not count
  const before = await steadySample(new Session(files, admin.headers));
  const count = await position(files);

  await refuse(/another cairn/, 'move', 'postgresql', '--data', files.dir, '--db', url);
  files.assertClean(await files.stop());
  const moved = await succeed('move', 'postgresql', '--data', files.dir, '--db', url);
  assert.match(moved, new RegExp(`${count} events`));
  await refuse(/not empty/, 'move', 'postgresql', '--data', files.dir, '--db', url);
  await replayed(['--data', dir, '--db', url]);

  const postgres = await serveCairn(t, dir, url);
  const there = new Session(postgres, admin.headers);
  assertEqualAnswers(await steadySample(there), before);
  await assertSeen(postgres, key, events);
  await postgres.restart();
  const after = await steadySample(there);
  const back = join(dir, 'back');
  await refuse(/another cairn/, 'move', 'files', '--data', back, '--db', url);
  postgres.assertClean(await postgres.stop());

  await rm(back, { recursive: true, force: true });
  await succeed('move', 'files', '--data', back, '--db', url);
  await refuse(/already/, 'move', 'files', '--data', back, '--db', url);
  await replayed(['--data', back]);
  await succeed('doctor', '--data', back);
  const again = await serveCairn(t, back);
  assertEqualAnswers(await steadySample(new Session(again, admin.headers)), after);
  await assertSeen(again, key, events);
});

test('design 5: a move that is interrupted leaves its source alone and can be run again', { skip: !onPostgres }, async t => {
  const { dir, url } = await place(t);
  const files = await startCairn(t, { files: true });
  const { write_key: key } = await (await files.login()).createSource('Shop');
  await files.send(key, traffic().slice(0, 100));
  await settled(files);
  files.assertClean(await files.stop());
  await refuse(/no workspace/, 'move', 'postgresql', '--data', dir, '--db', url);
  await refuse(/no workspace/, 'move', 'files', '--data', join(dir, 'x'), '--db', url);
  await refuse(/--db/, 'move', 'postgresql', '--data', files.dir);
  await refuse(/postgresql or to files/, 'move', 'sideways', '--data', files.dir, '--db', url);

  // A migration that this program does not know, on either side.
  const { DatabaseSync } = await import('node:sqlite');
  const book = new DatabaseSync(join(files.dir, 'cairn.db'));
  book.exec("INSERT INTO schema_migration VALUES('main', 9999, '9999_later.sql', 0)");
  book.close();
  await refuse(/migrations/, 'move', 'postgresql', '--data', files.dir, '--db', url);
  const undo = new DatabaseSync(join(files.dir, 'cairn.db'));
  undo.exec('DELETE FROM schema_migration WHERE number = 9999');
  undo.close();

  // What a move that was killed while it put its files in place leaves.
  await succeed('move', 'postgresql', '--data', files.dir, '--db', url);
  const back = join(dir, 'back');
  for (const name of ['moving', 'events']) await mkdir(join(back, name), { recursive: true });
  for (const name of ['moving/cairn.db', 'rollup.db', 'events/0.raw']) await writeFile(join(back, name), 'half');
  await succeed('move', 'files', '--data', back, '--db', url);
  await assert.rejects(access(join(back, 'moving')));
  await replayed(['--data', back]);
  await replayed(['--data', files.dir]);
});
