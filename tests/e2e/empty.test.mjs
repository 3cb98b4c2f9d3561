// A workspace before its first account: every page says what belongs there and what brings it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { ADMIN, startCairn, waitFor } from '../http/harness.mjs';
import { axeFindings, launch, openPage } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const PAGES = {
  portfolio: 'No accounts yet',
  accounts: 'No accounts yet',
  segments: 'No accounts yet',
  coverage: 'No accounts yet',
  scorecards: 'No accounts yet',
  signals: 'Nothing asks for you',
  backtest: 'No account is marked as left yet',
  comparison: 'Nothing was compared yet',
  sources: 'No sources yet',
  'api-keys': 'No API keys yet',
  sessions: 'You are signed in nowhere else.',
  notifications: 'Nothing yet. A signal that is raised for you is listed here.',
};

test('every page of an empty workspace teaches, in its own currency', async t => {
  const cairn = await startCairn(t, { init: ['--currency', 'EUR'] });
  const page = await openPage(t, browser, cairn.base);
  const { email, password } = ADMIN;
  const answer = await page.request.post(`${cairn.base}/api/v1/session`, { data: { email, password }, headers: { origin: cairn.base } });
  assert.equal(answer.status(), 200);
  for (const [path, text] of Object.entries(PAGES)) {
    await page.goto(`${cairn.base}/${path}`);
    await page.getByText(text, { exact: true }).waitFor();
    assert.equal(await page.getByRole('alert').count(), 0, path);
    assert.deepEqual(await axeFindings(page), [], path);
    assert.doesNotMatch(await page.getByRole('main').innerText(), /\$/, `${path} speaks of dollars`);
  }
  await page.goto(`${cairn.base}/coverage`);
  await page.getByRole('cell', { name: '€5K to €20K' }).waitFor();
  assert.equal(await page.getByText(/all have it/).count(), 0, 'of no account nothing is told');

  // The first account: too little is known for a score, and the page says what is missing.
  const made = await page.request.post(`${cairn.base}/api/v1/accounts`,
    { data: { name: 'First', arr: { minor: 5_000_000, currency: 'EUR' } }, headers: { origin: cairn.base } });
  const { id } = await made.json();
  const why = async () => (await (await page.request.get(`${cairn.base}/api/v1/accounts/${id}/health`)).json()).detail;
  await waitFor(async () => /mid-touch has no data for .*usage\/seats, .*feeling\/said/.test(await why()), { what: 'the scorecard' });
  await page.goto(`${cairn.base}/accounts/${id}`);
  const missing = page.getByText(/^Too little is known for a score: mid-touch has no data for .*usage\/seats/);
  await missing.waitFor();
  assert.deepEqual(await axeFindings(page), [], 'an account without a score');
});

test('a workspace without the demo asks for nothing that is not there', async t => {
  const cairn = await startCairn(t);
  const page = await openPage(t, browser, cairn.base);
  const { email, password } = ADMIN;
  await page.request.post(`${cairn.base}/api/v1/session`, { data: { email, password }, headers: { origin: cairn.base } });
  const refused = [];
  page.on('response', response => response.status() >= 400 && refused.push(response.url()));
  for (const path of ['portfolio', 'accounts', 'sources', 'signals']) {
    await page.goto(`${cairn.base}/${path}`, { waitUntil: 'load' });
    await page.getByText(PAGES[path], { exact: true }).waitFor();
  }
  assert.deepEqual(refused, []);
});
