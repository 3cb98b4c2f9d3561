// docs/first-rule.md as it stands: its commands run beside a server, and print what it says.
// CAIRN_UPDATE_DOCS=1 writes what they print now into the page.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';

import { BIN, cairnCommand, startCairn, waitFor } from './harness.mjs';

const PAGE = 'docs/first-rule.md';

// [{text}] and [{commands: [{lines, output}]}] in the order of the page.
function parse(page) {
  const parts = [];
  for (const [i, piece] of page.split(/^```(?:console)?\n/m).entries()) {
    if (i % 2 === 0) {
      parts.push({ text: piece });
      continue;
    }
    const commands = [];
    let here; // the end of a here-document
    for (const line of piece.split('\n').slice(0, -1)) {
      if (here !== undefined) {
        commands.at(-1).lines.push(line);
        if (line === here) here = undefined;
      } else if (line.startsWith('$ ')) {
        commands.push({ lines: [line.slice(2)], output: [] });
        here = /<<(\w+)/.exec(line)?.[1];
      } else {
        commands.at(-1).output.push(line);
      }
    }
    parts.push({ commands });
  }
  return parts;
}

const steady = text => text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d/g, '2026-11-28T09:00');

async function accounts(cairn) {
  const admin = await cairn.login();
  const { write_key } = await admin.createSource('Product');
  const daysAgo = days => new Date(Date.now() - days * 86400_000).toISOString();
  const lastActive = { Acorn: [20, 21], Birch: [1, 2, 3], Cedar: [16, 40] };
  const arr = { Acorn: 9000, Birch: 12000, Cedar: 4000 };
  for (const [name, days] of Object.entries(lastActive)) {
    const account = await admin.createAccount({ name, external_id: name.toLowerCase() });
    const today = new Date().toISOString().slice(0, 10);
    await admin.post(`/api/v1/accounts/${account.id}/contracts`, { name: 'Plan', starts_on: today, ends_on: `${Number(today.slice(0, 4)) + 1}-12-31`,
      arr: { minor: arr[name] * 100, currency: 'USD' } });
    await cairn.send(write_key, days.flatMap(day => ['Signed In', 'Report Exported', 'Invited', 'Commented'].map(event => ({
      type: 'track', event, userId: `u-${name}`, timestamp: daysAgo(day), context: { groupId: name.toLowerCase() } }))));
  }
  await waitFor(async () => (await admin.get('/api/v1/accounts')).body.data.every(row => row.score && row.last_activity_at && row.arr));
}

test('003 the transcript of a first rule in docs/ is what happens', async t => {
  const cairn = await startCairn(t);
  await accounts(cairn);
  const folder = await mkdtemp(join(tmpdir(), 'cairn-transcript-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  // On PostgreSQL the page's --db is said here.
  const db = cairn.db ? `case "$2" in diff|apply|export|history|rollback) set -- "$@" --db '${cairn.db}';; esac\n` : '';
  await writeFile(join(folder, 'cairn'), `#!/bin/sh\n${db}exec '${resolve(BIN)}' "$@"\n`);
  await chmod(join(folder, 'cairn'), 0o755);
  // What a command reads of the figures is on disk a second after it was counted.
  const probe = join(folder, 'probe');
  const where = cairn.where;
  assert.equal((await cairnCommand(['program', 'export', probe, ...where])).code, 0);
  const card = join(probe, 'scorecards', 'tech-touch.yaml');
  await writeFile(card, (await readFile(card, 'utf8')).replace('exceptions:\n', 'exceptions:\n  - {when: events.days_since() > 14, cap: 40, because: quiet}\n'));
  await waitFor(async () => (await cairnCommand(['program', 'diff', probe, ...where])).stdout.includes('2 accounts of $13,000'));
  await rm(probe, { recursive: true });
  const parts = parse(await readFile(PAGE, 'utf8'));
  let cwd = folder;
  let page = '';
  for (const part of parts) {
    if (part.text !== undefined) {
      page += part.text;
      continue;
    }
    page += '```console\n';
    for (const { lines } of part.commands) {
      const script = `${lines.join('\n')}\n`;
      const said = await new Promise(done => execFile('/bin/bash', ['-c', `exec 2>&1\n${script}echo "cwd:$PWD"`], {
        cwd, env: { ...process.env, PATH: `${folder}:${process.env.PATH}`, CAIRN_DATA: cairn.dir } }, (error, stdout) => done(stdout)));
      cwd = /cwd:(.*)\n$/.exec(said)?.[1] ?? cwd;
      page += `$ ${script}${steady(said.replace(/cwd:.*\n$/, ''))}`;
    }
    page += '```\n';
  }
  if (process.env.CAIRN_UPDATE_DOCS) await writeFile(PAGE, page);
  assert.equal(page, await readFile(PAGE, 'utf8'));
});
