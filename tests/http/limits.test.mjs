// reliability 39 and the limits of docs/limits.md: each is a setting or a fixed limit with a figure in
// /metrics, and data that grows where nobody expects it is bounded.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const DOCUMENT = fileURLToPath(new URL('../../docs/limits.md', import.meta.url));

async function figures(cairn) {
  const { text } = await cairn.call('GET', '/metrics');
  return new Map([...text.matchAll(/^([a-z_]+(?:\{[^}]*\})?) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
}

test('every limit is documented, listed by the program and has its value in /metrics', async t => {
  const cairn = await startCairn(t);
  const document = await readFile(DOCUMENT, 'utf8');
  const { stdout } = await cairnCommand(['config', 'list', '--data', cairn.dir]);
  const listed = [...stdout.matchAll(/^([a-z]+\.[a-z_]+) = (\S*)/gm)].map(match => match[1]);
  assert.ok(listed.length > 40, stdout.slice(0, 300));
  const seen = await figures(cairn);

  for (const name of listed.filter(name => /_max|_timeout$|tries|streams|max_age|future/.test(name) && !/^session/.test(name))) {
    assert.ok(document.includes(`\`${name}\``), `${name} is not in docs/limits.md`);
    assert.ok(seen.has(`cairn_setting{name="${name}"}`), `${name} is not in /metrics`);
  }
  for (const [figure] of seen) {
    const fixed = /^cairn_limit\{name="([^"]+)"\}$/.exec(figure)?.[1];
    if (fixed) assert.ok(document.includes(`\`${fixed}\``), `${fixed} is not in docs/limits.md`);
  }
  const mentioned = [...document.matchAll(/`(cairn_[a-z_]+)/g)].map(match => match[1]);
  assert.ok(mentioned.length > 15);
  for (const name of mentioned) assert.ok([...seen.keys()].some(figure => figure.split('{')[0] === name), `${name} is not in /metrics`);
  for (const [, name] of document.matchAll(/`([a-z]+\.[a-z_]+)`/g)) {
    if (!name.endsWith('.json')) assert.ok(listed.includes(name), `docs/limits.md names ${name}, which is no setting`);
  }
});

test('reliability 39: names of events, properties, traits and groups without end cost a bounded count each', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_METRIC_NAMES_MAX: '20', CAIRN_METRIC_MEMBERS_MAX: '1000' } });
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  const track = (i, more) => ({ type: 'track', userId: `u${i}`, event: `Name ${i}`, context: { groupId: 'wide' }, properties: { [`p${i}`]: i }, ...more });
  for (let from = 0; from < 3000; from += 500) {
    const res = await cairn.send(key, Array.from({ length: 500 }, (_, i) => track(from + i)));
    assert.equal(res.status, 200, res.text);
  }
  const traits = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`t${i}`, 'x'.repeat(i % 50)]));
  assert.equal((await cairn.send(key, [{ type: 'group', userId: 'u1', groupId: 'wide', traits }])).status, 200);
  const account = await admin.account('wide');
  await waitFor(async () => (await figures(cairn)).get('cairn_engine_events_behind') === 0, { what: 'all to be counted', timeoutMs: 60_000 });

  const seen = await figures(cairn);
  assert.equal(seen.get('cairn_metric_names'), 20);
  assert.equal(seen.get('cairn_metric_names_max'), 20);
  const { body } = await admin.get(`/api/v1/accounts/${account.id}`);
  assert.ok(body.traits.length <= 200, `${body.traits.length} traits`);
  const charts = await waitFor(async () => {
    const { data } = (await admin.get(`/api/v1/accounts/${account.id}/metrics`)).body;
    const most = Math.max(...data.flatMap(series => series.days.map(day => day.value ?? 0)));
    return most >= 1000 && data; // all are counted, if not each by its name
  }, { what: 'the figures of the day' });
  assert.ok(charts.length < 100, `${charts.length} series`);
  assert.equal((await admin.get('/api/v1/accounts')).status, 200);

  cairn.assertClean(await cairn.stop());
  const replay = await cairnCommand(['replay', ...cairn.where], { env: { CAIRN_METRIC_NAMES_MAX: '20', CAIRN_METRIC_MEMBERS_MAX: '1000' } });
  assert.equal(replay.code, 0, `what is beyond the caps does not depend on the order: ${replay.stdout}${replay.stderr}`);
  await cairn.start();
});

test('reliability 39: unknown groups without end are parked or made within bounds, and one account of many events answers as quickly', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_INTAKE_UNKNOWN_ACCOUNT: 'park' } });
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  for (let from = 0; from < 2000; from += 500) {
    const res = await cairn.send(key, Array.from({ length: 500 }, (_, i) => ({ type: 'track', userId: `s${from + i}`, event: 'E', context: { groupId: `stray-${from + i}` } })));
    assert.equal(res.status, 200);
  }
  await admin.createAccount({ name: 'Deep', external_id: 'deep' });
  for (let n = 0; n < 10; n++) {
    const res = await cairn.send(key, Array.from({ length: 2000 }, (_, i) => ({ type: 'track', userId: `d${i % 50}`, event: 'E', context: { groupId: 'deep' } })));
    assert.equal(res.status, 200);
  }
  await waitFor(async () => (await figures(cairn)).get('cairn_engine_events_behind') === 0, { what: 'all to be counted', timeoutMs: 60_000 });
  const { body } = await waitFor(async () => {
    const list = await admin.get('/api/v1/accounts');
    return list.body.total > 0 && list;
  });
  assert.equal(body.total, 1, 'no stray group became an account');
  const begun = performance.now();
  const events = await admin.get(`/api/v1/accounts/${body.data[0].id}/events?limit=50`);
  assert.equal(events.body.data.length, 50);
  assert.ok(performance.now() - begun < 2000);
});
