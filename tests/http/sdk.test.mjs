// The real SDKs, through answers of 429 and 500 and a restart: every event stored once, on the
// right account.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { Analytics } from '@segment/analytics-node';
import RudderAnalytics from '@rudderstack/rudder-sdk-node';

import { startCairn, waitFor } from './harness.mjs';

// A proxy that answers some requests by itself, as an overloaded server or a bad gateway would.
async function startProxy(t, cairn, answer) {
  let turn = 0;
  const proxy = http.createServer((req, res) => {
    const status = answer(turn++);
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

async function check(cairn, admin, source, key) {
  // The restart set the counters to zero, so the account's events are what counts.
  const account = await admin.account(key);
  await waitFor(async () => {
    const { body } = await admin.get(`/api/v1/accounts/${account.id}/events?limit=200`);
    return body.data.filter(row => row.type === 'track').length === EVENTS;
  }, { what: `${EVENTS} events of ${key}` });
  const { body } = await admin.get(`/api/v1/accounts/${account.id}/events?limit=200`);
  const numbers = body.data.filter(row => row.type === 'track').map(row => JSON.parse(row.payload_text).n);
  assert.equal(new Set(numbers).size, EVENTS);
}

test('@segment/analytics-node', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const source = await admin.createSource();
  const host = await startProxy(t, cairn, turn => ({ 0: 429, 2: 500 })[turn]);
  const analytics = new Analytics({ writeKey: source.write_key, host, flushAt: 10, flushInterval: 50, maxRetries: 10 });
  analytics.identify({ userId: 'seg-1', traits: { email: 'one@segco.example' } });
  analytics.group({ userId: 'seg-1', groupId: 'segco', traits: { name: 'SegCo' } });
  for (let n = 0; n < EVENTS; n++) {
    analytics.track({ userId: 'seg-1', event: 'Report Opened', properties: { n }, context: { groupId: 'segco' } });
    if (n === EVENTS / 2) {
      cairn.assertClean(await cairn.stop());
      await cairn.start();
    }
  }
  await analytics.closeAndFlush({ timeout: 60_000 });
  await check(cairn, await cairn.login(), source, 'segco');
});

test('@rudderstack/rudder-sdk-node with gzip', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const source = await admin.createSource();
  const dataPlaneUrl = await startProxy(t, cairn, turn => ({ 0: 429, 2: 500 })[turn]);
  const analytics = new RudderAnalytics(source.write_key, { dataPlaneUrl, flushAt: 10, flushInterval: 50 });
  analytics.identify({ userId: 'rud-1', traits: { email: 'one@rudco.example' } });
  analytics.group({ userId: 'rud-1', groupId: 'rudco', traits: { name: 'RudCo' } });
  for (let n = 0; n < EVENTS; n++) {
    analytics.track({ userId: 'rud-1', event: 'Report Opened', properties: { n }, context: { groupId: 'rudco' } });
  }
  await new Promise((resolve, reject) => analytics.flush(error => (error ? reject(error) : resolve())));
  await check(cairn, admin, source, 'rudco');
});
