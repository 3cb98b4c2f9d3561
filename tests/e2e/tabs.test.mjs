// What is done in one tab is seen in the others, by the stream.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accountNamed, onStage, signedIn } from './browser.mjs';

const stage = onStage({ selfService: 200 });

test('an owner that is chosen in one tab stands in the other, and the name that a program gives in both', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { base } = stage.demo;
  const account = await accountNamed(page, base, 'TechCorp');
  const second = await page.context().newPage();
  const owner = tab => tab.getByRole('button', { name: /^Owner: / });
  for (const tab of [page, second]) {
    await tab.goto(`${base}/accounts/${account.id}`);
    await owner(tab).waitFor();
  }
  await owner(page).click();
  await page.getByRole('menuitemradio', { name: 'Nora Lind' }).click();
  for (const tab of [page, second]) await tab.getByRole('button', { name: 'Owner: Nora Lind. Change' }).waitFor({ timeout: 5000 });
  const rename = async name => {
    const headers = { origin: base, 'if-match': '*', 'content-type': 'application/merge-patch+json' };
    const answer = await page.request.patch(`${base}/api/v1/accounts/${account.id}`, { data: JSON.stringify({ name }), headers });
    assert.equal(answer.status(), 200, await answer.text());
  };
  await rename('TechCorp Group');
  for (const tab of [page, second]) await tab.getByRole('heading', { level: 1, name: 'TechCorp Group' }).waitFor({ timeout: 5000 });
  await rename('TechCorp');
  await second.getByRole('heading', { level: 1, name: 'TechCorp', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await second.getByRole('button', { name: `Owner: ${account.owner.name}. Change` }).waitFor({ timeout: 5000 });
});
