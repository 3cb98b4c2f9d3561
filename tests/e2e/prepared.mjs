// Makes a demo once for all files of a run; startDemo of browser.mjs serves a copy of it to each:
//   node --test --test-global-setup=tests/e2e/prepared.mjs tests/e2e/*.test.mjs
// Files that run without it make their own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { tellingFailure, waitFor } from '../http/harness.mjs';
import { LOGIN, SMALL, startDemo } from './browser.mjs';

let dir;

// Resolves when customers have begun to stream in and all are there.
async function complete(base) {
  const headers = { origin: base, 'content-type': 'application/json' };
  const session = await fetch(`${base}/api/v1/session`, { method: 'POST', headers, body: JSON.stringify(LOGIN) });
  const cookie = session.headers.getSetCookie().map(line => line.split(';')[0]).join('; ');
  let begun = false;
  await waitFor(async () => {
    const { progress } = await (await fetch(`${base}/api/v1/demo`, { headers: { cookie } })).json();
    begun ||= progress !== null;
    return begun && progress === null;
  }, { what: 'all customers of the demo', timeoutMs: 120_000 });
}

export const globalSetup = tellingFailure(async () => {
  if (process.env.CAIRN_URL || process.env.CAIRN_MOCK === '1') return;
  dir = await mkdtemp(join(tmpdir(), 'cairn-e2e-'));
  const demo = await startDemo({ selfService: SMALL, data: join(dir, 'demo') });
  await complete(demo.base);
  await demo.stop();
  process.env.CAIRN_DEMO = join(dir, 'demo');
});

export async function globalTeardown() {
  if (dir) await rm(dir, { recursive: true, force: true });
}
