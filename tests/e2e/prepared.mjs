// Makes a demo once for all files of a run; startDemo of browser.mjs serves a copy of it to each:
//   node --test --test-global-setup=tests/e2e/prepared.mjs tests/e2e/*.test.mjs
// Files that run without it make their own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { tellingFailure } from '../http/harness.mjs';
import { SMALL, startDemo } from './browser.mjs';
import { allStreamedIn } from './streamed.mjs';

let dir;

export const globalSetup = tellingFailure(async () => {
  if (process.env.CAIRN_URL || process.env.CAIRN_MOCK === '1') return;
  dir = await mkdtemp(join(tmpdir(), 'cairn-e2e-'));
  const demo = await startDemo({ selfService: SMALL, data: join(dir, 'demo') });
  await allStreamedIn(demo.base);
  await demo.stop();
  process.env.CAIRN_DEMO = join(dir, 'demo');
});

export async function globalTeardown() {
  if (dir) await rm(dir, { recursive: true, force: true });
}
