// Pages in odd circumstances: broken addresses, parts that cannot be fetched, no such page.  Each page as
// it usually is: accessible.mjs.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accountNamed, assertClean, axeFindings, onStage, signedIn } from './browser.mjs';

const stage = onStage({ selfService: 200 });

test('the palette and the keys are accessible', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/sources`);
  await page.getByRole('heading', { level: 1, name: 'Sources' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('option').first().waitFor();
  assert.deepEqual(await axeFindings(page, true), []);
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  assert.deepEqual(await axeFindings(page, true), []);
});

test('what a button of the demo sent is accessible, also when it is several calls', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/sources`);
  for (const name of ['Critical ticket', 'Rescue']) {
    await page.getByRole('complementary', { name: 'Demo' }).getByRole('button', { name, exact: true }).click();
    await page.getByRole('region', { name: `Sent: ${name}` }).waitFor();
    await assertClean(page);
  }
});

test('an address that somebody broke shows the page, without the part that says nothing', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const broken = {
    'portfolio?since=2026-99-99': page.getByRole('region', { name: 'How healthy is the book?' }),
    'signals?severity=loud&since=2026-99-99': page.getByRole('article', { name: 'Signal' }),
    'accounts?band=purple&sort=nothing&renewal=soon': page.getByRole('link', { name: 'Northwind Retail' }),
  };
  for (const [address, content] of Object.entries(broken)) {
    await page.goto(`${stage.demo.base}/${address}`);
    await content.waitFor();
    assert.equal(await page.getByRole('alert').count(), 0, address);
    assert.equal(page.url(), `${stage.demo.base}/${address.split('?')[0]}`);
  }
  await page.goto(`${stage.demo.base}/portfolio?since=dates&from=0001-01-01`);
  await page.getByRole('region', { name: 'How healthy is the book?' }).waitFor();
  const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts/${id}?since=2099-01-01`);
  await page.getByRole('button', { name: 'Since 28 days ago' }).waitFor();
  await page.goto(`${stage.demo.base}/accounts?owner=nobody`);
  await page.getByRole('alert').getByText('owner_id: not such an id: it begins with user_').waitFor();
  await page.goto(`${stage.demo.base}/accounts?grade=nosuch&sort=name`);
  const alert = page.getByRole('alert');
  await alert.getByText('The filter asks for something that is not there').waitFor();
  await alert.getByText(/^Grade: "nosuch" is not known/).waitFor();
  assert.deepEqual(await axeFindings(page), []);
  await alert.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('grid', { name: 'Accounts' }).getByRole('link').first().waitFor();
  assert.equal(page.url(), `${stage.demo.base}/accounts?sort=name`);
});

for (const lost of ['js', 'css']) {
  test(`a page whose ${lost} cannot be fetched says so in the frame of the app, and comes by itself`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base);
    const parts = new RegExp(`/assets/segments-[^/]*\\.${lost}$`);
    const cut = route => route.abort('connectionrefused');
    const away = route => route.abort('connectionrefused');
    await page.route(parts, cut);
    await page.goto(`${stage.demo.base}/accounts`);
    await page.getByRole('grid', { name: 'Accounts' }).getByRole('link').first().waitFor();
    await page.route('**/api/v1/session', away);
    const pages = page.getByRole('navigation', { name: 'Pages' });
    await pages.getByRole('link', { name: 'Segments' }).click();
    await page.getByRole('alert').getByText('The server does not answer').waitFor();
    await pages.getByRole('link', { name: 'Accounts' }).click();
    await page.getByRole('grid', { name: 'Accounts' }).getByRole('link').first().waitFor();
    await pages.getByRole('link', { name: 'Segments' }).click();
    await page.getByRole('alert').getByText('The server does not answer').waitFor();
    await page.unroute(parts, cut);
    await page.unroute('**/api/v1/session', away);
    await page.getByRole('region', { name: 'Accounts in both of two segments' }).waitFor();
  });
}

test('the events of an account begin with its newest, and the page says so', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts/${id}?tab=events`);
  await page.getByText('The newest 50 are shown.').waitFor();
  await page.getByRole('tab', { name: 'People' }).click();
  await page.getByRole('region', { name: 'People' }).waitFor();
  assert.equal(await page.getByText(/there may be more/).count(), 0, 'of few people all are shown');
});

test('an account names its parent; one that becomes part of another says so in every tab, and leads there', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { base } = stage.demo;
  const post = async (path, data, headers) => {
    const answer = await page.request.post(`${base}/api/v1${path}`, { data, headers: { origin: base, ...headers } });
    assert.ok(answer.ok(), await answer.text());
    return answer.json();
  };
  const group = await post('/accounts', { name: 'Zeta Group', external_id: 'zeta' });
  const child = await post('/accounts', { name: 'Zeta North', external_id: 'zeta-north', parent_id: group.id });
  await page.goto(`${base}/accounts/${child.id}`);
  await page.getByRole('heading', { level: 1, name: 'Zeta North' }).waitFor();
  const other = await page.context().newPage();
  await other.goto(`${base}/accounts?q=Zeta`);
  await other.getByRole('link', { name: 'Zeta North' }).waitFor();
  await other.goto(`${base}/accounts/${child.id}`);
  await other.getByRole('article', { name: 'Zeta North' }).getByRole('link', { name: 'Zeta Group' }).waitFor();

  await post(`/accounts/${child.id}/merge`, { into: group.id }, { 'if-match': '*' });
  await page.getByRole('heading', { level: 1, name: 'It has become part of another account' }).waitFor({ timeout: 5000 });
  await other.reload();
  for (const tab of [page, other]) {
    await tab.getByRole('link', { name: 'Go to Zeta Group' }).waitFor();
    assert.equal(await tab.getByRole('alert').count(), 0);
  }
  await assertClean(page);
  await page.getByRole('link', { name: 'Go to Zeta Group' }).click();
  await page.getByRole('heading', { level: 1, name: 'Zeta Group' }).waitFor();
});

test('an unknown page says so, and an unknown account', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/no/such/page`);
  await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Accounts' }).waitFor();
  await assertClean(page);
  await page.goto(`${stage.demo.base}/accounts/acct_nosuchaccount`);
  await page.getByRole('heading', { level: 1, name: 'There is no such account' }).waitFor();
  await assertClean(page);
  await page.waitForFunction(() => document.title === 'There is no such account · Cairn');
  await page.getByRole('main').getByRole('link', { name: 'Go to accounts' }).click();
  await page.getByRole('grid', { name: 'Accounts' }).getByRole('link').first().waitFor();
});
