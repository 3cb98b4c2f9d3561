// From events to figures: score, explanation, metrics, history and events of an account.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

const DAY = 86_400_000;

// The ids of all events of an account, page by page.
async function everyEvent(admin, path, limit) {
  const ids = [];
  for (let cursor = ''; cursor !== null;) {
    const { body } = await admin.get(`${path}/events?limit=${limit}${cursor && `&cursor=${cursor}`}`);
    assert.ok(body.data.length <= limit);
    ids.push(...body.data.map(event => event.id));
    assert.ok(body.next_cursor !== cursor);
    cursor = body.next_cursor;
  }
  return ids;
}

test('events become figures that explain themselves', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key } = await admin.createSource();
  const events = [
    { type: 'group', userId: 'u1', groupId: 'acme', traits: { name: 'Acme Inc', seats_used: 7 } },
    { type: 'identify', userId: 'u1', traits: { email: 'u1@acme.example', name: 'Uma' } },
  ];
  for (let day = 0; day < 60; day++) {
    for (let user = 1; user <= 3; user++) {
      events.push({ type: 'track', userId: `u${user}`, event: user === 3 ? 'Report Opened' : 'Signed In', context: { groupId: 'acme' },
        timestamp: new Date(Date.now() - day * DAY - user * 1000).toISOString() });
    }
  }
  assert.equal((await cairn.send(write_key, events)).status, 200);
  const row = await admin.account('acme');
  const path = `/api/v1/accounts/${row.id}`;
  await admin.post(`${path}/contracts`, { name: 'Year', arr: { minor: 5_000_000, currency: 'USD' }, starts_on: '2026-01-01', ends_on: '2036-12-31', seats: 10 });
  await admin.post(`${path}/people`, { name: 'Chris', roles: [{ role: 'champion', from: '2026-01-01T00:00:00Z' }] });
  const scored = await waitFor(async () => {
    const { body } = await admin.get(path);
    return body.score !== null && body.arr !== null && body;
  }, { what: 'a score' });

  await t.test('the account shows its record, traits and figures', async () => {
    assert.equal(scored.name, 'Acme Inc');
    assert.deepEqual(scored.arr, { minor: 5_000_000, currency: 'USD' });
    assert.ok(scored.traits.some(trait => trait.name === 'seats_used' && trait.value === 7), JSON.stringify(scored.traits));
    assert.ok(Date.now() - Date.parse(scored.last_activity_at) < 60_000);
    assert.ok(scored.score.points >= 0 && scored.score.points <= 100);
  });

  await t.test('the rows of depth 1 add up exactly to the score, and children to their row', async () => {
    const { body } = await waitFor(async () => {
      const res = await admin.get(`${path}/health`);
      return res.status === 200 && res.body.items.length > 0 && res;
    });
    const thousandths = value => Math.round(value * 1000);
    const sum = rows => rows.reduce((total, item) => total + thousandths(item.points), 0);
    assert.equal(sum(body.items.filter(item => item.depth === 1)), thousandths(body.points), JSON.stringify(body.items));
    for (const [i, item] of body.items.entries()) {
      if (item.kind !== 'group') continue;
      const rest = body.items.slice(i + 1);
      const end = rest.findIndex(other => other.depth <= item.depth);
      const children = (end < 0 ? rest : rest.slice(0, end)).filter(other => other.depth === item.depth + 1);
      assert.equal(sum(children), thousandths(item.points), item.path);
    }
    assert.ok(body.items.some(item => item.facts.length > 0));
  });

  await t.test('a comparison says what changed', async () => {
    const { body, status } = await admin.get(`${path}/health?since=${new Date(Date.now() - 7 * DAY).toISOString().replace(/\.\d+Z/, 'Z')}`);
    assert.equal(status, 200);
    if (body.previous !== null) {
      const change = body.items.filter(item => item.depth === 1).reduce((sum, item) => sum + Math.round((item.change ?? 0) * 1000), 0);
      assert.equal(change, Math.round(body.points * 1000) - Math.round(body.previous.points * 1000));
    }
  });

  await t.test('an earlier day is explained as of then', async () => {
    const day = days => new Date(Date.now() - days * DAY).toISOString();
    // The past is read from what is flushed of the counts, within a second.
    const { body } = await waitFor(async () => {
      const res = await admin.get(`${path}/health?at=${day(2)}&since=${day(3)}`);
      return res.status === 200 && res.body.previous !== null && res;
    }, { what: 'scores of earlier days' });
    const sum = key => body.items.filter(item => item.depth === 1).reduce((total, item) => total + Math.round((item[key] ?? 0) * 1000), 0);
    assert.equal(body.at, `${day(2).slice(0, 10)}T00:00:00Z`);
    assert.equal(sum('points'), Math.round(body.points * 1000));
    assert.equal(sum('change'), Math.round(body.points * 1000) - Math.round(body.previous.points * 1000));
    assert.equal(body.program_version, body.previous.program_version);
    assert.ok(body.items.some(item => item.was_text !== null));
  });

  await t.test('metrics have a value for every day', async () => {
    const from = new Date(Date.now() - 29 * DAY).toISOString().slice(0, 10);
    const { body, status } = await waitFor(async () => {
      const res = await admin.get(`${path}/metrics?from=${from}`);
      return res.status === 200 && res.body.data.some(series => series.days.some(day => day.value > 0)) && res;
    }, { what: 'metrics' });
    assert.equal(status, 200);
    for (const series of body.data) assert.equal(series.days.length, 30, series.name);
    assert.equal((await admin.get(`${path}/metrics?from=2020-01-01`)).status, 422);
    assert.equal((await admin.get(`${path}/metrics?from=yesterday`)).status, 400);
  });

  await t.test('the newest events are listed', async () => {
    const { body } = await admin.get(`${path}/events?limit=10`);
    assert.equal(body.data.length, 10);
    assert.ok(body.data.every((event, i) => i === 0 || Date.parse(body.data[i - 1].received_at) >= Date.parse(event.received_at)));
    const all = (await admin.get(`${path}/events?limit=200`)).body.data;
    assert.equal(all.length, events.length);
    assert.equal(new Set(all.map(event => event.id)).size, events.length);
    assert.deepEqual(await everyEvent(admin, path, 7), all.map(event => event.id));
    assert.equal((await admin.get(`${path}/events?cursor=nonsense`)).status, 400);
  });

  await t.test('history is there from the first score on', async () => {
    const { body } = await waitFor(async () => {
      const res = await admin.get(`${path}/health/history`);
      return res.body.data.length > 0 && res;
    });
    assert.ok(['red', 'yellow', 'green'].includes(body.data.at(-1).band));
  });

  await t.test('the list shows the same figures', async () => {
    await waitFor(async () => {
      const { body } = await admin.get('/api/v1/accounts?q=acme');
      const [listed] = body.data;
      return listed?.score?.points === (await admin.get(path)).body.score.points && listed.arr?.minor === 5_000_000;
    });
    await waitFor(async () => {
      const { band } = (await admin.get(path)).body.score; // may still be moving
      const filtered = await admin.get(`/api/v1/accounts?band=${band}`);
      return filtered.body.data.some(other => other.id === row.id);
    }, { what: 'the account among those of its colour' });
    const renewing = await admin.get('/api/v1/accounts?renewal_within_days=30');
    assert.ok(renewing.body.data.every(other => other.id !== row.id));
  });

  await t.test('reliability 22: hostile names of events and properties are returned as text', async () => {
    const name = '<img src=x onerror=alert(1)>';
    await cairn.send(write_key, [{ type: 'track', userId: 'u1', event: name, context: { groupId: 'acme' }, properties: { [name]: name } }]);
    await waitFor(async () => {
      const res = await admin.get(`${path}/events?limit=5`);
      const found = res.body.data.find(event => event.name === name);
      return found && JSON.parse(found.payload_text)[name] === name;
    });
  });
});

test('events of a subject that went to another account stay with the account they were of, on every page', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key } = await admin.createSource();
  const at = hour => new Date(Date.now() - (40 - hour) * 3_600_000).toISOString();
  const track = (userId, hour) => ({ type: 'track', userId, event: `${userId} ${hour}`, timestamp: at(hour) });
  const join = (userId, groupId, hour) => ({ type: 'group', userId, groupId, timestamp: at(hour), traits: { name: groupId } });
  const hours = from => Array.from({ length: 9 }, (_, i) => from + i);
  await cairn.send(write_key, [join('stays', 'before', 0), join('goes', 'before', 0), ...hours(1).flatMap(hour => [track('stays', hour), track('goes', hour)])]);
  await cairn.send(write_key, [join('goes', 'after', 20), ...hours(21).map(hour => track('goes', hour))]);
  const pathOf = async name => {
    const { body } = await admin.get(`/api/v1/accounts?q=${name}`);
    return body.data.length === 1 && `/api/v1/accounts/${body.data[0].id}`;
  };
  const [before, after] = [await waitFor(() => pathOf('before')), await waitFor(() => pathOf('after'))];
  const count = async (path, limit) => new Set(await everyEvent(admin, path, limit)).size;
  await waitFor(async () => (await count(after, 200)) === 10, { what: 'events after the move' });
  for (const limit of [1, 3, 200]) {
    assert.equal(await count(before, limit), 20, `pages of ${limit}`);
    assert.equal(await count(after, limit), 10, `pages of ${limit}`);
  }
});
