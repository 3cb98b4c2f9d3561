// Makes an empty workspace with its administrator once for all files of a run; startCairn() serves a
// copy of it to each test that asks for nothing else:
//   node --test --test-global-setup=tests/http/prepared.mjs tests/http/*.test.mjs
// Tests of files that run without it make their own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createDatabase, makeWorkspace, onPostgres, tellingFailure } from './harness.mjs';

let dir;
let database;

export const globalSetup = tellingFailure(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cairn-prepared-'));
  await makeWorkspace(join(dir, 'files'));
  process.env.CAIRN_PREPARED = dir;
  if (!onPostgres) return;
  database = await createDatabase();
  await makeWorkspace(join(dir, 'postgresql'), database.url);
  process.env.CAIRN_PREPARED_DATABASE = new URL(database.url).pathname.slice(1);
});

export async function globalTeardown() {
  await database?.drop();
  if (dir) await rm(dir, { recursive: true, force: true });
}
