// Starts a real server for black-box tests: own data directory (on PostgreSQL: own database), port
// chosen by the kernel, stopped and checked at the end.  A test never sleeps; it waits for what it
// needs with waitFor().
//
//   const cairn = await startCairn(t);
//   const admin = await cairn.login();
//   const { write_key } = await admin.createSource('Web shop');
//   await cairn.send(write_key, [{ type: 'track', userId: 'u1', event: 'Signed In' }]);
//   await waitFor(async () => (await admin.get('/api/v1/accounts')).body.total === 1);
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { argon2Sync, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';

import { checkAgainstOpenApi } from './openapi.mjs';

const run = promisify(execFile);

export const BIN = process.env.CAIRN_BIN ?? 'build/cairn';
let sources = 0; // made under names of their own
// The same tests run without and with PostgreSQL.
export const PG = process.env.CAIRN_TEST_PG_URL;
export const onPostgres = PG !== undefined && PG !== '';

export const ADMIN = { email: 'admin@example.com', password: 'correct horse battery', name: 'Ada Admin', role: 'admin' };

// Resolves with the first truthy result of `probe`; fails after timeoutMs, saying what was waited for.
export async function waitFor(probe, { what = probe.toString(), timeoutMs = 10_000 } = {}) {
  const end = performance.now() + timeoutMs;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 1.5, 50)) {
    const result = await probe();
    if (result) return result;
    if (performance.now() > end) assert.fail(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, pauseMs));
  }
}

// For --test-global-setup: node ends with 0 and says nothing where it fails.
export const tellingFailure = prepare => async () => {
  try {
    await prepare();
  } catch (error) {
    console.error(error);
    throw error;
  }
};

// What a user is added with: a hash that costs next to nothing, for hundreds of users and sign-ins.
function cheapHash(password) {
  const nonce = randomBytes(16);
  const tag = argon2Sync('argon2id', { message: password, nonce, parallelism: 1, tagLength: 32, memory: 8, passes: 1 });
  const text = bytes => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=8,t=1,p=1$${text(nonce)}$${text(tag)}`;
}

// A database of one's own on the test cluster: {url, drop}.
export async function createDatabase(template = 'template0', { encoding = 'UTF8' } = {}) {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const sql = text => run('psql', ['--no-psqlrc', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-c', text, PG]);
  await sql(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy ENCODING ${encoding}${encoding === 'UTF8' ? '' : " LOCALE 'C'"}`);
  const url = new URL(PG);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => sql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

// Runs a command of the program to its end: {code, stdout, stderr}.
export async function cairnCommand(args, { input, env = {} } = {}) {
  const child = spawn(BIN, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', chunk => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', chunk => (stderr += chunk));
  child.stdin.on('error', () => {}); // it may end without reading
  child.stdin.end(input ?? '');
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

async function succeed(args, options) {
  const { code, stdout, stderr } = await cairnCommand(args, options);
  assert.equal(code, 0, `cairn ${args.join(' ')} exited with ${code}\n${stderr}`);
  return stdout;
}

// One server process at a time on one data directory.
class Cairn {
  #child;
  #exited;
  #log = '';

  constructor(dir, db, options) {
    this.dir = dir;
    this.db = db; // PostgreSQL URL or undefined
    this.options = options;
  }

  // The options that say where the data is, for commands.
  get where() {
    return ['--data', this.dir, ...(this.db ? ['--db', this.db] : [])];
  }

  get log() {
    return this.#log;
  }

  clearLog() {
    this.#log = '';
  }

  get pid() {
    return this.#child?.pid;
  }

  async init() {
    await succeed(['init', ...this.where, '--time-zone', this.options.zone ?? 'UTC', '--currency', 'USD',
      ...(this.options.init ?? [])]);
    await this.addUser(ADMIN);
  }

  addUser({ email, name, role, password }) {
    return succeed(['user', 'add', ...this.where, '--hashed', '--name', name, '--role', role, email],
      { input: `${cheapHash(password)}\n` });
  }

  async start(extra = []) {
    const args = ['serve', ...this.where, '--listen', '127.0.0.1:0', ...(this.options.args ?? []), ...extra];
    this.#child = spawn(this.options.bin ?? BIN, args, {
      stdio: ['ignore', 'pipe', this.options.stderr ?? 'pipe'],
      env: { ...process.env, ...this.options.env },
    });
    this.#exited = once(this.#child, 'close'); // from the start: it may die before it listens; all it said is read by then
    this.#child.stderr?.setEncoding('utf8').on('data', chunk => (this.#log += chunk));
    // The first line on stdout is {"listening":"http://127.0.0.1:PORT"}.
    const lines = readline.createInterface({ input: this.#child.stdout });
    const first = await Promise.race([once(lines, 'line').then(([line]) => line), this.#exited.then(() => null)]);
    if (first === null) throw new Error(`cairn did not start\n${this.#log}`);
    this.base = JSON.parse(first).listening;
    return this;
  }

  // Ends the process and yields its exit code, or the signal's name.
  async stop(signal = 'SIGTERM') {
    if (this.#child === undefined) return 0;
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    const [code, bySignal] = await this.#exited;
    this.#child = undefined;
    return code ?? bySignal;
  }

  // Waits for a process that ends by itself; its exit code, or the signal's name.
  async ended() {
    const [code, bySignal] = await this.#exited;
    this.#child = undefined;
    return code ?? bySignal;
  }

  async kill() {
    assert.equal(await this.stop('SIGKILL'), 'SIGKILL');
  }

  async restart() {
    this.assertClean(await this.stop());
    await this.start();
  }

  // ASan and UBSan report through the exit code too, so a leak fails the test that caused it.
  assertClean(code) {
    assert.equal(code, 0, `cairn exited with ${code}\n${this.#log.slice(-20_000)}`);
  }

  // A call without a session: {status, headers, body}; body is parsed if it is JSON.
  async call(method, path, { body, headers = {}, raw, signal } = {}) {
    const res = await fetch(this.base + path, {
      method,
      signal,
      redirect: 'manual',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
    const text = await res.text();
    const isJson = /[/+]json\b/.test(res.headers.get('content-type') ?? '');
    const answer = { status: res.status, headers: res.headers, text, body: isJson ? JSON.parse(text) : text };
    await checkAgainstOpenApi(this, method, path, answer);
    return answer;
  }

  // Signs in; what it yields calls with the session's cookie and the Origin that a browser would send.
  async login({ email, password } = ADMIN) {
    const headers = { origin: this.base };
    const res = await this.call('POST', '/api/v1/session', { body: { email, password }, headers });
    assert.equal(res.status, 200, `sign-in of ${email}: ${res.status} ${res.text}`);
    const cookie = res.headers.getSetCookie().map(line => line.split(';')[0]).join('; ');
    return new Session(this, { cookie, origin: this.base }, res.body.user);
  }

  // Sends events as the tracking API takes them; fills in message ids.  Yields the answer.
  send(writeKey, events, { headers = {}, path = '/v1/batch' } = {}) {
    const batch = events.map(event => ({ messageId: randomUUID(), timestamp: new Date().toISOString(), ...event }));
    return this.call('POST', path, {
      body: { batch, sentAt: new Date().toISOString() },
      headers: { authorization: basic(writeKey), ...headers },
    });
  }
}

export const basic = writeKey => `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`;

export class Session {
  constructor(cairn, headers, user) {
    this.cairn = cairn;
    this.headers = headers;
    this.user = user;
  }

  call(method, path, { headers = {}, ...rest } = {}) {
    return this.cairn.call(method, path, { headers: { ...this.headers, ...headers }, ...rest });
  }

  get(path, headers) {
    return this.call('GET', path, { headers });
  }

  post(path, body, headers) {
    return this.call('POST', path, { body, headers });
  }

  patch(path, body, etag) {
    const headers = { 'content-type': 'application/merge-patch+json', ...(etag ? { 'if-match': etag } : {}) };
    return this.call('PATCH', path, { body, headers });
  }

  delete(path, headers) {
    return this.call('DELETE', path, { headers });
  }

  async createSource(name = `Test source ${++sources}`) {
    const res = await this.post('/api/v1/sources', { name });
    assert.equal(res.status, 201, res.text);
    return res.body;
  }

  async createAccount(fields) {
    const res = await this.post('/api/v1/accounts', fields);
    assert.equal(res.status, 201, res.text);
    return res.body;
  }

  // The account of an external id, once it is there.
  account(externalId) {
    return waitFor(async () => {
      const { body } = await this.get(`/api/v1/accounts?limit=200&q=${encodeURIComponent(externalId)}`);
      return body.data.find(row => row.external_id === externalId);
    }, { what: `account ${externalId}` });
  }
}

// Makes a workspace with an administrator (ADMIN) and serves it until the test `t` ends.
//   args, env  of the server      init  further options of "cairn init"
//   zone       of the workspace   users further {email, name, role, password}
//   files      true: embedded in any case
//   parent     of its folder      stderr a descriptor that its log goes to
//   bin        another build of the program
export async function startCairn(t, options = {}) {
  const dir = await mkdtemp(join(options.parent ?? tmpdir(), 'cairn-test-'));
  const wantsDatabase = onPostgres && !options.files;
  const prepared = !options.zone && !options.init && !options.bin && process.env.CAIRN_PREPARED;
  const template = prepared ? process.env.CAIRN_PREPARED_DATABASE : undefined;
  const database = wantsDatabase ? await createDatabase(template) : undefined;
  const cairn = new Cairn(dir, database?.url, options);
  t.after(async () => {
    try {
      cairn.assertClean(await cairn.stop());
    } finally {
      await database?.drop();
      await rm(dir, { recursive: true, force: true });
    }
  });
  if (prepared) {
    await cp(join(prepared, wantsDatabase ? 'postgresql' : 'files'), dir, { recursive: true });
  } else {
    await cairn.init();
  }
  for (const user of options.users ?? []) await cairn.addUser(user);
  return cairn.start();
}

// A workspace in that folder, or in the database of that URL, with its administrator.
export function makeWorkspace(dir, url) {
  return new Cairn(dir, url, {}).init();
}

// A server of which the test says when it is made and started; ended when the test `t` ends.  url: of
// the database, or undefined.
export function makeCairn(t, dir, url, options = {}) {
  const cairn = new Cairn(dir, url, options);
  t.after(async () => cairn.assertClean(await cairn.stop()));
  return cairn;
}

// Serves a workspace that is there already until the test `t` ends.
export function serveCairn(t, dir, url, options = {}) {
  return makeCairn(t, dir, url, options).start();
}
