// Fills a server with accounts, and reads all of them back.
import assert from 'node:assert/strict';
import { setTimeout as after } from 'node:timers/promises';

/** Runs `work(item)` over 0, 1, ... count - 1, `width` at a time. */
export async function parallel(count, width, work) {
  let next = 0;
  await Promise.all(Array.from({ length: width }, async () => {
    while (next < count) await work(next++);
  }));
}

/** Posts events as a source does. */
export async function send(server, batch) {
  const res = await fetch(`${server.base}/v1/batch`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${server.key}:`).toString('base64')}` },
    body: JSON.stringify({ batch, sentAt: new Date(server.clock?.now() ?? Date.now()).toISOString() }),
  });
  assert.equal(res.status, 200, await res.text());
}

/** Every account, by name, once there are so many. */
export async function everyAccount(server, accounts) {
  for (let tries = 0; tries < 600; tries++) {
    const { total } = await (await server.call('GET', '/api/v1/accounts?limit=1')).json();
    if (total >= accounts) break;
    await after(100);
  }
  await server.caughtUp(); // or names move while they are read in their order
  const rows = [];
  for (let cursor = ''; cursor !== null;) {
    const page = await (await server.call('GET', `/api/v1/accounts?sort=name&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)).json();
    rows.push(...page.data);
    cursor = page.next_cursor ?? null;
  }
  assert.ok(rows.length >= accounts, `${rows.length} accounts`);
  return rows;
}

/** That many accounts by group calls; one in `apart` has a contract. */
export async function seedBook(server, accounts, { apart = 5, traits = {} } = {}) {
  const at = new Date(server.clock?.now() ?? Date.now()).toISOString();
  await parallel(accounts / 500, 4, piece => send(server, Array.from({ length: 500 }, (_, i) => piece * 500 + i).map(n => ({
    type: 'group', messageId: `seed-${n}`, timestamp: at, userId: `user-${n * 20}`, groupId: `account-${n}`,
    traits: { name: `Account ${n}`, seats: 5 + (n % 500), ...traits },
  }))));
  const rows = await everyAccount(server, accounts);
  await parallel(accounts / apart, 16, i => server.call('POST', `/api/v1/accounts/${rows[i * apart].id}/contracts`, {
    name: 'Subscription', starts_on: '2026-01-01', ends_on: `2027-${String(1 + (i % 12)).padStart(2, '0')}-15`, seats: 5 + (i % 500),
    arr: { minor: 100_000 + ((i * 7919) % 20_000_000), currency: 'USD' },
  }));
}
