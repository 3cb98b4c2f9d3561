// Starts what is measured, each in a folder of its own, and yields {address, pid, key, stop}.
import assert from 'node:assert/strict';
import { spawn, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const work = process.env.BENCH_DIR ?? '/var/tmp'; // a real disk: /tmp may be memory
const build = process.env.BENCH_BUILD ?? 'build/release';
const bin = `${build}/cairn`;
const admin = { email: 'bench@example.com', password: 'bench bench bench' };

// Runs a program whose first line on stdout is {"listening": URL}.
async function start(command, args, env, dir) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const exited = once(child, 'exit');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', chunk => (log = (log + chunk).slice(-10_000)));
  const lines = readline.createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, 'line').then(([text]) => text), exited.then(() => null)]);
  if (line === null) throw new Error(`${command} ${args.join(' ')} did not start\n${log}`);
  const base = JSON.parse(line).listening;
  return {
    base,
    dir,
    address: base.replace('http://', ''),
    pid: child.pid,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code] = await exited;
      if (dir) await rm(dir, { recursive: true, force: true });
      if (signal === 'SIGTERM') assert.ok(code === 0 || code === null, `${command} exited with ${code}\n${log}`);
    },
  };
}

const folder = name => mkdtemp(join(work, `cairn-bench-${name}-`));

export async function sqlitePeer(mode) {
  const dir = await folder('sqlite');
  const server = await start('node', ['bench/peers/sqlite.mjs', join(dir, 'peer.db'), mode], {}, dir);
  return { ...server, key: 'bench' };
}

// A database of its own on the cluster of script/bench; its backends' CPU time counts too.
export async function database() {
  const url = new URL(process.env.CAIRN_TEST_PG_URL);
  const name = `b_${Date.now().toString(36)}`;
  const sql = text => run('psql', ['--no-psqlrc', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-c', text, process.env.CAIRN_TEST_PG_URL]);
  await sql(`CREATE DATABASE ${name} TEMPLATE template0`);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => sql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

export async function postgresPeer() {
  const db = await database();
  const server = await start('node', ['bench/peers/postgres.mjs', db.url], {}, null);
  return { ...server, usesPostgres: true, key: 'bench', async stop() { await server.stop(); await db.drop(); } };
}

export async function listPeer(accounts) {
  const db = await database();
  const server = await start('node', ['bench/peers/list.mjs', db.url, String(accounts)], {}, null);
  return { ...server, usesPostgres: true, key: '', async stop() { await server.stop(); await db.drop(); } };
}

export async function portfolioPeer(file) {
  const db = await database();
  const server = await start('node', ['bench/peers/portfolio.mjs', db.url, file], {}, null);
  return { ...server, usesPostgres: true, key: '', async stop() { await server.stop(); await db.drop(); } };
}

// A clock for a server and its generator that may be set forward: by bench/faults.c, from a file.
async function movableClock(dir) {
  const file = join(dir, 'clock');
  const handle = await open(file, 'w');
  await handle.write(Buffer.alloc(104));
  let ahead = 0; // milliseconds
  return {
    env: { LD_PRELOAD: resolve(build, 'bench/libfaults.so'), CAIRN_FAULTS: file },
    now: () => Date.now() + ahead,
    async setMidnightIn(ms) {
      const day = 86_400_000;
      ahead += day - ((Date.now() + ahead + ms) % day);
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(ahead) * 1000n);
      await handle.write(bytes, 0, 8, 0);
    },
    close: () => handle.close(),
  };
}

// A workspace with a source.  options: postgres (bool), clock (bool: it can be set forward), env, args
// of "cairn serve".
export async function cairn({ postgres = false, clock: hasClock = false, env: ours = {}, args = [] } = {}) {
  const dir = await folder('cairn');
  const clock = hasClock ? await movableClock(dir) : null;
  const env = { ...ours, ...clock?.env };
  const db = postgres ? await database() : null;
  const where = ['--data', dir, ...(db ? ['--db', db.url] : [])];
  await run(bin, ['init', ...where, '--time-zone', 'UTC', '--currency', 'USD']);
  const adding = run(bin, ['user', 'add', ...where, '--name', 'Bench', '--role', 'admin', admin.email]);
  adding.child.stdin.end(`${admin.password}\n`);
  await adding;
  const key = (await run(bin, ['key', 'source', ...where, 'bench'])).stdout.trim();
  const serve = ['serve', ...where, '--listen', '127.0.0.1:0', ...args];
  let server = await start(bin, serve, env);
  const call = async (method, path, body, headers = {}) => {
    const res = await fetch(server.base + path, {
      method,
      headers: { origin: server.base, 'content-type': 'application/json', ...headers },
      body: body && JSON.stringify(body),
    });
    if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${await res.text()}`);
    return res;
  };
  let cookie;
  const signIn = async () => {
    const signedIn = await call('POST', '/api/v1/session', admin);
    cookie = signedIn.headers.getSetCookie().map(line => line.split(';')[0]).join('; ');
  };
  await signIn();
  const reads = async (gauge, value) => {
    const line = new RegExp(`^${gauge} (\\d+)$`, 'm');
    for (let tries = 0; tries < 3600; tries++) {
      if (line.exec(await (await fetch(`${server.base}/metrics`)).text())?.[1] === value) return;
      await new Promise(wake => setTimeout(wake, 50));
    }
    throw new Error(`${gauge} does not become ${value}`);
  };
  return {
    where,
    usesPostgres: postgres,
    key,
    clock,
    env,
    signIn,
    get cookie() { return cookie; },
    get base() { return server.base; },
    get address() { return server.address; },
    get pid() { return server.pid; },
    call: (method, path, body, headers) => call(method, path, body, { cookie, ...headers }),

    // Waits until all that was sent has been counted and scored.
    async caughtUp() {
      await reads('cairn_engine_events_behind', '0');
    },

    // The same, and what events of past days left was moved to where it stays.
    async settled() {
      await reads('cairn_engine_events_behind', '0');
      await new Promise(wake => setTimeout(wake, 6000)); // a flood is flushed each five seconds
      await reads('cairn_metric_folded', '1');
    },

    // Stops and starts again; yields the milliseconds from start to ready.
    async restart() {
      await server.stop();
      const begun = performance.now();
      server = await start(bin, serve, env);
      while (!(await fetch(`${server.base}/readyz`)).ok) await new Promise(resolve => setTimeout(resolve, 5));
      return performance.now() - begun;
    },

    async stop() {
      await server.stop();
      await db?.drop();
      await clock?.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

// Makes the folder's program the active one, and waits until it is.
export async function applyProgram(server, folder) {
  await run(bin, ['program', 'apply', ...server.where, folder], { env: { ...process.env, ...server.env } });
  for (let tries = 0; tries < 600; tries++) {
    const { items } = await (await server.call('GET', '/api/v1/program/versions')).json();
    if (items[0].state === 'active') return;
    await new Promise(wake => setTimeout(wake, 100));
  }
  throw new Error(`${folder} does not become active`);
}

// A server's CPU time includes that of the PostgreSQL it uses.
async function pids(server) {
  if (!server.usesPostgres) return String(server.pid);
  const text = await readFile(join(process.env.CAIRN_PG_DIR, 'data', 'postmaster.pid'), 'utf8');
  return `${server.pid},${text.split('\n')[0]}`;
}

// Drives a server with cairn-load; options are its options.
export async function load(server, options) {
  const args = Object.entries({ address: server.address, key: server.key, pids: await pids(server), ...options })
    .flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout } = await run(`${build}/bench/cairn-load`, args,
    { maxBuffer: 1 << 20, env: { ...process.env, ...server.clock?.env } });
  return JSON.parse(stdout);
}

// Resident memory of a process, in MiB.
export async function memoryMiB(pid) {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) / 1024;
}
