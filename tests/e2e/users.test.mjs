// The page of those who work with Cairn: an admin adds somebody, changes them and disables them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADMIN, startCairn } from '../http/harness.mjs';
import { assertClean, axeFindings, CHECKED, launch, openPage } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const status = (page, base, email, password) =>
  page.request
    .post(`${base}/api/v1/session`, { data: { email, password }, headers: { origin: base } })
    .then(answer => answer.status());

test('an admin adds somebody who signs in at once, changes them, disables them, and cannot leave nobody to do so', async t => {
  const cairn = await startCairn(t);
  const page = await openPage(t, browser, cairn.base);
  const other = await openPage(t, browser, cairn.base); // with cookies of its own
  assert.equal(await status(page, cairn.base, ADMIN.email, ADMIN.password), 200);
  await page.goto(`${cairn.base}/sources`);
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Users' }).click();
  await page.getByText(/^Nobody else works here yet/).waitFor();

  await page.getByRole('button', { name: 'Add somebody' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name', { exact: true }).fill('Lea');
  await form.getByLabel('Role').selectOption('Leader');
  await form.getByLabel('Sees').selectOption('Accounts of the team');
  await form.getByLabel('Team', { exact: true }).fill('North');
  await form.getByLabel('First password', { exact: true }).fill('a long first one');
  await form.getByLabel('E-mail address').fill(ADMIN.email);
  assert.deepEqual(await axeFindings(page, true), []);
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await form.getByText(/there is a user of that address already/i).waitFor();
  await form.getByLabel('E-mail address').fill('lea@example.com');
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await form.waitFor({ state: 'detached' });
  const row = page.getByRole('row', { name: /^Lea/ });
  await row.waitFor();
  assert.deepEqual((await row.getByRole('cell').allInnerTexts()).slice(0, 4), ['lea@example.com', 'Leader', 'Accounts of the team', 'North']);
  assert.equal(await status(other, cairn.base, 'lea@example.com', 'a long first one'), 200);

  await t.test('who is no admin has no such page among theirs, and changes nobody', async () => {
    await other.goto(`${cairn.base}/users`);
    await other.getByRole('row', { name: /^Lea/ }).waitFor();
    assert.equal(await other.getByRole('button', { name: /^(Add|Change)/ }).count(), 0);
    assert.equal(await other.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Users' }).count(), 0);
  });

  await t.test('what somebody sees is cut to what the role allows, and without a team to their own accounts', async () => {
    const origin = { origin: cairn.base };
    for (const [name, team, sees] of [['Max', 'North', 'Accounts of the team'], ['Ida', undefined, 'Their own accounts']]) {
      const data = { name, email: `${name}@example.com`, role: 'csm', scope: 'all', password: 'a long first one', ...(team && { team }) };
      assert.equal((await page.request.post(`${cairn.base}/api/v1/users`, { data, headers: origin })).status(), 201);
      await page.reload();
      const cells = page.getByRole('row', { name: new RegExp(`^${name}`) }).getByRole('cell');
      await cells.first().waitFor();
      assert.deepEqual((await cells.allInnerTexts()).slice(1, 3), ['CSM', sees]);
    }
  });

  await row.getByRole('button', { name: 'Change Lea' }).click();
  await form.getByLabel('Role').selectOption('Ops');
  await form.getByLabel('Team', { exact: true }).fill('');
  await form.getByLabel('New password', { exact: true }).fill('a long second one');
  await form.getByRole('button', { name: 'Save' }).click();
  await row.getByText('Ops', { exact: true }).waitFor();
  await row.getByText('none', { exact: true }).waitFor();
  assert.equal(await status(other, cairn.base, 'lea@example.com', 'a long first one'), 401);
  assert.equal(await status(other, cairn.base, 'lea@example.com', 'a long second one'), 200);

  await row.getByRole('button', { name: 'Change Lea' }).click();
  await form.getByRole('checkbox', { name: 'Disabled' }).check();
  await form.getByRole('button', { name: 'Save' }).click();
  await row.getByText('disabled', { exact: true }).waitFor();
  assert.equal(await status(other, cairn.base, 'lea@example.com', 'a long second one'), 401);

  await page.getByRole('button', { name: `Change ${ADMIN.name}` }).click();
  await form.getByLabel('Role').selectOption('Viewer');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText(/the last admin stays one/i).waitFor();
  await form.getByRole('button', { name: 'Close' }).click();

  for (const view of CHECKED) {
    await t.test(`users are accessible (${view})`, async t => {
      const seen = await openPage(t, browser, cairn.base, view);
      assert.equal(await status(seen, cairn.base, ADMIN.email, ADMIN.password), 200);
      await seen.goto(`${cairn.base}/users`);
      await seen.getByRole('row', { name: /^Lea/ }).waitFor();
      await assertClean(seen);
    });
  }
});
