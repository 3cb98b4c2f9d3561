// The real analytics.js in a browser, on a page of another origin: every event is stored once, on
// the right account, visible within a second, also through a restart, and no other host is asked.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { VISIBLE_MS, figuresOf } from '../http/figures.mjs';
import { startCairn, waitFor } from '../http/harness.mjs';
import { launch } from './browser.mjs';

const UMD = fileURLToPath(new URL('../node_modules/@segment/analytics-next/dist/umd/', import.meta.url));

// A site that has nothing but the SDK's bundle.
async function startSite(t) {
  const site = http.createServer(async (req, res) => {
    const name = /^\/umd\/([\w.-]+\.js)$/.exec(req.url)?.[1];
    const body = name ? await readFile(UMD + name).catch(() => null) : '<!doctype html><title>Shop</title>';
    res.writeHead(body === null ? 404 : 200, { 'content-type': name ? 'text/javascript' : 'text/html' });
    res.end(body);
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  t.after(() => {
    site.closeAllConnections();
    site.close();
  });
  return `http://127.0.0.1:${site.address().port}`;
}

async function visit(t, settings) {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const source = await admin.createSource('Web shop');
  const origin = await startSite(t);
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  const strangers = [];
  page.on('request', request => {
    if (![origin, cairn.base].includes(new URL(request.url()).origin)) strangers.push(request.url());
  });
  await page.goto(origin);
  await page.addScriptTag({ url: `${origin}/umd/index.js` });
  await page.evaluate(async ([writeKey, cdnURL, options]) => {
    const { AnalyticsBrowser } = globalThis.AnalyticsNext;
    const [analytics] = await AnalyticsBrowser.load({ writeKey, cdnURL }, { integrations: { 'Segment.io': options } });
    globalThis.sdk = analytics;
    await analytics.identify('web-1', { email: 'one@acme.example' });
    await analytics.group('acme-web', { name: 'Acme Web' });
    await analytics.page('Home');
    for (let n = 0; n < 5; n++) void analytics.track('Report Opened', { n }, { context: { groupId: 'acme-web' } });
  }, [source.write_key, cairn.base, settings]);
  return { cairn, admin, source, page, strangers };
}

const countersOf = async (session, source) =>
  (await session.get('/api/v1/sources')).body.data.find(row => row.id === source.id);

const tracksOf = async (session, account) => {
  const { body } = await session.get(`/api/v1/accounts/${account.id}/events?limit=200`);
  return body.data.filter(row => row.type === 'track').map(row => JSON.parse(row.payload_text).n).sort((a, b) => a - b);
};

const SENT = 9; // a page call, five tracks, and three more across the restart

// Three things that nobody did before make a better score.
async function assertSoonVisible(t, session, account, page) {
  const before = await waitFor(async () => {
    const figures = await figuresOf(session, account);
    return figures.points !== null && figures.events === SENT ? figures : null;
  }, { what: 'the figures of what was sent before' });
  let answered = 0;
  const note = response => {
    if (response.request().method() === 'POST') answered = performance.now();
  };
  page.on('response', note);
  await page.evaluate(async () => {
    for (const event of ['Signed In', 'Report Exported', 'User Invited']) {
      void globalThis.sdk.track(event, {}, { context: { groupId: 'acme-web' } });
    }
  });
  await waitFor(async () => {
    const now = await figuresOf(session, account);
    return now.events === before.events + 3 && now.points > before.points;
  }, { what: 'three more events, and a better score' });
  const seen = performance.now();
  await waitFor(() => answered > 0, { what: 'word of the answer, which can come later than the score' });
  const took = seen - answered;
  page.off('response', note);
  t.diagnostic(`visible ${Math.round(took)} ms after the last answer`);
  assert.ok(took < VISIBLE_MS, `${Math.round(took)} ms`);
}

for (const [name, settings] of [
  ['one request per event', {}],
  ['batching', { deliveryStrategy: { strategy: 'batching', config: { size: 4, timeout: 200 } } }],
]) {
  test(`analytics.js in a browser, ${name}: stored once, also through a restart, and visible within a second`, async t => {
    const { cairn, admin, source, page, strangers } = await visit(t, settings);
    await waitFor(async () => (await countersOf(admin, source)).events_total === 8,
      { what: '8 events of the source' });
    assert.equal((await countersOf(admin, source)).duplicates_total, 0);
    const account = await admin.account('acme-web');
    assert.deepEqual(await tracksOf(admin, account), [0, 1, 2, 3, 4]);

    const { host } = new URL(cairn.base);
    const failed = page.waitForEvent('requestfailed');
    cairn.assertClean(await cairn.stop());
    await page.evaluate(() => {
      for (let n = 5; n < 8; n++) void globalThis.sdk.track('Report Opened', { n }, { context: { groupId: 'acme-web' } });
    });
    await failed;
    await cairn.start(['--listen', host]);
    const again = await cairn.login();
    await waitFor(async () => (await tracksOf(again, account)).length >= 8, { what: 'what was sent meanwhile' });
    assert.deepEqual(await tracksOf(again, account), [0, 1, 2, 3, 4, 5, 6, 7]);
    const after = await countersOf(again, source);
    assert.deepEqual([after.events_total, after.duplicates_total], [3, 0]);
    await assertSoonVisible(t, again, account, page);
    assert.deepEqual(strangers, []);
  });
}
