// The whole app as of a past day: by keyboard and on a phone, kept in the address, unmistakable, and without
// anything that writes.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accountNamed, assertClean, axeFindings, CHECKED, goByKeys, onStage, signedIn } from './browser.mjs';

const stage = onStage({ selfService: 200 });
const DAY = 86_400_000;
const daysAgo = days => new Date(Date.now() - days * DAY).toISOString().slice(0, 10);
const shown = day => new Intl.DateTimeFormat('en-US', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(day));
const banner = page => page.getByRole('region', { name: 'A past day is shown' });

async function ask(page, path) {
  const answer = await page.request.get(`${stage.demo.base}/api/v1/${path}`);
  assert.equal(answer.status(), 200, await answer.text());
  return answer.json();
}

test('capabilities 12: a CSM turns the app to a past day and walks about in it', async t => {
  const { base } = stage.demo;
  const page = await signedIn(t, stage.browser, base);
  const day = daysAgo(40);
  const known = await ask(page, `accounts?limit=1&as_of=${day}`);
  const now = await ask(page, 'accounts?limit=1');
  assert.ok(known.total > 20 && known.total < now.total, `${known.total} then, ${now.total} now`);
  await page.goto(`${base}/accounts`);
  await page.getByRole('link', { name: 'CSV' }).waitFor();
  await page.getByRole('columnheader', { name: 'Last activity' }).waitFor();

  await page.keyboard.press('d');
  const dialog = page.getByRole('dialog', { name: 'Go to a past day' });
  await dialog.getByLabel('Day', { exact: true }).fill(day);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await banner(page).getByText(`You see ${shown(day)},`).waitFor();
  assert.match(page.url(), new RegExp(`as_of=${day}`));
  await page.getByText(`${known.total} accounts`, { exact: true }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'CSV' }).count(), 0);
  assert.equal(await page.getByRole('columnheader', { name: 'Last activity' }).count(), 0);

  // What stands in the row is what the server says of then.
  const { id } = await accountNamed(page, base, 'TechCorp');
  const then = await ask(page, `accounts/${id}?as_of=${day}`);
  await page.getByRole('searchbox').fill('TechCorp');
  await page.getByText('1 account', { exact: true }).waitFor();
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'TechCorp', exact: true }) });
  await row.getByText(`${then.score.whole}`, { exact: true }).first().waitFor();
  await row.getByRole('link', { name: 'TechCorp', exact: true }).click();
  await page.getByRole('heading', { name: 'Why was the score what it was?' }).waitFor();
  assert.match(page.url(), new RegExp(`accounts/${id}\\?.*as_of=${day}`));
  await banner(page).waitFor();
  await page.getByRole('region', { name: 'Why was the score what it was?' }).getByRole('row').nth(1).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Mark as left' }).count(), 0);
  await page.getByText('are shown as of now only').waitFor();

  // The day before, from the keyboard; then the portfolio, which keeps it.
  await banner(page).getByRole('button', { name: 'Day before' }).press('Enter');
  await banner(page).getByText(`You see ${shown(daysAgo(41))},`).waitFor();
  const { all } = await ask(page, `portfolio?as_of=${daysAgo(41)}`);
  await goByKeys(page, 'p', page.getByRole('link', { name: `Accounts: ${all.accounts}` }));
  await page.getByRole('region', { name: 'Whose score moved most?' }).waitFor();
  assert.match(page.url(), new RegExp(`portfolio\\?.*as_of=${daysAgo(41)}`));
  await page.getByRole('link', { name: `Accounts: ${all.accounts}` }).click();
  await page.getByText(`${all.accounts} accounts`, { exact: true }).waitFor();

  // Who changed colour are today's accounts, and so is the list behind each number.
  await page.goBack();
  const moved = page.getByRole('region', { name: 'Colours then and now' }).getByRole('link');
  const figures = (await moved.allInnerTexts()).map(text => Number(text.replaceAll(',', '')));
  const most = Math.max(...figures);
  assert.ok(most > all.accounts, `${figures} of ${all.accounts}`);
  await moved.nth(figures.indexOf(most)).click();
  await page.getByText(`${most} accounts`, { exact: true }).waitFor();
  assert.equal(await banner(page).count(), 0);
  await page.goBack();
  await banner(page).waitFor();

  // What cannot go back says so, and offers now.
  await goByKeys(page, 'i', page.getByText('This page is shown as of now only'));
  await page.getByRole('button', { name: 'See it now' }).click();
  await page.getByRole('list', { name: 'Signals' }).waitFor();
  assert.equal(await banner(page).count(), 0);
  assert.doesNotMatch(page.url(), /as_of/);
});

test('an address with a past day shows it; what it says wrongly is told or dropped', async t => {
  const { base } = stage.demo;
  const page = await signedIn(t, stage.browser, base);
  const { id } = await accountNamed(page, base, 'TechCorp');
  await page.goto(`${base}/accounts/${id}?as_of=${daysAgo(30)}`);
  await banner(page).getByText(`You see ${shown(daysAgo(30))},`).waitFor();
  await page.getByRole('heading', { name: 'TechCorp', level: 1 }).waitFor();
  await banner(page).getByRole('button', { name: 'Back to now' }).click();
  await page.getByRole('tab', { name: 'Contracts' }).waitFor();
  await page.getByRole('button', { name: 'Mark as left' }).waitFor();
  assert.equal(new URL(page.url()).search, '');

  await page.goto(`${base}/accounts?as_of=2001-01-01`);
  await page.getByText(/nothing was known yet; the first account was told on/).waitFor();
  await page.goto(`${base}/accounts?as_of=yesterday`);
  await page.getByRole('link', { name: 'TechCorp', exact: true }).or(page.getByRole('main').getByRole('link')).first().waitFor();
  assert.equal(await banner(page).count(), 0);

  // Who came later was not known then.
  const { data } = await ask(page, 'accounts?limit=1&sort=-created_at');
  await page.goto(`${base}/accounts/${data[0].id}?as_of=${daysAgo(60)}`);
  await page.getByText('This account was not known then').waitFor();
  await page.getByRole('button', { name: 'See this account now' }).click();
  await page.getByRole('heading', { name: data[0].name, level: 1 }).waitFor();
});

for (const view of CHECKED) {
  test(`a past day is accessible (${view})`, async t => {
    const { base } = stage.demo;
    const page = await signedIn(t, stage.browser, base, view);
    const { id } = await accountNamed(page, base, 'TechCorp');
    const day = daysAgo(30);
    await page.goto(`${base}/accounts`);
    await page.getByRole('main').getByRole('link').first().waitFor();
    if (view === 'phone') {
      await page.getByRole('button', { name: 'More' }).click();
      await page.getByRole('menuitem', { name: 'Go to a past day' }).click();
    } else {
      await page.getByRole('button', { name: 'Go to a past day' }).click();
    }
    const dialog = page.getByRole('dialog', { name: 'Go to a past day' });
    await dialog.getByLabel('Day', { exact: true }).fill(daysAgo(-2));
    await dialog.getByText('Choose a day that is over.').waitFor();
    assert.deepEqual(await axeFindings(page, true), []);
    await dialog.getByLabel('Day', { exact: true }).fill(day);
    await dialog.getByRole('button', { name: 'Show that day' }).click();
    await banner(page).waitFor();
    // Until the accounts of then are there, those of now stay, faded.
    const { total } = await ask(page, `accounts?limit=1&as_of=${day}`);
    await page.getByText(`${total} accounts`, { exact: true }).waitFor();
    await page.getByRole('main').locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
    await assertClean(page);
    await page.goto(`${base}/portfolio?as_of=${day}`);
    await page.getByRole('region', { name: 'Whose score moved most?' }).waitFor();
    await assertClean(page);
    await page.goto(`${base}/accounts/${id}?as_of=${day}`);
    await page.getByRole('region', { name: 'Why was the score what it was?' }).getByRole('row').nth(1).waitFor();
    await assertClean(page);
    await page.goto(`${base}/signals?as_of=${day}`);
    await page.getByText('This page is shown as of now only').waitFor();
    await assertClean(page);
  });
}
