// What the browser tests share: a server with a demo workspace, a browser, and a signed-in page.
// Elements are found by role and name only, as a person or a screen reader finds them.
//
//   CAIRN_URL=http://…   tests a server that runs already; else `$CAIRN_BIN demo` is started, and
//                        with CAIRN_MOCK=1 the stand-in of web/dev (after "npm run build" in web)
//   CAIRN_EMAIL, CAIRN_PASSWORD   the login, where it is not the demo's own
//   CHROMIUM         the browser, where it is not Debian's
//   CAIRN_DEMO       the folder of a demo with SMALL self-service customers, made by prepared.mjs: a
//                    test that asks for so many gets a copy of it, which starts at once
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import readline from 'node:readline';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const BIN = process.env.CAIRN_BIN ?? 'build/cairn';
const MOCK = fileURLToPath(new URL('../../web/dev/mock.mjs', import.meta.url));
// The one without windows takes a quarter less of the processor, with the same engine; not every Debian has it.
const CHROMIUM = process.env.CHROMIUM
  ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(path => existsSync(path)) ?? 'chromium';
const AXE = await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');

// What the demo prints when it starts takes its place, unless the environment says otherwise.
export const LOGIN = {
  email: process.env.CAIRN_EMAIL ?? 'admin@cairn.test',
  password: process.env.CAIRN_PASSWORD ?? 'cairn-demo',
};

export const VIEWS = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' },
  // 1280 pixels, of which a scroll bar takes its part: the test browser has none of its own.
  laptop: { viewport: { width: 1264, height: 800 }, colorScheme: 'light' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', deviceScaleFactor: 2, hasTouch: true },
};

// The views in which pages are checked: a wide one whose colours are checked in light and in dark, and a phone.
const BOTH = 'light and dark';
export const CHECKED = [BOTH, 'phone'];

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
    exited.then(() => reject(new Error(`${program} did not start\n${log}`)), reject);
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

// What is checked in dark, too.
const inBoth = new WeakSet();

// {page, context, faults}: faults grows by each uncaught error, broken content security policy, and
// request to another host.
async function watchedPage(browser, base, view) {
  const shown = VIEWS[view === BOTH ? 'light' : view];
  const context = await browser.newContext({ ...shown, acceptDownloads: true, locale: 'en-US', reducedMotion: 'reduce' });
  const page = await context.newPage();
  if (view === BOTH) inBoth.add(page);
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
  return { page, context, faults };
}

// A page of its own context that fails the test on each of those.
export async function openPage(t, browser, base, view = 'light') {
  const { page, context, faults } = await watchedPage(browser, base, view);
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

// Signs in over the API: for tests whose subject is another page.  own: a session of one's own, which may end;
// else the one of all pages of that server.
const sessions = new Map(); // cookies by server

async function enter(page, base, own) {
  if (!own && sessions.has(base)) return page.context().addCookies(sessions.get(base));
  const answer = await page.request.post(`${base}/api/v1/session`, { data: LOGIN, headers: { origin: base } });
  assert.equal(answer.status(), 200, await answer.text());
  if (!own) sessions.set(base, await page.context().cookies(base));
}

export async function signedIn(t, browser, base, view = 'light', { own = false } = {}) {
  const page = await openPage(t, browser, base, view);
  await enter(page, base, own);
  return page;
}

// One signed-in page for all tests of a file that change nothing: what it returns gives it to each, which fails
// on the faults since the one before.  A page that is there already has the app compiled.
export function sharedPage(stage, view) {
  let shared;
  after(() => shared?.context.close());
  return async t => {
    if (!shared) {
      shared = await watchedPage(stage.browser, stage.demo.base, view);
      await enter(shared.page, stage.demo.base, false);
    }
    t.after(() => assert.deepEqual(shared.faults.splice(0), []));
    return shared.page;
  };
}

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

// The account of that name, as the API lists it.
export async function accountNamed(page, base, name) {
  const answer = await page.request.get(`${base}/api/v1/accounts?limit=50&q=${encodeURIComponent(name)}`);
  const { data } = await answer.json();
  return data.find(account => account.name === name);
}

// What axe finds against WCAG 2.2 A and AA and its best practices on the page as it is.  An open menu
// or dialog stands outside the landmarks, as it must to cover the page: `popup` allows that.
// A page of the view in light and dark is turned to dark for those rules that look at colours, and back.
export async function axeFindings(page, popup = false) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  await stillness(page);
  const found = await runAxe(page, popup, 'all');
  if (!inBoth.has(page)) return found;
  await turn(page, 'dark');
  const dark = await runAxe(page, popup, 'colours');
  await turn(page, 'light');
  return [...found, ...dark.map(text => `in dark: ${text}`)];
}

// Resolves when what moves or fades has arrived: half way, colours are none that the page has.
// A spinner turns for ever, and what is cancelled is over too.
async function stillness(page) {
  await page.evaluate(() => Promise.allSettled(document.getAnimations()
    .filter(one => one.playState === 'running' && one.effect.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
    .map(one => one.finished)));
}

// Resolves when what follows the scheme of the system has been drawn so.
async function turn(page, colorScheme) {
  await page.emulateMedia({ colorScheme });
  await page.waitForFunction(scheme => document.documentElement.dataset.mantineColorScheme === scheme, colorScheme);
  await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

async function runAxe(page, popup, which) {
  const violations = await page.evaluate(async ([allowed, some]) => {
    const { axe } = globalThis;
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const coloured = axe.getRules(tags).filter(rule => rule.tags.includes('cat.color')).map(rule => rule.ruleId);
    const { violations: found } = await axe.run(document, {
      rules: { region: { enabled: !allowed } },
      resultTypes: ['violations'], // what passes need not be told node by node: a third of the time
      runOnly: some === 'colours' ? { type: 'rule', values: coloured } : tags,
    });
    return found.map(one => ({ id: one.id, help: one.help, nodes: one.nodes.map(node => node.html.slice(0, 160)) }));
  }, [popup, which]);
  return violations.map(one => `${one.id}: ${one.help}\n  ${one.nodes.join('\n  ')}`);
}

// Axe finds nothing, and nothing sticks out sideways.
export async function assertClean(page) {
  assert.deepEqual(await axeFindings(page), []);
  for (const element of [page.getByRole('document'), page.getByRole('main')]) {
    const wide = await element.evaluate(one => one.scrollWidth > one.clientWidth);
    assert.equal(wide, false, 'the page is wider than the screen');
  }
}
