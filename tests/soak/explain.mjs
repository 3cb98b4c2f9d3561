// The explanation adds up for every account of the demo: the score, and the change between two dates to
// what history shows.  With CAIRN_URL, of a demo that runs already.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LOGIN, startDemo } from '../e2e/browser.mjs';

const DAY = 86_400_000;
const PAGE = 200;

test('capabilities 28: the explanation adds up for every account of the demo', async t => {
  const demo = await startDemo();
  t.after(() => demo.stop());
  const signIn = await fetch(`${demo.base}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: demo.base },
    body: JSON.stringify(LOGIN),
  });
  const cookie = signIn.headers.getSetCookie()[0].split(';')[0];
  const read = async path => {
    const answer = await fetch(`${demo.base}/api/v1/${path}`, { headers: { cookie } });
    return answer.status === 404 ? null : answer.json();
  };
  const thousandths = value => Math.round(value * 1000);
  const day = days => new Date(Date.now() - days * DAY).toISOString();
  let explained = 0;
  for (let offset = 0; ; offset += PAGE) {
    const { data } = await read(`accounts?limit=${PAGE}&offset=${offset}&sort=created_at`);
    for (const { id, name } of data) {
      for (const query of [`since=${day(28)}`, `since=${day(90)}&at=${day(3)}`]) {
        const health = await read(`accounts/${id}/health?${query}`);
        if (health === null) continue;
        const sum = key => health.items.filter(item => item.depth === 1).reduce((total, item) => total + thousandths(item[key] ?? 0), 0);
        assert.equal(sum('points'), thousandths(health.effective_points), `${name} ${query}`);
        if (health.previous === null) continue;
        assert.equal(sum('change'), thousandths(health.effective_points) - thousandths(health.previous.effective_points), `${name} ${query}`);
        explained++;
      }
    }
    if (data.length < PAGE) break;
  }
  t.diagnostic(`${explained} changes were explained`);
  assert.ok(explained > 100);
});
