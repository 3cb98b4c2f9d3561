// The commands of an embedded workspace: help, backup while events arrive, restore, replay, doctor.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { ADMIN, BIN, cairnCommand, onPostgres, startCairn } from './harness.mjs';

async function succeed(...args) {
  const { code, stdout, stderr } = await cairnCommand(args);
  assert.equal(code, 0, `cairn ${args.join(' ')}: ${stderr}`);
  return stdout;
}

test('every command says what it does', async () => {
  const list = await succeed('--help');
  const names = [...list.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}\S/gm)].map(match => match[1]);
  assert.equal(names.length, [...list.matchAll(/^ {2}\S/gm)].length, list);
  assert.ok(names.length >= 15, list);
  for (const name of names) {
    const help = await succeed(...name.split(' '), '--help');
    assert.match(help, new RegExp(`^usage: cairn ${name}`));
  }
});

test('a group of commands alone, or with a word that is none, lists what it has', async () => {
  for (const args of [['user'], ['user', 'ad'], ['user', '--help'], ['help', 'user']]) {
    const { code, stdout, stderr } = await cairnCommand(args);
    const asked = args.includes('--help') || args.includes('help');
    assert.equal(code, asked ? 0 : 2, args.join(' '));
    assert.match(asked ? stdout : stderr, /usage: cairn user \.\.\.[^]*cairn user add[^]*cairn user list/);
    assert.doesNotMatch(stdout + stderr, /no command|cairn key|serve/);
  }
  const { code, stderr } = await cairnCommand(['us']);
  assert.equal(code, 2);
  assert.equal(stderr, 'cairn: no command "us"; see cairn --help\n');
});

test('a wrong command line is refused with what to do', async () => {
  for (const args of [['bogus'], ['serve', '--bogus'], ['init', '--data'], ['user', 'add'], ['init', '--data', ''], ['serve', '--listen=']]) {
    const { code, stderr } = await cairnCommand(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /cairn/);
  }
  const { code, stderr } = await cairnCommand(['serve', '--data', '/nonexistent/place']);
  assert.equal(code, 1);
  assert.match(stderr, /cairn init/);
  for (const [args, said] of [
    [['backup', '', '--data', 'a'], /a word of the command line is empty; usage: cairn backup FOLDER/],
    [['eval', ''], /a word of the command line is empty; usage: cairn eval \[EXPRESSION\]/],
    [['departures', '--suggest', 'file.csv'], /a file or --suggest, not both/],
    [['move', 'postgresql', '--db', ''], /--db is empty/],
    [['move', 'postgresql', '--db', 'sqlite:x'], /--db names a PostgreSQL database/],
    [['init', '--data', 'a', '--db', 'sqlite:x'], /--db names a PostgreSQL database/],
  ]) {
    const refused = await cairnCommand(args);
    assert.equal(refused.code, 2, args.join(' '));
    assert.match(refused.stderr, said);
  }
});

test('a user is added with a scope that lets them see something', { skip: onPostgres }, async t => {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-scope-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  assert.equal((await cairnCommand(['init', '--data', dir, '--time-zone', 'UTC', '--currency', 'USD'])).code, 0);
  for (const scope of ['none', 'sideways']) {
    const { code, stderr } = await cairnCommand(['user', 'add', '--data', dir, '--scope', scope, 'a@b.example']);
    assert.deepEqual([code, stderr], [2, 'cairn user add: a scope is own, team or all\n']);
  }
});

test('a user comes with a hash that another program made of the password', async t => {
  const cairn = await startCairn(t);
  await cairn.stop();
  // Of "correct horse battery", as the argon2 command writes it by default, with "saltsalt".
  const hash = '$argon2i$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ$kApAAA0Xa599ABahIE799aWt3JpwBUPO1h4ZNs8b9fY';
  const add = (input, email) => cairnCommand(['user', 'add', ...cairn.where, '--hashed', email], { input });
  assert.equal((await add(`${hash}\n`, 'moved@example.com')).code, 0);
  for (const wrong of ['correct horse battery', `${hash}!`, hash.slice(1), '', hash.padEnd(400, 'A')]) {
    const refused = await add(`${wrong}\n`, 'none@example.com');
    assert.notEqual(refused.code, 0, wrong);
    assert.match(refused.stderr, /no hash of Argon2 as text: \$argon2id\$/);
  }
  const other = await cairnCommand(['user', 'password', ...cairn.where, '--hashed', ADMIN.email], { input: `${hash}\n` });
  assert.equal(other.code, 0, other.stderr);
  await cairn.start();
  for (const email of ['moved@example.com', ADMIN.email]) {
    await cairn.login({ email, password: 'correct horse battery' });
    const { status } = await cairn.call('POST', '/api/v1/session',
      { body: { email, password: 'correct horse batterY' }, headers: { origin: cairn.base } });
    assert.equal(status, 401);
  }
});

test('a place that is none is not made into half a workspace', { skip: onPostgres }, async t => {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-nothing-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  for (const args of [['serve'], ['doctor'], ['replay'], ['user', 'list'], ['program', 'history']]) {
    const { code, stderr } = await cairnCommand([...args, '--data', dir]);
    assert.equal(code, 1);
    assert.ok(stderr.includes(`there is no workspace in ${dir}; make one with cairn init`), stderr);
    assert.deepEqual(await readdir(dir), [], args.join(' '));
  }
  const away = ['--data', join(dir, 'moved'), '--db', 'postgresql://127.0.0.1:1/none'];
  assert.equal((await cairnCommand(['move', 'files', ...away])).code, 1);
  assert.deepEqual(await readdir(dir), []);
  await succeed('init', '--data', dir);
});

test('what cannot be served or used is refused before anything begins', { skip: onPostgres }, async t => {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-useless-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await succeed('init', '--data', dir);
  const { code, stderr } = await cairnCommand(['serve', '--data', dir, '--listen', '127.0.0.1:99999']);
  assert.deepEqual([code, stderr], [1, 'cairn serve: "127.0.0.1:99999" is not an address and port, such as 127.0.0.1:7117\n']);
  const added = await cairnCommand(['user', 'add', 'gone@example.com', '--data', dir], { input: 'a long password\n' });
  assert.equal(added.code, 0, added.stderr);
  await succeed('key', 'api', 'gone@example.com', '--data', dir);
  await succeed('user', 'disable', 'gone@example.com', '--data', dir);
  for (const command of [['user', 'disable'], ['key', 'api']]) {
    const nobody = await cairnCommand([...command, 'nobody@example.com', '--data', dir]);
    assert.deepEqual([nobody.code, nobody.stderr], [1, `cairn ${command.join(' ')}: nobody@example.com: no such user\n`]);
  }
  const key = await cairnCommand(['key', 'api', 'gone@example.com', '--data', dir]);
  assert.deepEqual([key.code, key.stdout], [1, '']);
  assert.match(key.stderr, /gone@example.com is disabled/);
});

test('what a workspace or a user cannot be is refused before anything is made', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-wrong-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const data = join(dir, 'data');
  for (const [args, said] of [
    [['--name', ''], /--name: 1 to 200 bytes/],
    [['--name', 'x'.repeat(201)], /--name: 1 to 200 bytes/],
    [['--name', '   '], /--name: [^]*not only blanks/],
    [['--name', 'two\nlines'], /--name: text in UTF-8 on one line/],
    [['--currency', 'eur'], /--currency: "eur" is no currency: did you mean EUR\?/],
    [['--currency', 'EURO'], /--currency: "EURO" is no currency: did you mean EUR\?/],
    [['--currency', 'XYZ'], /--currency: "XYZ" is no currency: give a code of ISO 4217, such as EUR/],
  ]) {
    const { code, stderr } = await cairnCommand(['init', '--data', data, ...args]);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, said);
  }
  // A shell may hand over any bytes; what was kept of them could not be told as JSON.
  const bytes = await promisify(execFile)('sh', ['-c', '"$0" init --data "$1" --name "$(printf "\\377")"', BIN, data]).catch(error => error);
  assert.equal(bytes.code, 2);
  assert.match(bytes.stderr, /--name: text in UTF-8/);
  const nowhere = await cairnCommand(['demo', '--data', data, '--listen', 'foo']);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /"foo" is not an address and port/);
  assert.equal(existsSync(data), false);
  await succeed('init', '--data', data);
  const { code, stderr } = await cairnCommand(['user', 'add', 'nomail', '--data', data], { input: 'a long password\n' });
  assert.equal(code, 2);
  assert.match(stderr, /"nomail" is not an e-mail address/);
  assert.equal(await succeed('user', 'list', '--data', data), '');
});

test('users are listed with role, scope, team and when they were last seen, in columns', async t => {
  const cairn = await startCairn(t, { users: [
    { email: 'juergen.with.long.address@example.com', password: 'a long password', name: 'Jürgen', role: 'csm' },
    { email: 'vera@example.com', password: 'a long password', name: 'Vera', role: 'viewer' },
  ] });
  const admin = await cairn.login();
  const added = await admin.post('/api/v1/users', { email: 'tim@example.com', name: 'Tim Team', role: 'leader', scope: 'team', team: 'Zürich North', password: 'a long password' });
  assert.equal(added.status, 201, added.text);
  await cairn.stop();
  await succeed('user', 'disable', 'vera@example.com', ...cairn.where);
  const now = new Date().toISOString().slice(0, 10);
  const lines = (await succeed('user', 'list', ...cairn.where)).trimEnd().split('\n').map(line => line.replace(/(?<=T)\d\d:\d\d/, 'hh:mm'));
  assert.deepEqual(lines, [
    `admin@example.com                     admin  all  ${now}Thh:mm -            Ada Admin`,
    'juergen.with.long.address@example.com csm    all  -                -            Jürgen',
    'tim@example.com                       leader team -                Zürich North Tim Team',
    'vera@example.com                      viewer all  -                -            Vera (disabled)',
  ]);
});

test('the version is printed, also as other programs do, and an option before the command is refused', async () => {
  const version = await succeed('version');
  assert.match(version, /^cairn \d+\.\d+\.\d+\n$/);
  assert.equal(await succeed('--version'), version);
  const { code, stdout, stderr } = await cairnCommand(['--data', 'x', 'serve']);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /a command comes first; see cairn --help/);
});

test('the demo takes a number of self-service customers, and says what is no number', async () => {
  for (const size of ['-1', '1e3', '200001', 'many']) {
    const { code, stderr } = await cairnCommand(['demo', '--self-service', size]);
    assert.notEqual(code, 0, size);
    assert.match(stderr, new RegExp(`--self-service ${size}: give a number from 0 to 200000`));
  }
});

test('a folder without a file of a program is refused: it is the wrong one, not a program without rules', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-no-program-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await writeFile(join(dir, 'README.md'), 'rules are elsewhere\n');
  for (const name of ['check', 'test']) {
    const { code, stdout, stderr } = await cairnCommand(['program', name, dir]);
    assert.equal(code, 1, stdout);
    assert.ok(stderr.includes(`no *.yaml files in ${dir}`), stderr);
  }
  const cairn = await startCairn(t);
  const { code, stderr } = await cairnCommand(['program', 'apply', ...cairn.where, dir]);
  assert.equal(code, 1);
  assert.ok(stderr.includes(`no *.yaml files in ${dir}`), stderr);
  assert.equal((await (await cairn.login()).get('/api/v1/program')).body.version, 1);
});

test('what asks about the program of a workspace that was never served says so', { skip: onPostgres }, async t => {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-unserved-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await succeed('init', '--data', join(dir, 'data'));
  for (const args of [['backtest'], ['program', 'export', join(dir, 'program')]]) {
    const { code, stderr } = await cairnCommand([...args, '--data', join(dir, 'data')]);
    assert.equal(code, 1);
    assert.match(stderr, /the workspace has no program yet: start the server once/);
  }
});

test('reliability 11: a backup taken under load restores to all that was acknowledged before', { skip: onPostgres }, async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key } = await admin.createSource();
  const dir = await mkdtemp(join(tmpdir(), 'cairn-backup-'));
  t.after(() => rm(dir, { recursive: true, force: true }));

  let acknowledged = 0;
  let sending = true;
  const sender = (async () => {
    for (let n = 0; sending; n++) {
      const events = Array.from({ length: 50 }, (_, i) => ({
        type: i === 0 ? 'identify' : 'track', userId: `u${(n + i) % 40}`, event: `Event ${i % 7}`,
        traits: { email: `u${(n + i) % 40}@c${n % 5}.example` }, context: { groupId: `g${n % 9}` },
      }));
      assert.equal((await cairn.send(write_key, events)).status, 200);
      acknowledged += events.length;
    }
  })();
  await admin.account('g3');
  const before = acknowledged;
  const backup = join(dir, 'backup');
  await succeed('backup', backup, '--data', cairn.dir);
  sending = false;
  await sender;

  const copy = join(dir, 'copy');
  await succeed('restore', backup, '--data', copy);
  assert.match(await succeed('doctor', '--data', copy), /cairn\.db +sound/);
  const replay = await succeed('replay', '--data', copy);
  const [, events, rows, differing] = /^(\d+) events, (\d+) rows .* (\d+) differ/.exec(replay);
  assert.ok(Number(events) >= before && Number(events) <= acknowledged, `${replay} ${before} ${acknowledged}`);
  assert.ok(Number(rows) > 0);
  assert.equal(differing, '0');
  const known = await succeed('replay', '--as-known', '--data', copy);
  const [, ticks, lived, other] = /^(\d+) ticks and (\d+) lived rows compared, (\d+) differ/.exec(known);
  assert.ok(Number(ticks) > 0 && Number(lived) > 0, known);
  assert.equal(other, '0');

  const again = await cairnCommand(['restore', backup, '--data', copy]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /there already/);
});

test('a backup is of a workspace, readable by its owner alone, and whole or not there', { skip: onPostgres }, async t => {
  const cairn = await startCairn(t);
  const { write_key } = await (await cairn.login()).createSource();
  assert.equal((await cairn.send(write_key, [{ type: 'track', userId: 'u1', event: 'Signed In' }])).status, 200);
  const dir = await mkdtemp(join(tmpdir(), 'cairn-backup-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const empty = join(dir, 'empty');
  await mkdir(empty);
  for (const [args, says] of [
    [['backup', join(dir, 'copy'), '--data', empty], /empty: there is no workspace in its files.*pg_dump/],
    [['restore', empty, '--data', join(dir, 'copy')], /empty: there is no backup in it/],
  ]) {
    const { code, stderr } = await cairnCommand(args);
    assert.equal(code, 1);
    assert.match(stderr, says);
  }
  assert.deepEqual(await readdir(empty), []);

  await succeed('backup', `${join(dir, 'copy')}/`, '--data', cairn.dir);
  assert.deepEqual(await readdir(dir), ['copy', 'empty']);
  for (const entry of await readdir(join(dir, 'copy'), { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) assert.equal((await stat(join(entry.parentPath, entry.name))).mode & 0o077, 0, entry.name);
  }

  // What an interrupted copy leaves is none, and a copy that fails leaves nothing.
  await mkdir(join(dir, 'again.partial'));
  assert.match((await cairnCommand(['backup', join(dir, 'again'), '--data', cairn.dir])).stderr, /again\.partial is there already/);
  await rm(join(dir, 'again.partial'), { recursive: true });
  const [segment] = await readdir(join(dir, 'copy', 'events'));
  await writeFile(join(dir, 'copy', 'events', segment), 'no database');
  const failed = await cairnCommand(['restore', join(dir, 'copy'), '--data', join(dir, 'again')]);
  assert.equal(failed.code, 1, failed.stdout);
  assert.deepEqual(await readdir(dir), ['copy', 'empty']);
});

test('one process at a time works on an embedded workspace', { skip: onPostgres }, async t => {
  const cairn = await startCairn(t);
  const { code, stderr } = await cairnCommand(['serve', '--data', cairn.dir]);
  assert.equal(code, 1);
  assert.match(stderr, /another cairn/);
});
