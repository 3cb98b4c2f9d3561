// Every page on the usual laptop, 1280 pixels wide: neither the page nor a table on it scrolls sideways, and
// what stands in the list of accounts is not cut off.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { accountNamed, onStage, sharedPage } from './browser.mjs';

const stage = onStage({ selfService: 200 });
const pageOf = sharedPage(stage, 'laptop');

const ROUTER = await readFile(new URL('../../web/src/app/router.tsx', import.meta.url), 'utf8');

// A region of that name is the last to come.
const region = name => page => page.getByRole('region', { name, exact: true }).waitFor();
const row = page => page.getByRole('row').nth(1).waitFor();
// An answer that was asked for before stands there; else it is asked for.
const asked = (button, name) => async page => {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('region', { name, exact: true }).waitFor({ timeout: 240_000 });
};
const TABS = ['people', 'contracts', 'tickets', 'events', 'touches'];

// How each route is looked at: addresses of it, and what is there when all is.
const ROUTES = {
  '/portfolio': [['/portfolio', region('Whose score moved most?')]],
  '/signals': [['/signals', page => page.getByRole('article', { name: 'Signal' }).getByRole('heading', { level: 2 }).waitFor()]],
  '/accounts': [['/accounts', row], ['/accounts?sort=name', row]],
  '/accounts/$accountId': ['usage', ...TABS].map(tab => [`/accounts/{TechCorp}?tab=${tab}`, page =>
    page.getByRole('tabpanel').waitFor()]),
  '/segments': [['/segments', region('Table: What are the micro-segments?')]],
  '/segments/$name': [['/segments/core', region('Who is in it?')]],
  '/coverage': [['/coverage', page => page.getByRole('table').nth(2).waitFor()]],
  '/scorecards': [['/scorecards', page => page.getByRole('heading', { name: 'The score by high-touch' }).waitFor()]],
  '/backtest': [['/backtest', asked('Run the test', 'Score of each account that left')]],
  '/comparison': [['/comparison', asked('Compare', 'How did it come about?')]],
  '/notifications': [['/notifications', page => page.getByRole('heading', { level: 1 }).waitFor()]],
  '/program': ['matches', 'problems', 'changes', 'tests', 'versions'].map(panel => [`/program?panel=${panel}`, page =>
    page.getByRole('tabpanel').waitFor()]),
  '/sources': [['/sources', row]],
  '/users': [['/users', row]],
  '/api-keys': [['/api-keys', page => page.getByRole('heading', { level: 1 }).waitFor()]],
  '/sessions': [['/sessions', row]],
};

// What is wider than its box: the page, and each table with all that is around it.
const tooWide = page => page.evaluate(() => {
  const holds = one => one.matches('html, main') || one.querySelector('table, [role=grid]');
  const isWider = one => one.scrollWidth > one.clientWidth + 1;
  return [...document.querySelectorAll('html, main, main *')]
    .filter(one => holds(one) && isWider(one))
    .map(one => `${one.ariaLabel ?? one.id ?? one.tagName}: ${one.scrollWidth} in ${one.clientWidth}`);
});

test('every page of the app is among those that are looked at', () => {
  const paths = [...ROUTER.matchAll(/path: '(\/[^']+)'/g)].map(found => found[1]);
  const own = paths.filter(path => path !== '/signin');
  assert.deepEqual(own.sort(), Object.keys(ROUTES).sort());
});

for (const [route, views] of Object.entries(ROUTES)) {
  test(`nothing scrolls sideways on a laptop: ${route}`, async t => {
    const page = await pageOf(t);
    const { base } = stage.demo;
    const { id } = await accountNamed(page, base, 'TechCorp');
    for (const [address, arrived] of views) {
      await page.goto(base + address.replace('{TechCorp}', id));
      await arrived(page);
      // Pressed, each is called otherwise.
      for (let one; (one = page.getByRole('button', { name: 'Show as table' }).first(), await one.isVisible());) await one.click();
      for (const folded of await page.locator('main details:not([open]) > summary').all()) await folded.click();
      assert.deepEqual(await tooWide(page), [], address);
    }
  });
}

// The cells that hold more than they show; a name is cut, and whole in its title.
const cutCells = page => page.evaluate(() =>
  [...document.querySelectorAll('[role=columnheader], [role=gridcell]')]
    .filter(cell => !cell.querySelector('a') && cell.scrollWidth > cell.clientWidth)
    .map(cell => cell.innerText));

test('nothing in the list of accounts is cut off on a laptop, as by name so without a score, or set by hand', async t => {
  const page = await pageOf(t);
  const { base } = stage.demo;
  const post = (path, data) => page.request.post(`${base}/api/v1${path}`, { data, headers: { origin: base } });
  assert.equal((await post('/accounts', { name: 'Aabenraa', external_id: 'aabenraa' })).status(), 201);
  const { id } = await accountNamed(page, base, 'TechCorp');
  const until = new Date(Date.now() + 86_400_000).toISOString();
  const judged = await post(`/accounts/${id}/judgements`, { kind: 'override', value: 65, reason: 'we know', until });
  assert.equal(judged.status(), 201, await judged.text());
  for (const [address, word] of [['/accounts?sort=name', 'No score'], ['/accounts?q=TechCorp', 'hand 65']]) {
    await page.goto(base + address);
    await page.getByRole('gridcell', { name: word }).first().waitFor();
    assert.deepEqual(await cutCells(page), [], address);
  }
});
