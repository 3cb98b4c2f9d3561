// Which model scores whom, and when somebody last spoke with an account: by keyboard where one would.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { accountNamed, launch, signedIn, startDemo } from './browser.mjs';

let demo;
let browser;
before(async () => {
  demo = await startDemo({ selfService: 200 });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

test('capabilities 26: the palette leads to the models, each with its accounts one click away', async t => {
  const page = await signedIn(t, browser, demo.base);
  await page.goto(`${demo.base}/accounts`);
  await page.getByRole('main').getByRole('link').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('Scorecards');
  await page.getByRole('option', { name: 'Scorecards' }).waitFor();
  await page.keyboard.press('Enter');
  const order = page.getByRole('table').first();
  const row = order.getByRole('row').filter({ has: page.getByRole('link', { name: 'mid-touch', exact: true }) });
  await row.getByText("coverage == 'mid'").waitFor();
  await row.getByRole('link', { name: 'mid-touch', exact: true }).press('Enter');
  await page.getByRole('heading', { name: 'The score by mid-touch' }).waitFor();
  assert.match(page.url(), /card=mid-touch/);
  const tree = page.getByRole('region', { name: 'What it is made of' });
  await tree.getByRole('row', { name: /^usage 40/ }).waitFor();
  await page.getByText('no champion').first().waitFor();
  const count = row.getByRole('link').nth(1);
  const shown = Number((await count.innerText()).replace(/\D/g, ''));
  assert.ok(shown > 0);
  await count.click();
  await page.getByRole('button', { name: 'Take away the filter: Scored by mid-touch' }).waitFor();
  await page.getByText(new RegExp(`^${shown} accounts?$`)).first().waitFor();
});

test('capabilities 26: the explanation of an account leads to the model that scores it', async t => {
  const page = await signedIn(t, browser, demo.base);
  const { id, scorecard } = await accountNamed(page, demo.base, 'TechCorp');
  await page.goto(`${demo.base}/accounts/${id}`);
  await page.getByRole('main').getByRole('link', { name: scorecard, exact: true }).click();
  await page.getByRole('heading', { name: `The score by ${scorecard}` }).waitFor();
});

test('capabilities 38: a touch is said with whom and why, stands first in the list, and can be taken back', async t => {
  const page = await signedIn(t, browser, demo.base);
  const { id } = await accountNamed(page, demo.base, 'TechCorp');
  await page.goto(`${demo.base}/accounts/${id}?tab=touches`);
  await page.getByRole('button', { name: 'Add a touch' }).click();
  const form = page.getByRole('dialog', { name: 'Add a touch' });
  await form.getByLabel('How').selectOption('Visit');
  await form.getByLabel('What was said').fill('They ask for a new sponsor');
  await form.getByLabel('What asked for it').fill('signal: value-at-risk');
  await form.getByRole('button', { name: 'Add', exact: true }).press('Enter');
  await form.waitFor({ state: 'detached' });
  const row = page.getByRole('region', { name: 'Touches' }).getByRole('row').filter({ hasText: 'They ask for a new sponsor' });
  await row.getByText('signal: value-at-risk').waitFor();
  await row.getByRole('rowheader', { name: 'Visit' }).waitFor();
  await row.getByRole('button', { name: /^Take back: Visit/ }).click();
  await row.waitFor({ state: 'detached' });
});
