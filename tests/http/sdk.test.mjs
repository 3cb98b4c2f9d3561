// The real SDKs, through answers of 429 and 500 and a restart in mid-flight: every event stored
// once, on the right account, and visible in metrics and score within a second.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { Analytics as CustomerIo } from '@customerio/cdp-analytics-node';
import { Analytics as Segment } from '@segment/analytics-node';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';

import { VISIBLE_MS, figuresOf } from './figures.mjs';
import { startCairn, waitFor } from './harness.mjs';

// A proxy that answers some requests by itself, as an overloaded server or a bad gateway would.
async function startProxy(t, cairn, answer) {
  let turn = 0;
  const proxy = http.createServer((req, res) => {
    const status = answer(turn++, req);
    if (status !== undefined) {
      req.resume();
      req.on('end', () => {
        res.writeHead(status, status === 429 ? { 'retry-after': '1' } : {});
        res.end();
      });
      return;
    }
    const { hostname, port } = new URL(cairn.base);
    const onward = http.request({ hostname, port, path: req.url, method: req.method, headers: req.headers }, answered => {
      res.writeHead(answered.statusCode, answered.headers);
      answered.pipe(res);
    });
    onward.on('error', () => {
      res.writeHead(502);
      res.end();
    });
    req.pipe(onward);
  });
  await new Promise(resolve => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => proxy.close());
  return `http://127.0.0.1:${proxy.address().port}`;
}

const EVENTS = 60;

// Each SDK as what the test needs of it.  `flush` is over when the server has taken everything.
const SDKS = {
  '@segment/analytics-node': {
    open: (writeKey, host) => new Segment({ writeKey, host, flushAt: 10, flushInterval: 50, maxRetries: 10 }),
    identify: (sdk, userId, traits, groupId) => sdk.identify({ userId, traits, context: { groupId } }),
    group: (sdk, userId, groupId, traits) => sdk.group({ userId, groupId, traits }),
    track: (sdk, userId, event, properties, groupId) => sdk.track({ userId, event, properties, context: { groupId } }),
    flush: sdk => sdk.closeAndFlush({ timeout: 60_000 }),
    hasGzip: false,
  },
  '@rudderstack/rudder-sdk-node': {
    // Its three retries are over after 1.6 s, which a restart may take.
    open: (writeKey, dataPlaneUrl) => new RudderAnalytics(writeKey, { dataPlaneUrl, flushAt: 10, flushInterval: 50, retryCount: 8 }),
    identify: (sdk, userId, traits, groupId) => sdk.identify({ userId, traits, context: { groupId } }),
    group: (sdk, userId, groupId, traits) => sdk.group({ userId, groupId, traits }),
    track: (sdk, userId, event, properties, groupId) => sdk.track({ userId, event, properties, context: { groupId } }),
    flush: sdk => new Promise((resolve, reject) => sdk.flush(error => (error ? reject(error) : resolve()))),
    hasGzip: true,
  },
  // A fork of Segment's that ignores Retry-After.
  '@customerio/cdp-analytics-node': {
    open: (writeKey, host) => new CustomerIo({ writeKey, host, maxEventsInBatch: 10, flushInterval: 50, maxRetries: 15 }),
    identify: (sdk, userId, traits, groupId) => sdk.identify({ userId, traits, context: { groupId } }),
    group: (sdk, userId, groupId, traits) => sdk.group({ userId, groupId, traits }),
    track: (sdk, userId, event, properties, groupId) => sdk.track({ userId, event, properties, context: { groupId } }),
    flush: sdk => sdk.closeAndFlush({ timeout: 60_000 }),
    hasGzip: false,
  },
};

const tracksOf = async (session, account) => {
  const { body } = await session.get(`/api/v1/accounts/${account.id}/events?limit=200`);
  return body.data.filter(row => row.type === 'track').map(row => JSON.parse(row.payload_text).n).sort((a, b) => a - b);
};

for (const [name, sdk] of Object.entries(SDKS)) {
  test(`${name}: every event once, on its account, in metrics and score within a second`, async t => {
    const cairn = await startCairn(t);
    const { write_key } = await (await cairn.login()).createSource();
    const codings = new Set();
    const host = await startProxy(t, cairn, (turn, req) => {
      codings.add(req.headers['content-encoding']);
      return { 0: 429, 2: 500 }[turn];
    });
    const expected = Array.from({ length: EVENTS }, (_, n) => n);

    await t.test('through 429, 500 and a restart in mid-flight', async () => {
      const client = sdk.open(write_key, host);
      sdk.identify(client, 'one', { email: 'one@sdkco.example' }, 'sdkco');
      sdk.group(client, 'one', 'sdkco', { name: 'SDK Co' });
      for (const n of expected) {
        sdk.track(client, 'one', 'Report Opened', { n }, 'sdkco');
        if (n === EVENTS / 2) {
          cairn.assertClean(await cairn.stop());
          await cairn.start();
        }
      }
      await sdk.flush(client);
      const admin = await cairn.login();
      const account = await admin.account('sdkco');
      await waitFor(async () => (await tracksOf(admin, account)).length >= EVENTS, { what: `${EVENTS} events` });
      assert.deepEqual(await tracksOf(admin, account), expected);
      await waitFor(async () => (await admin.get(`/api/v1/accounts/${account.id}`)).body.name === 'SDK Co', { what: 'its name' });
      assert.equal(codings.has('gzip'), sdk.hasGzip);
    });

    await t.test('and what comes next is visible within a second', async () => {
      const admin = await cairn.login();
      const account = await admin.account('sdkco');
      const before = await waitFor(async () => {
        const figures = await figuresOf(admin, account);
        return figures.events === EVENTS && figures.points !== null ? figures : null;
      }, { what: 'the figures of what was sent before' });
      const client = sdk.open(write_key, cairn.base);
      for (const event of ['Signed In', 'Report Exported', 'User Invited']) sdk.track(client, 'one', event, {}, 'sdkco');
      await sdk.flush(client);
      const begun = performance.now();
      await waitFor(async () => {
        const now = await figuresOf(admin, account);
        return now.events === EVENTS + 3 && now.points > before.points;
      }, { what: 'three more events, and a better score for three more features' });
      const took = performance.now() - begun;
      t.diagnostic(`visible ${Math.round(took)} ms after the answer`);
      assert.ok(took < VISIBLE_MS, `${Math.round(took)} ms`);
    });
  });
}
