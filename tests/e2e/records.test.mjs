// Where a list of records goes on, and where it ends, the page says so; and what of it becomes a file.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { ADMIN, startCairn, waitFor } from '../http/harness.mjs';
import { assertClean, axeFindings, launch, openPage } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function enter(page, base, { email, password }) {
  const answer = await page.request.post(`${base}/api/v1/session`, { data: { email, password }, headers: { origin: base } });
  assert.equal(answer.status(), 200, await answer.text());
}

test('events of an account go on to the oldest that is kept, and the page says that it is', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key } = await admin.createSource();
  const at = n => new Date(Date.now() - (200 - n) * 60_000).toISOString();
  await cairn.send(write_key, [
    { type: 'group', userId: 'u1', groupId: 'acme', traits: { name: 'Acme' }, timestamp: at(0) },
    ...Array.from({ length: 119 }, (_, i) => ({ type: 'track', userId: 'u1', event: `Step ${i + 1}`, timestamp: at(i + 1) })),
  ]);
  const account = await waitFor(async () => (await admin.get('/api/v1/accounts')).body.data[0]);
  await waitFor(async () => (await admin.get(`/api/v1/accounts/${account.id}/events?limit=200`)).body.data.length === 120);
  const page = await openPage(t, browser, cairn.base);
  await enter(page, cairn.base, ADMIN);
  await page.goto(`${cairn.base}/accounts/${account.id}`);
  await page.getByRole('tab', { name: /^Events/ }).click();
  const panel = page.getByRole('tabpanel');
  await panel.getByRole('rowheader', { name: 'Step 119', exact: false }).waitFor();
  await panel.getByText('The newest 50 are shown.').waitFor();
  const older = panel.getByRole('button', { name: 'Show older' });
  await older.focus();
  await page.keyboard.press('Enter');
  await panel.getByText('The newest 100 are shown.').waitFor();
  assert.equal(await older.evaluate(one => one === document.activeElement), true, 'one goes on by the same key');
  await page.keyboard.press('Enter');
  await panel.getByText('These are all 120 events that are kept: the last one is the oldest.').waitFor();
  assert.equal(await older.count(), 0);
  assert.equal(await panel.getByRole('rowheader').count(), 120);
  await assertClean(page);
});

test('amounts with and without cents line up: whole in the list of accounts, with all digits among contracts', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const amounts = { Whole: [4_500_000], Broken: [1_234_550, 100_000] };
  for (const [name, contracts] of Object.entries(amounts)) {
    const account = await admin.createAccount({ name, external_id: name });
    for (const [i, minor] of contracts.entries()) {
      const { status } = await admin.post(`/api/v1/accounts/${account.id}/contracts`, {
        name: `Part ${i}`, arr: { minor, currency: 'USD' }, starts_on: '2026-01-01', ends_on: '2099-01-01',
      });
      assert.equal(status, 201);
    }
  }
  const page = await openPage(t, browser, cairn.base);
  await enter(page, cairn.base, ADMIN);
  await page.goto(`${cairn.base}/accounts`);
  const amount = name => page.getByRole('row', { name: new RegExp(name) }).getByText('$');
  assert.equal(await amount('Whole').innerText(), '$45,000');
  assert.equal(await amount('Broken').innerText(), '$13,346');
  assert.equal(await amount('Broken').getAttribute('title'), '$13,345.50');

  await page.getByRole('link', { name: 'Broken' }).click();
  await page.getByRole('tab', { name: /^Contracts/ }).click();
  const cells = page.getByRole('tabpanel').getByRole('cell', { name: '$' });
  await cells.first().waitFor();
  assert.deepEqual((await cells.allInnerTexts()).sort(), ['$1,000.00', '$12,345.50']);
  const edges = await cells.evaluateAll(all => all.map(cell => {
    const range = document.createRange();
    range.setStart(cell.firstChild, cell.textContent.indexOf('.'));
    range.setEnd(cell.firstChild, cell.textContent.length);
    return Math.round(range.getBoundingClientRect().left);
  }));
  assert.equal(new Set(edges).size, 1, `points stand below one another: ${edges}`);
});

test('a file of more accounts than one may hold is refused in words, and made when the list is narrower', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_API_EXPORT_MAX_ROWS: '2' } });
  const admin = await cairn.login();
  for (const name of ['North', 'South', 'East']) await admin.createAccount({ name, external_id: name });
  const page = await openPage(t, browser, cairn.base);
  await enter(page, cairn.base, ADMIN);
  await page.goto(`${cairn.base}/accounts`);
  await page.getByRole('row', { name: /North/ }).waitFor();
  const file = page.getByRole('link', { name: 'CSV' });
  await file.click();
  const said = page.getByRole('alert');
  await said.getByText('No file was made').waitFor();
  await said.getByText('3 accounts match, and an export has at most 2 rows: filter them, or see api.export_max_rows').waitFor();
  assert.deepEqual(await axeFindings(page), []);

  await page.getByRole('searchbox', { name: 'Search accounts' }).fill('th');
  await page.getByText('2 accounts', { exact: true }).waitFor();
  const arrives = page.waitForEvent('download');
  await file.click();
  const arrived = await arrives;
  assert.equal(arrived.suggestedFilename(), 'accounts.csv');
  const text = await readFile(await arrived.path(), 'utf8');
  assert.match(text, /North/);
  assert.doesNotMatch(text, /East/);
});
