// "Would it have told us?" as a sceptic uses it: run, look, doubt, mark who else left.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accountNamed, axeFindings, onStage, openPage, signedIn } from './browser.mjs';

const stage = onStage({ selfService: 200 });

const RUN_MS = 240_000;
const table = (page, title) => page.getByRole('region', { name: `Table: ${title}` }).first();

// One run, early: it takes the longer, the more customers have streamed in.
test('from the portfolio to an answer; figures stand with intervals, two versions side by side', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/portfolio`);
  await page.getByRole('link', { name: 'Would it have told us?' }).click();
  await page.getByText(/^26 accounts are marked as left\. Run the test/).waitFor({ timeout: RUN_MS });
  await page.getByRole('button', { name: /^Beside it/ }).click();
  await page.getByRole('menuitemradio', { name: 'Version 1, active' }).click();
  await page.getByRole('button', { name: 'Run the test' }).click();

  await page.getByRole('heading', { name: 'In short' }).waitFor({ timeout: RUN_MS });
  await page.getByText(/on versions 1 and 1/).waitFor();
  await page.getByText(/^\d+ of 26 accounts that left were not green 90 days before/).first().waitFor();
  await page.getByText(/^(It would have told|No effect shown)/).first().waitFor();
  const parts = page.getByRole('region', { name: 'Which measure told?', exact: true });
  assert.equal(await parts.getByRole('table').count(), 2);
  const horizons = await table(page, 'Did those that left score lower?').getByRole('row').allInnerTexts();
  assert.deepEqual(horizons.slice(1).map(row => row.split(/\s/)[0]), ['180', '90', '30']);
  assert.match(horizons[3], /0\.\d\d \(0\.\d\d to [01]\.\d\d\)/);
  assert.ok((await table(page, 'Which measure told?').getByRole('row').count()) > 3);
  assert.equal(await table(page, 'Score of each account that left').getByRole('row').count(), 27);

  await page.reload(); // what came of it is kept
  await page.getByRole('heading', { name: 'In short' }).waitFor();
  await table(page, 'Score of each account that left').getByRole('link').first().click();
  await page.getByRole('button', { name: /^Take back that / }).waitFor();
});

test('a file names its wrong lines and marks nobody; a right one marks, and is taken back', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/backtest`);
  const upload = text =>
    page.getByLabel('Upload a CSV file').setInputFiles({ name: 'left.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByText('26 accounts are marked as left.', { exact: true }).waitFor();
  await upload('account,day\nNobody at all,2026-03-31\n');
  await page.getByText(/^line 2: no account has "Nobody at all"/).waitFor();
  await upload('techcorp,2026-09-15,a drill\n');
  await page.getByText('27 accounts are marked as left.', { exact: true }).waitFor();
  await page.getByText('Marked accounts').click();
  await page.getByRole('button', { name: 'Take back that TechCorp left' }).click();
  await page.getByText('26 accounts are marked as left.', { exact: true }).waitFor();
});

test('one account is marked on its own page', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts/${id}`);
  await page.getByRole('button', { name: 'Mark as left' }).click();
  await page.getByLabel('The day it left').fill('2026-09-15');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Sep 15, 2026').waitFor();
  await page.getByRole('button', { name: 'Take back that TechCorp left' }).click();
  await page.getByRole('button', { name: 'Mark as left' }).waitFor();
});

test('who may not see all accounts and is given the address of an answer is told who can, and sees no error', async t => {
  const { base } = stage.demo;
  const admin = await signedIn(t, stage.browser, base);
  const headers = { origin: base };
  const { data } = await (await admin.request.get(`${base}/api/v1/backtests`)).json();
  const login = { email: 'vera@cairn.example', password: 'a long first one' };
  const user = { ...login, name: 'Vera', role: 'viewer', scope: 'all' };
  assert.equal((await admin.request.post(`${base}/api/v1/users`, { data: user, headers })).status(), 201);
  const page = await openPage(t, stage.browser, base);
  assert.equal((await page.request.post(`${base}/api/v1/session`, { data: login, headers })).status(), 200);
  const told = { backtest: 'The back-test is for those who see all accounts', comparison: 'Comparisons are for those who see all accounts' };
  for (const [name, words] of Object.entries(told)) {
    const refused = page.waitForResponse(answer => answer.url().includes(`/${name}s/`) && answer.status() === 403);
    await page.goto(`${base}/${name}?run=${data[0].id}`);
    await refused;
    await page.getByText(words).waitFor();
    await page.getByText(/whose scope is all accounts run it and read it/).waitFor();
    assert.equal(await page.getByRole('alert').count(), 0, name);
    assert.deepEqual(await axeFindings(page), []);
  }
});
