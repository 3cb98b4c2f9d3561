// The pages of API keys, of write keys and of where somebody is signed in: made, tried, revoked, ended.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADMIN, basic, startCairn, waitFor } from '../http/harness.mjs';
import { assertClean, axeFindings, CHECKED, launch, openPage } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const csm = { email: 'csm@example.com', name: 'Cem', role: 'csm', password: 'correct horse battery' };

async function signIn(page, base, { email, password } = ADMIN) {
  const answer = await page.request.post(`${base}/api/v1/session`, { data: { email, password }, headers: { origin: base } });
  assert.equal(answer.status(), 200);
}

test('a key is made with the keyboard, shown once, tried, and revoked', async t => {
  const cairn = await startCairn(t, { users: [csm] });
  const page = await openPage(t, browser, cairn.base);
  await signIn(page, cairn.base);
  const status = secret => fetch(`${cairn.base}/api/v1/session`, { headers: { authorization: `Bearer ${secret}` } }).then(res => res.status);
  await page.goto(`${cairn.base}/users`);
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'API keys' }).click();
  await page.getByText('No API keys yet', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Make the first key' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What it is for').waitFor();
  await page.keyboard.type('Nightly report');
  assert.deepEqual(await axeFindings(page, true), []);
  await page.keyboard.press('Enter');
  await dialog.getByText(/only time that the key is shown/).waitFor();
  assert.deepEqual(await axeFindings(page, true), []);
  const [secret, line] = await dialog.locator('pre').allInnerTexts();
  assert.match(secret, /^ck_/);
  assert.equal(line, `curl '${cairn.base}/api/v1/accounts?limit=5' -H 'Authorization: Bearer ${secret}'`);
  assert.equal(await dialog.getByRole('button', { name: /^Copy/ }).count(), 2);
  assert.equal(await status(secret), 200);
  await dialog.getByRole('button', { name: 'I have kept it' }).click();
  await dialog.waitFor({ state: 'detached' });

  const row = page.getByRole('row', { name: /^Nightly report/ });
  await row.waitFor();
  await page.reload();
  await row.getByText('read', { exact: true }).waitFor();
  assert.equal(await row.getByText('never', { exact: true }).count(), 0, 'it was used, and it ends');
  assert.ok(!(await page.content()).includes(secret));

  await t.test('who is no admin has theirs alone, by their menu', async t => {
    const other = await openPage(t, browser, cairn.base);
    await signIn(other, cairn.base, csm);
    await other.goto(`${cairn.base}/accounts`);
    assert.equal(await other.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'API keys' }).count(), 0);
    await other.getByRole('button', { name: 'Signed in as Cem' }).click();
    await other.getByRole('menuitem', { name: 'API keys' }).click();
    await other.getByText('No API keys yet', { exact: true }).waitFor();
  });

  for (const view of CHECKED) {
    await t.test(`keys and sessions are accessible (${view})`, async t => {
      const seen = await openPage(t, browser, cairn.base, view);
      await signIn(seen, cairn.base);
      await seen.goto(`${cairn.base}/api-keys`);
      await seen.getByRole('row', { name: /^Nightly report/ }).waitFor();
      await assertClean(seen);
      await seen.goto(`${cairn.base}/sessions`);
      await seen.getByRole('row').nth(1).waitFor();
      await assertClean(seen);
    });
  }

  await t.test('what fails is said, and can be tried again', async t => {
    const seen = await openPage(t, browser, cairn.base);
    await signIn(seen, cairn.base);
    await seen.route('**/api/v1/api-keys*', route => route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"unavailable","detail":"the database is away"}' }));
    await seen.goto(`${cairn.base}/api-keys`);
    await seen.getByRole('alert').getByText(/the database is away/i).waitFor({ timeout: 20_000 });
    await seen.unroute('**/api/v1/api-keys*');
    await seen.getByRole('button', { name: 'Try again' }).click();
    await seen.getByRole('row', { name: /^Nightly report/ }).waitFor();
  });

  await page.getByRole('button', { name: 'Revoke Nightly report' }).click();
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await status(secret), 200);
  await page.getByRole('button', { name: 'Revoke Nightly report' }).click();
  await dialog.getByRole('button', { name: 'Revoke it' }).click();
  await page.getByText('No API keys yet', { exact: true }).waitFor();
  assert.equal(await status(secret), 401);
});

test('somebody ends where they are signed in, and an admin where another is', async t => {
  const cairn = await startCairn(t, { users: [csm] });
  const [here, there, admin] = [
    await openPage(t, browser, cairn.base), await openPage(t, browser, cairn.base), await openPage(t, browser, cairn.base),
  ];
  await signIn(here, cairn.base, csm);
  await signIn(there, cairn.base, csm);
  await there.goto(`${cairn.base}/accounts`);
  await there.getByText('No accounts yet', { exact: true }).waitFor();
  await here.goto(`${cairn.base}/accounts`);
  await here.getByRole('button', { name: 'Signed in as Cem' }).click();
  await here.getByRole('menuitem', { name: 'Where you are signed in' }).click();
  const rows = here.getByRole('table').getByRole('row');
  await here.getByText('here', { exact: true }).waitFor();
  assert.equal(await rows.count(), 3);
  await here.getByText(/^Chrome on /).first().waitFor();
  await here.getByRole('button', { name: /^End the session of/ }).click();
  await here.getByText('You are signed in nowhere else.').waitFor();
  assert.equal((await there.request.get(`${cairn.base}/api/v1/session`)).status(), 401);
  await there.getByText(/^Your session has ended/).first().waitFor({ timeout: 20_000 });

  await signIn(admin, cairn.base);
  await admin.goto(`${cairn.base}/users`);
  await admin.getByRole('button', { name: 'Change Cem' }).click();
  const theirs = admin.getByRole('region', { name: 'Signed in' });
  await theirs.getByRole('button', { name: /^End the session of/ }).click();
  await theirs.getByText('They are signed in nowhere.').waitFor();
  assert.deepEqual(await axeFindings(admin, true), []);
  assert.equal((await here.request.get(`${cairn.base}/api/v1/session`)).status(), 401);
});

test('a write key that leaked is revoked on the page of sources, which asks first', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const [shop] = [await admin.createSource('Shop'), await admin.createSource('Help desk')];
  const send = async () => (await cairn.call('POST', '/v1/track', {
    body: { type: 'track', event: 'Signed In', userId: 'u1' }, headers: { authorization: basic(shop.write_key) },
  })).status;
  const page = await openPage(t, browser, cairn.base);
  await signIn(page, cairn.base);
  await page.goto(`${cairn.base}/sources`);
  const button = page.getByRole('button', { name: 'Revoke Shop' });
  await button.click();
  assert.deepEqual(await axeFindings(page, true), []);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await send(), 200, 'it was kept');

  await button.click();
  await page.getByRole('button', { name: 'Revoke it' }).click();
  await page.getByText('“Shop” is revoked.').waitFor();
  await button.waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Rejected by Help desk' }).waitFor();
  await waitFor(async () => await send() === 401, { what: 'the key to be refused' });
});
