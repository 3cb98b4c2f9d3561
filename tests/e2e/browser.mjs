// What the browser tests share: a server with a demo workspace, a browser, and a signed-in page.
// Elements are found by role and name only, as a person or a screen reader finds them.
//
//   CAIRN_URL=http://…   tests a server that runs already; else `$CAIRN_BIN demo` is started, and
//                        with CAIRN_MOCK=1 the stand-in of web/dev (after "npm run build" in web)
//   CAIRN_EMAIL, CAIRN_PASSWORD   the login, where it is not the demo's own
//   CAIRN_DEMO       the folder of a demo with SMALL self-service customers, made by prepared.mjs: a
//                    test that asks for so many gets a copy of it, which starts at once
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import readline from 'node:readline';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

const BIN = process.env.CAIRN_BIN ?? 'build/cairn';
const MOCK = fileURLToPath(new URL('../../web/dev/mock.mjs', import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

// What the demo prints when it starts takes its place, unless the environment says otherwise.
export const LOGIN = {
  email: process.env.CAIRN_EMAIL ?? 'admin@cairn.test',
  password: process.env.CAIRN_PASSWORD ?? 'cairn-demo',
};

export const VIEWS = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', deviceScaleFactor: 2, hasTouch: true },
};

export const SMALL = 200;

// {base, stop}.  selfService: how many customers stream in beside the two books that are there.
// data: the folder, which then stays.
export async function startDemo({ selfService, data } = {}) {
  if (process.env.CAIRN_URL) return { base: process.env.CAIRN_URL, stop: async () => {} };
  const dir = await mkdtemp(join(tmpdir(), 'cairn-e2e-'));
  const folder = data ?? join(dir, 'demo');
  const mock = process.env.CAIRN_MOCK === '1';
  const copied = !mock && selfService === SMALL && process.env.CAIRN_DEMO;
  if (copied) await cp(process.env.CAIRN_DEMO, folder, { recursive: true });
  const [program, args] = mock
    ? [process.execPath, [MOCK]]
    : [BIN, ['demo', '--data', folder, '--listen', '127.0.0.1:0',
        ...(selfService === undefined || copied ? [] : ['--self-service', `${selfService}`])]];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MOCK_PORT: '0', MOCK_IMPORT_SECONDS: process.env.MOCK_IMPORT_SECONDS ?? '0' },
  });
  const exited = once(child, 'exit'); // from the start: it may die before it listens
  let log = '';
  child.stderr.setEncoding('utf8').on('data', chunk => (log += chunk));
  const base = await new Promise((resolve, reject) => {
    let url = null;
    readline.createInterface({ input: child.stdout }).on('line', line => {
      log += `${line}\n`;
      url ??= /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? null;
      // The demo prints its login when its books are there: only then it is ready.
      const login = /sign in\s+(\S+@\S+)\s+(\S+)/.exec(line);
      if (login && !process.env.CAIRN_EMAIL) Object.assign(LOGIN, { email: login[1], password: login[2] });
      if (url && (login || mock)) resolve(url);
    });
    exited.then(() => reject(new Error(`${program} did not start\n${log}`)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const [code] = await exited;
    await rm(dir, { recursive: true, force: true });
    if (!mock) assert.equal(code, 0, `cairn exited with ${code}\n${log}`);
  };
  return { base, stop };
}

export function launch() {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

// {demo, browser} of all tests of the file that calls it: there before the first, gone after the last.
export function onStage(options) {
  const stage = {};
  before(async () => {
    stage.demo = await startDemo(options);
    stage.browser = await launch();
  });
  after(async () => {
    await stage.browser?.close();
    await stage.demo?.stop();
  });
  return stage;
}

// A page of its own context that fails the test on an uncaught error, a broken content security
// policy, or a request to another host.
export async function openPage(t, browser, base, view = 'light') {
  const context = await browser.newContext({ ...VIEWS[view], acceptDownloads: true, locale: 'en-US', reducedMotion: 'reduce' });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', error => faults.push(`uncaught: ${error.message}`));
  page.on('dialog', dialog => {
    faults.push(`a script opened a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', message => {
    if (/Content Security Policy/i.test(message.text())) faults.push(message.text());
  });
  page.on('request', request => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== new URL(base).origin) faults.push(`asked ${request.url()}`);
  });
  t?.after(async () => {
    await context.close();
    assert.deepEqual(faults, []);
  });
  return page;
}

export async function signIn(page, base) {
  await page.goto(`${base}/`);
  await page.getByLabel('E-mail address').fill(LOGIN.email);
  await page.getByLabel('Password', { exact: true }).fill(LOGIN.password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Accounts' }).waitFor();
}

// Signs in over the API: for tests whose subject is another page.
export async function signedIn(t, browser, base, view = 'light') {
  const page = await openPage(t, browser, base, view);
  const answer = await page.request.post(`${base}/api/v1/session`, { data: LOGIN, headers: { origin: base } });
  assert.equal(answer.status(), 200, await answer.text());
  return page;
}

// The account of that name, as the API lists it.
// Goes to a page by its two keys.  The second counts within a moment of the first, which may pass on
// a busy machine: then both are pressed again.
export async function goByKeys(page, key, landmark) {
  for (let tries = 0; tries < 5 && !await landmark.isVisible(); tries++) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await landmark.waitFor({ timeout: 5000 }).catch(() => {});
  }
  await landmark.waitFor();
}

export async function accountNamed(page, base, name) {
  const answer = await page.request.get(`${base}/api/v1/accounts?limit=50&q=${encodeURIComponent(name)}`);
  const { data } = await answer.json();
  return data.find(account => account.name === name);
}

// What axe finds against WCAG 2.2 A and AA and its best practices on the page as it is.  An open menu
// or dialog stands outside the landmarks, as it must to cover the page: `popup` allows that.
export async function axeFindings(page, popup = false) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(allowed =>
    globalThis.axe.run(document, {
      rules: { region: { enabled: !allowed } },
      resultTypes: ['violations'], // what passes need not be told node by node: a third of the time
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }), popup,
  );
  return violations.map(one => `${one.id}: ${one.help}\n  ${one.nodes.map(node => node.html.slice(0, 160)).join('\n  ')}`);
}

// Axe finds nothing, and nothing sticks out sideways.
export async function assertClean(page) {
  assert.deepEqual(await axeFindings(page), []);
  for (const element of [page.getByRole('document'), page.getByRole('main')]) {
    const wide = await element.evaluate(one => one.scrollWidth > one.clientWidth);
    assert.equal(wide, false, 'the page is wider than the screen');
  }
}
