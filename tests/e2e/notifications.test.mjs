// The page about how people are told: reached from one's name, saved, and accessible in every view.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertClean, CHECKED, onStage, signedIn } from './browser.mjs';

const stage = onStage({ selfService: 200 });

test('somebody says how they are told, and sends themselves a test that says why it failed', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/accounts`);
  await page.getByRole('button', { name: /^Signed in as/ }).click();
  await page.getByRole('menuitem', { name: 'Notifications' }).click();
  await page.getByRole('heading', { level: 1, name: 'Notifications' }).waitFor();
  const quiet = page.getByRole('checkbox', { name: /Hold mails and messages back/ });
  await quiet.check();
  await page.getByLabel('From', { exact: true }).fill('21:30');
  await page.getByLabel('At once from severity').selectOption('critical');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.reload();
  await quiet.waitFor();
  assert.equal(await page.getByLabel('From', { exact: true }).inputValue(), '21:30');
  assert.equal(await page.getByLabel('At once from severity').inputValue(), 'critical');

  await page.getByRole('checkbox', { name: 'Message in Slack' }).check();
  await page.getByLabel('Your member ID in Slack').fill('carla');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/capital letters and digits/).waitFor();

  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByRole('menuitem', { name: 'Mail', exact: true }).click();
  const row = page.getByRole('region', { name: 'Deliveries' }).getByRole('row').nth(1);
  await row.getByText(/mail\.smtp_host/).waitFor();
  await row.getByRole('button', { name: 'Try again' }).waitFor();
});

for (const view of CHECKED) {
  test(`notifications are accessible (${view})`, async t => {
    const page = await signedIn(t, stage.browser, stage.demo.base, view);
    await page.goto(`${stage.demo.base}/notifications`);
    await page.getByRole('checkbox', { name: 'In the app' }).waitFor();
    await page.getByRole('heading', { name: 'What was sent' }).waitFor();
    await assertClean(page);
  });
}
