// Every page as one view shows it, wide in light and dark or on a phone: axe finds nothing, nothing sticks
// out sideways.  Each view is a file of its own, so that they run beside one another.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { waitFor } from '../http/harness.mjs';
import { accountNamed, assertClean, axeFindings, onStage, openPage, sharedPage } from './browser.mjs';

export function everyPage(view) {
  const stage = onStage({ selfService: 200 });
  const pageOf = sharedPage(stage, view);

  test(`sign-in is accessible (${view})`, async t => {
    const page = await openPage(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/`);
    await page.getByLabel('E-mail address').waitFor();
    await assertClean(page);
  });

  test(`accounts are accessible (${view})`, async t => {
    const page = await pageOf(t);
    await page.goto(`${stage.demo.base}/accounts`);
    await page.getByRole('link', { name: 'TechCorp', exact: true }).or(page.getByRole('main').getByRole('link')).first().waitFor();
    await assertClean(page);
    await page.getByRole('button', { name: /^Health/ }).first().click();
    await page.getByRole('menu').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
  });

  test(`the portfolio is accessible (${view})`, async t => {
    const page = await pageOf(t);
    await page.goto(`${stage.demo.base}/portfolio?since=dates&from=2026-01-01`);
    await page.getByRole('region', { name: 'Whose score moved most?' }).waitFor();
    await page.getByLabel('From', { exact: true }).waitFor();
    await assertClean(page);
    await page.getByRole('button', { name: /^Whose accounts/ }).click();
    await page.getByRole('menu').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
  });

  test(`the signals are accessible (${view})`, async t => {
    const page = await pageOf(t);
    await page.goto(`${stage.demo.base}/signals`);
    await page.getByRole('list', { name: 'Signals' }).getByRole('link').first().click();
    await page.getByRole('article', { name: 'Signal' }).getByRole('heading', { level: 2 }).waitFor();
    await assertClean(page);
  });

  test(`segments are accessible, and one of them (${view})`, async t => {
    const page = await pageOf(t);
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
    const page = await pageOf(t);
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
    const page = await pageOf(t);
    await page.goto(`${stage.demo.base}/backtest`);
    await page.getByRole('region', { name: 'Who left?' }).waitFor();
    await assertClean(page);
    await page.getByRole('button', { name: /^What counts as known/ }).click();
    await page.getByRole('menu').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Run the test' }).click();
    await page.getByRole('region', { name: 'Score of each account that left', exact: true }).waitFor({ timeout: 240_000 });
    for (const summary of await page.getByText('Marked accounts').all()) await summary.click();
    await assertClean(page);
  });

  test(`two versions side by side are accessible (${view})`, async t => {
    const page = await pageOf(t);
    await page.goto(`${stage.demo.base}/comparison`);
    await page.getByRole('button', { name: /^Whose accounts/ }).click();
    await page.getByRole('menuitemradio', { name: 'Segment core' }).waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Compare', exact: true }).click();
    await page.getByRole('region', { name: 'How did it come about?', exact: true }).waitFor({ timeout: 240_000 });
    await page.getByText('As a table').click();
    await assertClean(page);
  });

  test(`scorecards are accessible, and one of them whole (${view})`, async t => {
    const page = await pageOf(t);
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
    const page = await pageOf(t);
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
    if (view !== 'phone') return;
    // Neither a name nor an id that nothing breaks makes the page wider than the screen.
    const { base } = stage.demo;
    const long = { name: 'Donaudampfschifffahrtsgesellschaft'.repeat(3), external_id: `long-${'x'.repeat(100)}` };
    const made = await page.request.post(`${base}/api/v1/accounts`, { data: long, headers: { origin: base } });
    assert.equal(made.status(), 201, await made.text());
    await page.goto(`${base}/accounts/${(await made.json()).id}`);
    await page.getByRole('heading', { level: 1, name: long.name }).waitFor();
    await assertClean(page);
  });

  test(`the program is accessible on each of its panels (${view})`, async t => {
    const page = await pageOf(t);
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
    const page = await pageOf(t);
    await page.goto(`${stage.demo.base}/sources`);
    await page.getByRole('table').waitFor();
    await assertClean(page);
    await page.getByRole('button', { name: 'New source' }).click();
    await page.getByRole('dialog').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
  });
}
