// A scorecard that calls its scores by grades: where a person meets them.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { waitFor } from '../http/harness.mjs';
import { accountNamed, assertClean, onStage, signedIn } from './browser.mjs';

const GRADES = [['A', 85], ['B', 70], ['C', 50], ['D', 30], ['F', 0]];
const stage = onStage({ selfService: 200 });

// Every scorecard of the demo calls its scores so.
async function useGrades(page) {
  const now = await (await page.request.get(`${stage.demo.base}/api/v1/program`)).json();
  const scheme = `grades: {${GRADES.map(([name, from]) => `${name}: ${from}`).join(', ')}}\n`;
  const files = now.files.map(({ name, text }) => ({ name, text: /^scorecard:/m.test(text) && !text.includes(scheme) ? `${text.trimEnd()}\n${scheme}` : text }));
  const answer = await page.request.post(`${stage.demo.base}/api/v1/program/apply`, {
    data: { files, note: 'grades', base_version: now.version }, headers: { origin: stage.demo.base },
  });
  assert.equal(answer.status(), 200, await answer.text());
  return waitFor(async () => {
    const account = await accountNamed(page, stage.demo.base, 'TechCorp');
    return account.score?.grade && account;
  }, { what: 'a grade', timeoutMs: 60_000 });
}

const gradeOf = whole => GRADES.find(([, from]) => whole >= from)[0];

test('capabilities 17: grades stand in the table, on the account and on its scorecard, each a click from the accounts that have it', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const heading = page.getByRole('columnheader', { name: /^Grade/ });
  await page.goto(`${stage.demo.base}/accounts?q=techcorp`);
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'TechCorp', exact: true }) });
  await row.waitFor();
  assert.equal(await heading.count(), 0, 'a column of nothing');

  const account = await useGrades(page);
  const { grade, whole } = account.score;
  assert.equal(grade, gradeOf(whole));
  await page.reload();
  await heading.waitFor();
  await row.getByText(grade, { exact: true }).waitFor();
  await assertClean(page);

  await row.getByRole('link', { name: 'TechCorp', exact: true }).click();
  const stands = page.getByRole('main');
  await stands.getByRole('group', { name: 'Health' }).getByText(`Grade ${grade}`).waitFor();
  await stands.getByText(new RegExp(`, grade ${grade}\\b`)).first().waitFor();
  await assertClean(page);

  await stands.getByRole('link', { name: account.scorecard, exact: true }).click();
  const [, from] = GRADES.find(([name]) => name === grade);
  await page.getByRole('link', { name: `${grade} from ${from}` }).click();
  await page.getByRole('button', { name: `Take away the filter: Grade ${grade}` }).waitFor();
  await page.getByRole('button', { name: `Take away the filter: Scored by ${account.scorecard}` }).waitFor();
  await row.waitFor();
});

test('capabilities 17: a grade stands beside the score in the palette and on a phone', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base, 'phone');
  const { score } = await useGrades(page);
  await page.goto(`${stage.demo.base}/accounts?q=techcorp`);
  const card = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'TechCorp', exact: true }) });
  await card.getByText(score.grade, { exact: true }).waitFor();
  await assertClean(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('TechCorp');
  await page.getByRole('option', { name: /^TechCorp/ }).getByText(score.grade, { exact: true }).waitFor();
});
