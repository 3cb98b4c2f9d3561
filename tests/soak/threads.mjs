// A book so large that threads share its rounds: what four of them scored under a flood of events equals, to
// the bit, what one computes again.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { seedBook } from '../../bench/book.mjs';
import { applyProgram, cairn, load } from '../../bench/servers.mjs';

const ACCOUNTS = 40_000;
const run = promisify(execFile);

test('reliability 14: a replay by one thread finds the scores that four computed', async t => {
  const settings = { CAIRN_SIGNAL_SETTLE: '0' };
  const folder = await mkdtemp(join(tmpdir(), 'cairn-threads-'));
  const server = await cairn({ env: { ...settings, CAIRN_ENGINE_THREADS: '4' } });
  t.after(async () => { await server.stop(); await rm(folder, { recursive: true }); });
  await applyProgram(server, 'bench/program');
  await seedBook(server, ACCOUNTS, { apart: 20, traits: { seats_used: 40, alarm: 0 } });
  const sent = await load(server, { batch: 100, connections: 8, seconds: 20, rate: 20_000, accounts: ACCOUNTS });
  assert.equal(sent.failed, 0);
  await server.caughtUp();
  await run(process.env.CAIRN_BIN, ['backup', ...server.where, join(folder, 'copy')]);
  const { stdout } = await run(process.env.CAIRN_BIN, ['replay', '--as-known', '--data', join(folder, 'copy')], { env: { ...process.env, ...settings } });
  const [, ticks, rows] = /^(\d+) ticks and (\d+) lived rows compared, 0 differ$/m.exec(stdout) ?? assert.fail(stdout);
  t.diagnostic(`${ticks} ticks, ${rows} rows`);
  assert.ok(Number(ticks) > 20 && Number(rows) > ACCOUNTS, stdout);
});
