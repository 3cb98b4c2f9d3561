// The program page, step by step: a first rule is written, checked, looked at, applied and taken back.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { waitFor } from '../http/harness.mjs';
import { axeFindings, goByKeys, onStage, signedIn } from './browser.mjs';

const stage = onStage({ selfService: 200 });

// A version waits for its turn while the demo's customers stream in.
const PATIENT = { timeout: 150_000 };

const text = page => page.getByRole('textbox', { name: /^Text of/ });
const tab = (page, name) => page.getByRole('tab', { name: new RegExp(`^${name}`) });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const active = (page, version) => page.getByRole('main').getByText(new RegExp(`^Version ${version} by .*, `)).first();

async function openProgram(t, view = 'light') {
  const page = await signedIn(t, stage.browser, stage.demo.base, view);
  await page.goto(`${stage.demo.base}/program`);
  await text(page).waitFor();
  return page;
}

async function newFile(page, name) {
  await button(page, 'New file').click();
  await page.getByLabel('Name of the file').fill(name);
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: `Text of ${name}` }).waitFor();
}

const activeVersion = async page => (await (await page.request.get(`${stage.demo.base}/api/v1/program`)).json()).version;

async function apply(page, files, note) {
  const now = await (await page.request.get(`${stage.demo.base}/api/v1/program`)).json();
  const { version } = await call(page, '/apply', { files: files(now.files), note, base_version: now.version });
  await waitFor(async () => (await activeVersion(page)) === version, { what: `version ${version}`, timeoutMs: PATIENT.timeout });
  return version;
}

const call = async (page, path, data) => {
  const answer = await page.request.post(`${stage.demo.base}/api/v1/program${path}`, { data, headers: { origin: stage.demo.base } });
  assert.equal(answer.status(), 200, await answer.text());
  return answer.json();
};

const SIGNAL = 'signals:\n  many-tickets:\n    when: arr > 5000 && open_tickets > 1\n    severity: high\n';
const EXCEPTION = '  - {when: arr > 5000 && open_tickets > 1, cap: 48, because: many tickets}\n';

test('003-3 a first rule is written, checked, looked at, applied and rolled back in at most twenty clicks or keys', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/accounts`);
  await page.getByRole('main').getByRole('link').first().waitFor();
  const first = await activeVersion(page);
  // A server that has no signals takes an exception of a scorecard.
  const { ok: isSignal } = await call(page, '/check', { files: [{ name: 'signals.yaml', text: SIGNAL }] });
  let steps = 0;
  const press = async (...keys) => {
    for (const key of keys) {
      steps += 1;
      await page.keyboard.press(key);
    }
  };
  const click = async element => {
    steps += 1;
    await element.click();
  };
  const paste = async (field, value) => {
    steps += 1;
    await field.fill(value);
  };

  steps += 2;
  await goByKeys(page, 'r', text(page));

  // Writes, with a slip in it.
  const slip = rule => rule.replace('open_tickets', 'open_tikets');
  if (isSignal) {
    await click(button(page, 'New file'));
    await paste(page.getByLabel('Name of the file'), 'more-signals.yaml');
    await press('Enter');
    await page.getByRole('textbox', { name: 'Text of more-signals.yaml' }).waitFor();
    await page.keyboard.insertText(slip(SIGNAL));
  } else {
    await click(button(page, 'scorecards/mid-touch.yaml'));
    await click(page.getByText('bands:', { exact: false }).first());
    await press('Home');
    await page.keyboard.insertText(slip(EXCEPTION));
  }

  // Checks: the slip is underlined, and mended by the button that says how.
  await page.getByText('1 mistake').first().waitFor();
  await click(page.getByRole('button', { name: /open_tickets/ }));
  await page.getByText(/^No mistakes/).waitFor();

  // What it matches now, of whom and why.
  await click(page.getByText('open_tickets', { exact: false }).and(text(page).locator('*')).last());
  const count = page.getByText(/accounts? match(es)? now/);
  await count.waitFor();
  t.diagnostic(await count.innerText());
  const row = page.getByRole('region', { name: 'The largest by ARR' }).getByRole('row').nth(1);
  assert.match(await row.innerText(), /open_tickets/);

  // What it would do, applied with a reason.
  await click(tab(page, 'Changes'));
  await page.getByRole('region', { name: 'What it does to the book' }).getByRole('listitem').first().waitFor();
  await page.getByRole('region', { name: /^Changed lines/ }).getByText('many').first().waitFor();
  // The panel scrolls within the frame, which stays where it is.
  assert.equal(await page.evaluate(() => document.scrollingElement.scrollHeight - innerHeight), 0);
  await press('Control+s');
  await page.getByRole('dialog').getByRole('listitem').first().waitFor();
  await paste(page.getByLabel('What this changes, and why'), 'Tickets pile up at large accounts');
  await press('Enter');
  await active(page, first + 1).waitFor(PATIENT);
  assert.equal(await activeVersion(page), first + 1);

  // And back.
  await click(tab(page, 'Versions'));
  await page.getByText('Tickets pile up at large accounts').first().waitFor();
  await click(button(page, `Roll back to version ${first}`));
  await page.getByRole('dialog').getByRole('listitem').first().waitFor();
  await press('Enter');
  await active(page, first + 2).waitFor(PATIENT);
  const now = await (await page.request.get(`${stage.demo.base}/api/v1/program`)).json();
  assert.equal(now.version, first + 2);
  assert.ok(now.files.every(file => !/many[- ]tickets/.test(file.text)), 'the rule is still there');

  t.diagnostic(`${steps} clicks or keys`);
  assert.ok(steps <= 20, `${steps} clicks or keys`);
});

test('a draft survives a reload, says what it is a draft of, and leaving it asks', async t => {
  const page = await openProgram(t);
  const version = await activeVersion(page);
  await text(page).click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('# mine\n');
  await page.getByText(`of version ${version}, kept in this browser`).waitFor();
  await page.reload();
  await page.getByText('Draft: 1 file changed').waitFor();
  await page.getByText('# mine').first().waitFor();

  const dialog = page.getByRole('dialog');
  await goByKeys(page, 'a', dialog.getByText('Leave the draft?'));
  assert.deepEqual(await axeFindings(page, true), []);
  await dialog.getByRole('button', { name: 'Stay' }).click();
  assert.match(page.url(), /\/program/);
  await dialog.waitFor({ state: 'detached' });

  await button(page, 'Discard').click();
  await page.getByText('Draft: 1 file changed').waitFor({ state: 'detached' });
  await goByKeys(page, 'a', page.getByRole('heading', { name: 'Accounts' }));
});

test('names are completed with their meaning, and Escape then Tab leaves the text', async t => {
  const page = await openProgram(t);
  await button(page, 'scorecards/mid-touch.yaml').click();
  await page.getByRole('textbox', { name: 'Text of scorecards/mid-touch.yaml' }).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('exceptions_:\n- when: crit');
  const option = page.getByRole('option', { name: /critical_tickets_open/ });
  await option.waitFor();
  await page.getByText('critical tickets that are not solved').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('critical_tickets_open').last().waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  const inText = await page.evaluate(() => document.activeElement?.shadowRoot !== null);
  assert.equal(inText, false, 'the text still has the focus');
  await button(page, 'Discard').click();
});

test('keys of a section are completed with their meaning', async t => {
  const page = await openProgram(t);
  await button(page, 'signals.yaml').click();
  await page.getByRole('textbox', { name: 'Text of signals.yaml' }).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('\n  odd:\n    seve');
  await page.getByRole('option', { name: /^severity/ }).waitFor();
  await page.keyboard.press('Escape');
  await button(page, 'Discard').click();
});

test('a condition is built by choosing, and stands where the cursor is', async t => {
  const page = await openProgram(t);
  await button(page, 'scorecards/mid-touch.yaml').click();
  await page.getByText('applies_when').first().click();
  await page.keyboard.press('End');
  await button(page, 'Build a condition').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Field').selectOption('arr');
  await dialog.getByLabel('Comparison').selectOption('>=');
  await dialog.getByLabel(/^Value/).fill('30000');
  await dialog.getByRole('button', { name: 'Add a line' }).click();
  await dialog.getByLabel('Field').last().selectOption('has_champion');
  await dialog.getByText('arr >= 30000 && has_champion').waitFor();
  assert.deepEqual(await axeFindings(page, true), []);
  await dialog.getByRole('button', { name: 'Insert' }).click();
  await page.getByText('applies_when: arr >= 30000 && has_champion').first().waitFor();
  await page.getByText('Draft: 1 file changed').waitFor();
  await button(page, 'Discard').click();
});

test('a draft that was overtaken says so, moves to the newer version and keeps its own change', async t => {
  const page = await openProgram(t);
  await button(page, 'scorecards/tech-touch.yaml').click();
  await text(page).click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('# mine\n');
  await page.getByText('Draft: 1 file changed').waitFor();
  const version = await apply(
    page,
    files => files.map(file => (file.name === 'metrics.yaml' ? { ...file, text: `# theirs\n${file.text}` } : file)),
    'Meanwhile',
  );
  await page.reload();
  const move = button(page, `Move the draft to version ${version}`);
  await move.waitFor();
  assert.deepEqual(await axeFindings(page), []);
  await page.keyboard.press('Control+s');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await dialog.getByText(/Somebody applied another version/).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await move.click();
  await move.waitFor({ state: 'detached' });
  await page.getByText('Draft: 1 file changed').waitFor();
  await button(page, 'metrics.yaml').click();
  await page.getByText('# theirs').first().waitFor();
  await button(page, 'Discard').click();
});

test('003 a new signal is quiet unless its box is ticked in the apply dialog', async t => {
  const page = await openProgram(t);
  const first = await activeVersion(page);
  await newFile(page, 'loud.yaml');
  await page.keyboard.insertText('signals:\n  pays-well:\n    when: arr > 0\n  pays-more:\n    when: arr > 1\n');
  await page.getByText(/^No mistakes/).waitFor();
  await page.keyboard.press('Control+s');
  const dialog = page.getByRole('dialog');
  const box = dialog.getByRole('checkbox', { name: /^pays-well: [\d,]+ accounts?, / });
  await box.waitFor();
  await dialog.getByText(/^Signal pays-well is already true for .* nobody is told$/).waitFor();
  assert.deepEqual(await axeFindings(page, true), []);
  await box.check();
  await dialog.getByText(/^Signal pays-well is raised for /).waitFor();
  await dialog.getByText(/^Signal pays-more is already true for /).waitFor();
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await active(page, first + 1).waitFor(PATIENT);
  const total = async query =>
    (await (await page.request.get(`${stage.demo.base}/api/v1/signals?limit=1&${query}`)).json()).total;
  assert.ok((await total('rule=pays-well&state=open')) > 0);
  assert.equal(await total('rule=pays-more&state=open'), 0);
  assert.ok((await total('rule=pays-more&state=already_true')) > 0);
  await call(page, '/rollback', { version: first });
  await waitFor(async () => (await activeVersion(page)) === first + 2, { what: 'the version before', timeoutMs: PATIENT.timeout });
});

test('003 what a rule matches is by the segment of the same unsaved text', async t => {
  const page = await openProgram(t);
  await newFile(page, 'draft-sets.yaml');
  await page.keyboard.insertText('segments:\n  draft-payers: {when: arr > 0}\n');
  await newFile(page, 'draft-signal.yaml');
  await page.keyboard.insertText("signals:\n  draft-asks:\n    when: segment.has('draft-payers')\n");
  await page.getByText(/^No mistakes/).waitFor();
  await page.getByText('draft-payers', { exact: false }).and(text(page).locator('*')).last().click();
  await page.getByText(/^[\d,]+ accounts? match(es)? now/).waitFor();
  await button(page, 'Discard').click();
});

test('on a phone the text is read, and a version is rolled back', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base, 'phone');
  await page.setViewportSize({ width: 360, height: 740 });
  const old = await activeVersion(page);
  const version = await apply(
    page,
    files => files.map(file => (file.name === 'metrics.yaml' ? { ...file, text: `${file.text}# more\n` } : file)),
    'To be taken back',
  );
  await page.goto(`${stage.demo.base}/program`);
  await text(page).waitFor();
  await text(page).click();
  await page.keyboard.type('x');
  assert.equal(await button(page, 'Discard').count(), 0);
  await tab(page, 'Versions').click();
  await button(page, `Changes of version ${version}`).click();
  await page.getByRole('region', { name: 'Changed lines of metrics.yaml' }).getByText('# more').waitFor();
  assert.equal(await page.getByRole('main').evaluate(main => main.scrollWidth > main.clientWidth), false);
  assert.deepEqual(await axeFindings(page), []);
  await button(page, `Roll back to version ${old}`).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  await dialog.waitFor({ state: 'detached' });
  await active(page, version + 1).waitFor(PATIENT);
  assert.equal(await activeVersion(page), version + 1);
});
