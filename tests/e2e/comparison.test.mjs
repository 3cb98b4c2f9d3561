// Two versions of the program side by side over the past, and the questions that no model answers yet.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { waitFor } from '../http/harness.mjs';
import { axeFindings, onStage, signedIn } from './browser.mjs';

const stage = onStage({ selfService: 200 });

const RUN_MS = 200_000;
const table = (page, title) => page.getByRole('region', { name: `Table: ${title}` }).first();

// First: the draft stays in the browser that made it, and changes no version.
test('capabilities 34: a question that no model answers is one click from a draft that answers it', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/segments`);
  const questions = table(page, 'How well are accounts known?');
  const row = name => questions.getByRole('row', { name: new RegExp(`^${name}`) });
  await row('Who are they\\?').getByText('size').waitFor();
  await row('How satisfied are they\\?').getByText('mood').waitFor();
  await row('What market are they in\\?').getByText('trait.market_growth').waitFor();
  await page.getByRole('button', { name: 'Draft one that answers “What market are they in?”' }).click();
  await page.getByRole('region', { name: 'What it does to the book' }).getByText('growing-market').first().waitFor({ timeout: RUN_MS });
  assert.match(page.url(), /file=questions%2Fmarket\.yaml|file=questions\/market\.yaml/);
  await page.getByText(/^No mistakes: /).waitFor();

  // The draft over the past: it changes no score.
  await page.getByRole('button', { name: 'Compare over the last 90 days' }).click();
  await page.getByText(/^0 of \d+ accounts have another score or colour on some day/).waitFor({ timeout: RUN_MS });
  await page.getByText(/^Version 1 and a draft/).first().waitFor();
  await page.getByRole('button', { name: 'After: Draft', exact: true }).waitFor();
});

test('capabilities 24: from the versions to both side by side, day by day, and to the accounts that differ most', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const read = async path => (await page.request.get(`${stage.demo.base}/api/v1${path}`)).json();
  const { version, files } = await read('/program');
  const harder = files.map(file => ({ ...file, text: file.text.replace('cap: 49, because: no champion', 'cap: 20, because: no champion') }));
  assert.notDeepEqual(harder, files);
  const applied = await page.request.post(`${stage.demo.base}/api/v1/program/apply`, {
    data: { files: harder, base_version: version }, headers: { origin: stage.demo.base },
  });
  assert.equal(applied.status(), 200, await applied.text());
  await waitFor(async () => (await read('/program')).version === version + 1, { timeoutMs: RUN_MS });

  await page.goto(`${stage.demo.base}/program?panel=versions`);
  await page.getByRole('link', { name: `Compare version ${version + 1} with the one before it, over the past` }).click();
  await page.getByRole('button', { name: `Before: Version ${version}` }).waitFor();
  await page.getByRole('button', { name: /^Over the last/ }).click();
  await page.getByRole('menuitemradio', { name: '30 days' }).click();
  await page.getByRole('button', { name: /^Whose accounts/ }).click();
  await page.getByRole('menuitemradio', { name: 'Segment core' }).click();
  await page.getByRole('button', { name: 'Compare', exact: true }).click();

  await page.getByText(/^[1-9]\d* of \d+ accounts have another score or colour/).waitFor({ timeout: RUN_MS });
  const ends = await table(page, 'On ').getByRole('row').allInnerTexts();
  assert.equal(ends.length, 6, 'a head, four colours, the mean');
  await page.getByText('As a table').click();
  assert.equal(await table(page, 'How did it come about?').getByRole('row').count(), 32);
  assert.deepEqual(await axeFindings(page), []);

  await page.reload(); // what came of it is kept
  const furthest = table(page, 'Which accounts differ most?');
  await furthest.getByRole('row').nth(1).getByRole('link').nth(1).click(); // its farthest day
  await page.waitForURL(/\/accounts\/acct_[^?]*\?since=\d{4}-\d\d-\d\d/);
});
