// A scorecard that calls its scores by grades: where a person meets them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { waitFor } from '../http/harness.mjs';
import { accountNamed, axeFindings, launch, signedIn, startDemo } from './browser.mjs';

const GRADES = [['A', 85], ['B', 70], ['C', 50], ['D', 30], ['F', 0]];
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

// Every scorecard of the demo calls its scores so.
async function useGrades(page) {
  const now = await (await page.request.get(`${demo.base}/api/v1/program`)).json();
  const scheme = `grades: {${GRADES.map(([name, from]) => `${name}: ${from}`).join(', ')}}\n`;
  const files = now.files.map(({ name, text }) => ({ name, text: /^scorecard:/m.test(text) && !text.includes(scheme) ? `${text.trimEnd()}\n${scheme}` : text }));
  const answer = await page.request.post(`${demo.base}/api/v1/program/apply`, {
    data: { files, note: 'grades', base_version: now.version }, headers: { origin: demo.base },
  });
  assert.equal(answer.status(), 200, await answer.text());
  return waitFor(async () => {
    const account = await accountNamed(page, demo.base, 'TechCorp');
    return account.score?.grade && account;
  }, { what: 'a grade', timeoutMs: 60_000 });
}

const gradeOf = whole => GRADES.find(([, from]) => whole >= from)[0];

async function clean(page) {
  assert.deepEqual(await axeFindings(page), []);
  const wide = await page.getByRole('main').evaluate(one => one.scrollWidth > one.clientWidth);
  assert.equal(wide, false, 'the page is wider than the screen');
}

test('capabilities 17: grades stand in the table, on the account and on its scorecard, each a click from the accounts that have it', async t => {
  const page = await signedIn(t, browser, demo.base);
  const heading = page.getByRole('columnheader', { name: /^Grade/ });
  await page.goto(`${demo.base}/accounts?q=techcorp`);
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'TechCorp', exact: true }) });
  await row.waitFor();
  assert.equal(await heading.count(), 0, 'a column of nothing');

  const account = await useGrades(page);
  const { grade, whole } = account.score;
  assert.equal(grade, gradeOf(whole));
  await page.reload();
  await heading.waitFor();
  await row.getByText(grade, { exact: true }).waitFor();
  await clean(page);

  await row.getByRole('link', { name: 'TechCorp', exact: true }).click();
  const stands = page.getByRole('main');
  await stands.getByRole('group', { name: 'Health' }).getByText(`Grade ${grade}`).waitFor();
  await stands.getByText(new RegExp(`, grade ${grade}\\b`)).first().waitFor();
  await clean(page);

  await stands.getByRole('link', { name: account.scorecard, exact: true }).click();
  const [, from] = GRADES.find(([name]) => name === grade);
  await page.getByRole('link', { name: `${grade} from ${from}` }).click();
  await page.getByRole('button', { name: `Take away the filter: Grade ${grade}` }).waitFor();
  await page.getByRole('button', { name: `Take away the filter: Scored by ${account.scorecard}` }).waitFor();
  await row.waitFor();
});

test('capabilities 17: a grade stands beside the score in the palette and on a phone', async t => {
  const page = await signedIn(t, browser, demo.base, 'phone');
  const { score } = await useGrades(page);
  await page.goto(`${demo.base}/accounts?q=techcorp`);
  const card = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'TechCorp', exact: true }) });
  await card.getByText(score.grade, { exact: true }).waitFor();
  await clean(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('TechCorp');
  await page.getByRole('option', { name: /^TechCorp/ }).getByText(score.grade, { exact: true }).waitFor();
});
