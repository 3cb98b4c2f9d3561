// Every page in light and dark, wide and on a phone: axe finds nothing, nothing sticks out sideways.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { waitFor } from '../http/harness.mjs';
import { accountNamed, assertClean, axeFindings, onStage, openPage, signedIn, VIEWS } from './browser.mjs';

const stage = onStage({ selfService: 200 });

for (const view of Object.keys(VIEWS)) {
  test(`sign-in is accessible (${view})`, async t => {
    const page = await openPage(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/`);
    await page.getByLabel('E-mail address').waitFor();
    await assertClean(page);
  });

  test(`accounts are accessible (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/accounts`);
    await page.getByRole('link', { name: 'TechCorp', exact: true }).or(page.getByRole('main').getByRole('link')).first().waitFor();
    await assertClean(page);
    await page.getByRole('button', { name: /^Health/ }).first().click();
    await page.getByRole('menu').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
  });

  test(`the portfolio is accessible (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/portfolio?since=dates&from=2026-01-01`);
    await page.getByRole('region', { name: 'Whose score moved most?' }).waitFor();
    await page.getByLabel('From', { exact: true }).waitFor();
    await assertClean(page);
    await page.getByRole('button', { name: /^Whose accounts/ }).click();
    await page.getByRole('menu').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
  });

  test(`the signals are accessible (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/signals`);
    await page.getByRole('list', { name: 'Signals' }).getByRole('link').first().click();
    await page.getByRole('article', { name: 'Signal' }).getByRole('heading', { level: 2 }).waitFor();
    await assertClean(page);
  });

  test(`segments are accessible, and one of them (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/segments`);
    await page.getByRole('region', { name: 'Accounts in both of two segments' }).waitFor();
    await assertClean(page);
    const compare = page.getByRole('button', { name: /^Compare/ });
    await compare.click();
    await page.getByRole('menu').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
    await page.goto(`${stage.demo.base}/segments/core`);
    await page.getByRole('heading', { name: 'Who entered, who left?' }).waitFor();
    await page.getByRole('button', { name: 'Show as table' }).click();
    await page.getByRole('region', { name: 'Who is in it?', exact: true }).waitFor();
    await assertClean(page);
  });

  test(`coverage is accessible (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/coverage`);
    await page.getByRole('heading', { name: 'Where are accounts in their life?' }).waitFor();
    await page.getByRole('table').nth(2).waitFor();
    await assertClean(page);
    if (view !== 'phone') return;
    // What does not fit is seen to go on: the edge that hides it fades, until it is reached.
    const region = page.getByRole('region', { name: 'Table: How are accounts looked after?' });
    const isFaded = () => region.evaluate(one => getComputedStyle(one).maskImage !== 'none' && one.dataset.hides);
    assert.equal(await isFaded(), 'right');
    await region.evaluate(one => one.scrollTo(one.scrollWidth, 0));
    await waitFor(async () => (await isFaded()) === 'left', { what: 'the other edge to fade' });
  });

  test(`the back-test is accessible (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/backtest`);
    await page.getByRole('region', { name: 'Who left?' }).waitFor();
    await assertClean(page);
    await page.getByRole('button', { name: /^What counts as known/ }).click();
    await page.getByRole('menu').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
    await page.keyboard.press('Escape');
    // Once: what came of it is kept.
    if (view === 'light') await page.getByRole('button', { name: 'Run the test' }).click();
    await page.getByRole('region', { name: 'Score of each account that left', exact: true }).waitFor({ timeout: 240_000 });
    for (const summary of await page.getByText('Marked accounts').all()) await summary.click();
    await assertClean(page);
  });

  test(`scorecards are accessible, and one of them whole (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/scorecards`);
    await page.getByRole('region', { name: 'Which one scores whom?' }).first().waitFor();
    await page.getByRole('heading', { name: 'The score by high-touch' }).waitFor();
    await page.getByText('Scores run from 0 to 100; 100 is healthy.').first().waitFor();
    await assertClean(page);
    await page.getByRole('link', { name: 'tech-touch', exact: true }).click();
    await page.getByRole('heading', { name: 'The score by tech-touch' }).waitFor();
    await assertClean(page);
  });

  test(`an account is accessible on each of its tabs (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
    await page.goto(`${stage.demo.base}/accounts/${id}`);
    await page.getByRole('button', { name: 'Why', exact: true }).click();
    await page.getByRole('table', { name: 'Why this score' }).waitFor();
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      await page.getByRole('tabpanel').waitFor();
      await assertClean(page);
    }
    for (const button of await page.getByRole('button', { name: 'Show as table' }).all()) await button.click();
    await assertClean(page);
  });

  test(`the program is accessible on each of its panels (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/program?file=scorecards/mid-touch.yaml`);
    await page.getByRole('textbox', { name: 'Text of scorecards/mid-touch.yaml' }).waitFor();
    await page.getByText(/^No mistakes/).waitFor();
    await assertClean(page);
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      await page.getByRole('tabpanel').waitFor();
      await assertClean(page);
    }
    const build = page.getByRole('button', { name: 'Build a condition' });
    if (!(await build.isVisible())) return;
    await build.click();
    await page.getByRole('dialog').getByLabel('Field').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
  });

  test(`sources are accessible (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/sources`);
    await page.getByRole('table').waitFor();
    await assertClean(page);
    await page.getByRole('button', { name: 'New source' }).click();
    await page.getByRole('dialog').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
  });
}

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

test('an unknown page says so, and an unknown account', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/no/such/page`);
  await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Accounts' }).waitFor();
  await assertClean(page);
  await page.goto(`${stage.demo.base}/accounts/acct_nosuchaccount`);
  await page.getByText('There is no such account', { exact: true }).waitFor();
  await page.waitForFunction(() => document.title === 'There is no such account · Cairn');
  await page.getByRole('main').getByRole('link', { name: 'Go to accounts' }).click();
  await page.getByRole('grid', { name: 'Accounts' }).getByRole('link').first().waitFor();
});
