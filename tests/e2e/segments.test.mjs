// The page of segments, step by step: what became of an overlap's accounts, and the overlap as a segment of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { waitFor } from '../http/harness.mjs';
import { axeFindings, onStage, signedIn } from './browser.mjs';

const stage = onStage({ selfService: 200 });

// A version waits for its turn while the demo's customers stream in.
const PATIENT = { timeout: 150_000 };

const fates = page => page.getByRole('region', { name: 'Table: What becomes of those in several?' });

test('capabilities 35: of an overlap, each number leads to its accounts, beside those in one segment alone', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const read = async path => (await page.request.get(`${stage.demo.base}/api/v1${path}`)).json();
  const total = async query => (await read(`/accounts?limit=1&${query}`)).total;
  // Accounts of these sizes are there from the start; only the self-service ones stream in.
  await page.goto(`${stage.demo.base}/segments?compare=core,growing,strategic&pick=core,growing`);
  const lists = {
    'core growing': 'segment=core,growing',
    'only core': 'segment=core&without=growing',
    'only growing': 'segment=growing&without=core',
  };
  // Customers still stream in: page and list are compared until they tell of the same moment.
  for (const [name, list] of Object.entries(lists)) {
    const row = fates(page).getByRole('row', { name: new RegExp(`^${name}`) });
    await row.waitFor();
    const cell = column => row.getByRole('cell').nth(column);
    const shown = async column => Number((await cell(column).innerText()).split('\n')[0].replace(/\D/g, ''));
    for (const [column, more] of [[0, ''], [3, '&at_risk=true'], [4, '&left_within_days=365'], [5, '&renewed_within_days=365']]) {
      await waitFor(async () => (await shown(column)) === (await total(list + more)), { what: `${name}: ${list}${more}`, timeoutMs: 60_000 });
    }
  }
  const both = fates(page).getByRole('row', { name: /^core growing/ });
  assert.ok((await total(lists['core growing'])) > 10);
  assert.ok((await total(`${lists['core growing']}&renewed_within_days=365`)) > 10);
  await page.getByText(/^Of \d+ accounts in all of them (< )?\d+ % are at risk; of \d+ in one alone, (< )?\d+ %\.$/).waitFor();

  await both.getByRole('cell').nth(5).getByRole('link').click();
  await page.getByRole('button', { name: /Take away the filter: Renewed within 365 days/ }).waitFor();
  await page.getByRole('button', { name: /Take away the filter: In core, growing/ }).waitFor();
  await page.getByRole('grid', { name: 'Accounts' }).getByRole('link').first().waitFor();
  await page.goBack();

  // Another choice is kept in the address.
  await page.getByRole('button', { name: 'Of: 2 segments' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'strategic' }).click();
  await fates(page).getByRole('row', { name: /^several, not all/ }).waitFor();
  assert.match(page.url(), /pick=[^&]*strategic/);
});

test('capabilities 35: an overlap becomes a segment by the draft of the program: looked at, then applied', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const read = async path => (await page.request.get(`${stage.demo.base}/api/v1${path}`)).json();
  const members = async query => (await read(`/accounts?limit=200&sort=name&${query}`)).data.map(one => one.name);
  const { version: first } = await read('/program');
  await page.goto(`${stage.demo.base}/segments?compare=core,growing&pick=core,growing`);
  await fates(page).getByRole('button', { name: 'Save as a segment: core, growing' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save as a segment' });
  await dialog.getByText('segment.has("core") && segment.has("growing")').waitFor();
  assert.deepEqual(await axeFindings(page, true), []);
  const name = dialog.getByLabel('Name');
  assert.equal(await name.inputValue(), 'core-and-growing');
  const go = dialog.getByRole('button', { name: 'Add to the draft' });
  await name.fill('quiet');
  await dialog.getByText(/not the name of another segment/).waitFor();
  assert.equal(await go.isDisabled(), true);
  await name.fill('half-seated');
  await go.click();

  // The cursor is at the new rule, and the text is scrolled to it.
  await page.waitForFunction(() => !/[?&]line=/.test(location.search));
  const text = page.getByRole('textbox', { name: /^Text of / });
  const rule = text.getByText('half-seated:');
  await rule.waitFor();
  const [box, frame] = [await rule.boundingBox(), await page.getByRole('main').boundingBox()];
  assert.ok(box.y > frame.y && box.y + box.height < frame.y + frame.height, JSON.stringify({ box, frame }));
  const isSeen = await rule.evaluate(line => {
    const { left, top, height } = line.getBoundingClientRect();
    return line.contains(line.getRootNode().elementFromPoint(left + 20, top + height / 2));
  });
  assert.ok(isSeen, 'the new rule is not covered or scrolled away');

  // Nothing is different before somebody applies it.
  await page.getByText('Draft: 1 file changed').waitFor();
  const effects = page.getByRole('region', { name: 'What it does to the book' });
  const enter = effects.getByText(/^\d+ accounts of .* enter segment half-seated$/);
  await enter.waitFor(PATIENT);
  assert.equal((await read('/program')).version, first);
  assert.equal((await members('segment=half-seated')).length, 0);

  await page.getByRole('button', { name: 'Apply…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click();
  await waitFor(async () => (await read('/program')).version === first + 1, { what: 'the next version', timeoutMs: PATIENT.timeout });
  await waitFor(
    async () => {
      const [own, both] = [await members('segment=half-seated'), await members('segment=core,growing')];
      return own.length > 10 && JSON.stringify(own) === JSON.stringify(both);
    },
    { what: 'the accounts of both', timeoutMs: 30_000 },
  );
  await page.goto(`${stage.demo.base}/segments/half-seated`);
  await page.getByText('segment.has("core") && segment.has("growing")').waitFor();

  // An exact combination says what its accounts are not in.
  await page.goto(`${stage.demo.base}/segments?compare=core,growing,quiet`);
  await page.getByRole('button', { name: 'Save as a segment: core, growing, not quiet' }).click();
  await page.getByText('segment.has("core") && segment.has("growing") && !segment.has("quiet")').waitFor();
});
