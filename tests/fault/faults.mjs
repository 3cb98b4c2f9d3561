// What tests of faults share: a server whose calls to the system fail where a test wants it
// (bench/faults.c), a small disk, and the proof that nothing acknowledged is missing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { BIN, cairnCommand, waitFor } from '../http/harness.mjs';

// As in bench/faults.c.
export const KINDS = { EIO: 1, ENOSPC: 2, SHORT: 4, EMFILE: 8, ENOMEM: 16, SYNC: 32 };
const CLOCK_AT = 0;
const KIND_AT = 8;
const SEEN_AT = 32;
const HITS_AT = 96;
const SIZE = 104;

// The control of one server's faults; `env` goes to startCairn.
export class Faults {
  #fd;

  // `memory` makes the C library's allocator fail too, which a server with sanitizers cannot bear.
  constructor(t, { memory = false, bin = BIN } = {}) {
    const library = resolve(dirname(bin), `bench/libfaults${memory ? '-memory' : ''}.so`);
    assert.ok(existsSync(library), `${library} is not built`);
    this.file = join(mkdtempSync(join(tmpdir(), 'cairn-faults-')), 'control');
    writeFileSync(this.file, Buffer.alloc(SIZE));
    this.#fd = openSync(this.file, 'r+');
    this.env = { LD_PRELOAD: library, CAIRN_FAULTS: this.file,
      ASAN_OPTIONS: [process.env.ASAN_OPTIONS, 'verify_asan_link_order=0'].filter(Boolean).join(':') };
    t.after(() => {
      closeSync(this.#fd);
      rmSync(dirname(this.file), { recursive: true });
    });
  }

  #write(at, ...values) {
    writeSync(this.#fd, Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer), 0, values.length * 8, at);
  }

  #read(at) {
    const bytes = Buffer.alloc(8);
    readSync(this.#fd, bytes, 0, 8, at);
    return Number(bytes.readBigInt64LE());
  }

  moveClock(ms) {
    this.#write(CLOCK_AT, ms * 1000);
  }

  // The calls `first` to `first + count - 1` of those that can suffer it fail, counted from now on.
  inject(kind, first = 1, count = 1) {
    this.#write(KIND_AT, 0);
    this.#write(SEEN_AT, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    this.#write(KIND_AT, KINDS[kind], first, count);
  }

  // From now on, until stop().
  always(kind) {
    this.inject(kind, 1, Number.MAX_SAFE_INTEGER);
  }

  stop() {
    this.#write(KIND_AT, 0);
  }

  seen(kind) {
    return this.#read(SEEN_AT + 8 * Math.log2(KINDS[kind]));
  }

  get hits() {
    return this.#read(HITS_AT);
  }
}

// A disk of `size` for a test, or undefined where that takes rights that we do not have.
export function smallDisk(t, size) {
  const at = mkdtempSync(join(tmpdir(), 'cairn-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at], { stdio: 'ignore' });
  } catch {
    rmdirSync(at);
    return undefined;
  }
  t.after(() => {
    execFileSync('umount', ['-l', at]); // the server may still be there
    rmdirSync(at);
  });
  return at;
}

// Fills the disk with a file until `leave` bytes are free; what it yields makes room again.
export function fill(disk, leave = 0) {
  const file = join(disk, 'ballast');
  const block = Buffer.alloc(4096, 'x');
  const fd = openSync(file, 'w');
  let written = 0;
  try {
    for (;;) written += writeSync(fd, block);
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  }
  closeSync(fd);
  if (leave > 0) execFileSync('truncate', ['-s', String(Math.max(0, written - leave)), file]);
  return () => rmSync(file);
}

export const eventsOf = (run, n, count = 20) =>
  Array.from({ length: count }, (_, i) => ({
    type: ['group', 'identify', 'track', 'track'][i % 4], userId: `${run}-u${i % 5}`, groupId: `${run}-g${i % 3}`,
    event: `Event ${i % 7}`, traits: { name: `${run} ${i % 3}`, email: `u${i % 5}@${run}.example` },
    context: { groupId: `${run}-g${i % 3}` }, messageId: `${run}-${n}-${i}`,
  }));

export async function figure(cairn, name) {
  const { text } = await cairn.call('GET', '/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)[1]);
}

export const caughtUp = cairn =>
  waitFor(async () => (await figure(cairn, 'cairn_engine_events_behind')) === 0, { what: 'the engine to catch up', timeoutMs: 60_000 });

// Ends the server and proves that the figures equal a replay of the log.
export async function proveReplay(cairn) {
  cairn.assertClean(await cairn.stop());
  const replay = await cairnCommand(['replay', ...cairn.where]);
  assert.equal(replay.code, 0, `cairn replay: ${replay.stdout}${replay.stderr}`);
}

// The same, and that the files are sound.
export async function proveSound(cairn) {
  await proveReplay(cairn);
  if (cairn.db) return;
  const doctor = await cairnCommand(['doctor', ...cairn.where]);
  assert.equal(doctor.code, 0, `cairn doctor: ${doctor.stdout}${doctor.stderr}`);
}
