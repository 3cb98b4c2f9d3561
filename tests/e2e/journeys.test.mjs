// What people come for, step by step.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { test } from 'node:test';

import { waitFor } from '../http/harness.mjs';
import { accountNamed, goByKeys, LOGIN, onStage, openPage, signedIn, signIn } from './browser.mjs';

// They begin while the demo's self-service customers still stream in, as they do for a newcomer.
const stage = onStage();

const button = (page, name) => page.getByRole('complementary', { name: 'Demo' }).getByRole('button', { name });
const grid = page => page.getByRole('grid', { name: 'Accounts' });
const focused = (page, name) => page.waitForFunction(text => document.activeElement?.textContent === text, name);
const score = page => page.getByRole('group', { name: 'Health' });

test('a wrong password is refused in the words of the server', async t => {
  const page = await openPage(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/`);
  await page.getByLabel('E-mail address').fill(LOGIN.email);
  await page.getByLabel('Password', { exact: true }).fill('not this one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
});

test('usage collapses, TechCorp turns red and says why, in at most ten clicks or keys', async t => {
  const page = await openPage(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/`);
  let steps = 0;
  const paste = async (field, text) => {
    steps += 1;
    await field.fill(text);
  };
  const press = async key => {
    steps += 1;
    await page.keyboard.press(key);
  };
  const click = async element => {
    steps += 1;
    await element.click();
  };

  await paste(page.getByLabel('E-mail address'), LOGIN.email);
  await paste(page.getByLabel('Password', { exact: true }), LOGIN.password);
  await press('Enter');
  await grid(page).getByRole('link').first().waitFor();

  await press('/');
  await paste(page.getByRole('searchbox', { name: 'Search accounts' }), 'TechCorp');
  await press('Enter');
  await focused(page, 'TechCorp');
  await press('Enter');
  await page.getByRole('heading', { level: 1, name: 'TechCorp' }).waitFor();
  await score(page).waitFor();
  assert.doesNotMatch(await score(page).innerText(), /Red/);

  const pressed = performance.now();
  await click(button(page, 'Usage collapses'));
  await score(page).getByText('Red', { exact: true }).waitFor();
  t.diagnostic(`red after ${Math.round(performance.now() - pressed)} ms`);

  await page.getByText(/TechCorp is red at/).waitFor();
  await click(page.getByRole('button', { name: 'Why', exact: true }));
  await page.getByRole('table', { name: /^Facts of/ }).first().waitFor();
  t.diagnostic(`${steps} clicks or keys`);
  assert.ok(steps <= 10, `${steps} clicks or keys`);

  // What was sent is shown, ready to paste.
  await page.getByText('Sent: Usage collapses').first().waitFor();
  await page.getByText(/curl -X POST/).first().waitFor();

  await button(page, 'Rescue').click();
  await score(page).getByText('Red', { exact: true }).waitFor({ state: 'detached' });
});

test('the bill adds up to the score, and its change to the change', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts/${id}`);
  const bill = page.getByRole('table', { name: 'Why this score' });
  await bill.waitFor();
  const open = bill.getByRole('button', { expanded: true });
  while ((await open.count()) > 0) await open.first().click();
  const rows = await bill.getByRole('row').all();
  const figures = [];
  for (const row of rows.slice(1)) {
    const cells = await row.getByRole('cell').allInnerTexts();
    figures.push(cells.slice(-2).map(text => Math.round(1000 * Number(text.replace('\u2212', '-').replace('–', '0')))));
  }
  const [total, change] = figures.pop();
  const sum = i => figures.reduce((all, figure) => all + figure[i], 0);
  assert.equal(sum(0), total);
  assert.equal(sum(1), change);
});

test('filters and order live in the address and survive a reload', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  // Of one CSM's book: what streams in changes colour while it is looked at.
  const { owner } = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts?owner=${owner.id}`);
  await grid(page).getByRole('link').first().waitFor();
  await page.getByRole('button', { name: /^Health/ }).first().click();
  await page.getByRole('menuitemcheckbox', { name: 'Yellow' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('columnheader', { name: 'Renewal' }).getByRole('button').click();
  await page.waitForURL(/band=yellow/);
  await page.waitForURL(/sort=renewal_at/);
  assert.match(page.url(), /owner=/);
  await page.reload();
  const rows = grid(page).getByRole('row');
  await rows.nth(1).waitFor();
  await page.getByRole('button', { name: 'Health: Yellow' }).waitFor();
  await grid(page).getByRole('gridcell', { name: /Yellow/ }).first().waitFor();
  assert.equal(await page.getByRole('columnheader', { name: 'Renewal' }).getAttribute('aria-sort'), 'ascending');
  assert.equal(await grid(page).getByText('Green', { exact: true }).count(), 0);
  await page.goBack();
});

test('every figure of the portfolio leads to as many accounts, by keyboard', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/accounts`);
  await grid(page).getByRole('link').first().waitFor();
  const matrix = page.getByRole('region', { name: 'Colours then and now' });
  await goByKeys(page, 'p', matrix.getByRole('link').first());
  // Of one CSM's book: self-service customers stream in, and move the figures of all.
  const { owner } = await accountNamed(page, stage.demo.base, 'TechCorp');
  const same = async (from, name) => {
    await waitFor(async () => {
      await page.goto(from);
      const link = page.getByRole('region', { name }).getByRole('link').first();
      await link.waitFor();
      const figure = (await link.innerText()).replace(/[^0-9]/g, '');
      await link.focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/accounts\?/);
      const count = page.getByRole('status').filter({ hasText: /account/ });
      await count.waitFor();
      return (await count.innerText()).replace(/[^0-9]/g, '') === figure;
    }, { what: `the list behind a figure of ${name}`, timeoutMs: 30_000 });
  };
  const portfolio = `${stage.demo.base}/portfolio?since=28&owner=${owner.id}`;
  // Before the server has said how many signals there are, and when it cannot, no number is shown and none is denied.
  const signals = page.getByRole('region', { name: 'What needs a person now?' });
  const counts = () => signals.getByRole('list').first().locator('strong').allInnerTexts();
  const asked = url => url.pathname === '/api/v1/signals' && url.searchParams.get('assignee') === owner.id;
  let broken = true;
  await page.route(asked, route => (broken
    ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title":"unavailable"}' }) : route.continue()));
  await page.goto(portfolio);
  await signals.waitFor();
  assert.deepEqual(await counts(), ['–', '–', '–', '–']);
  await signals.getByRole('alert').waitFor();
  assert.equal(await signals.getByText('Nothing asks for you').count(), 0);
  await signals.getByRole('button', { name: 'Try again' }).waitFor();
  broken = false; // the page may ask again by itself before anybody presses the button
  await signals.getByRole('button', { name: 'Try again' }).click({ timeout: 3000 }).catch(() => {});
  await signals.getByRole('list').nth(1).getByRole('link').first().waitFor();
  assert.ok((await counts()).every(text => /^\d+$/.test(text)));
  await same(portfolio, 'How healthy is the book?');
  await same(portfolio, 'What renews soon, and how does it stand?');
  await same(portfolio, 'Colours then and now');
  assert.match(page.url(), /moved=/);
  await page.getByRole('button', { name: /^Take away the filter/ }).click();
  await page.waitForURL(url => !url.search.includes('moved'));
});

test('what the portfolio says of a mover is what the account explains, to the digit', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const read = async path => (await page.request.get(`${stage.demo.base}/api/v1/${path}`)).json();
  // Midnights as the server has them: explanations say which they took.
  const { id, owner } = await accountNamed(page, stage.demo.base, 'TechCorp');
  const midnight = async daysAgo => {
    const at = new Date(Date.now() - daysAgo * 86_400_000).toISOString();
    return (await read(`accounts/${id}/health?since=${at}`)).previous.at;
  };
  const [from, to] = [await midnight(60), await midnight(2)];
  // Of one CSM's book: of who streams in, the past becomes known while it is read.
  const { fallers, risers } = await read(`health/migration?from=${from}&to=${to}&movers=20&owner_id=${owner.id}`);
  assert.ok(fallers.length > 5 && risers.length > 5);
  const thousandths = value => Math.round(value * 1000);
  for (const mover of [...fallers, ...risers]) {
    const health = await read(`accounts/${mover.id}/health?since=${from}&at=${to}`);
    assert.equal(health.at, to);
    assert.equal(thousandths(health.points), thousandths(mover.points), mover.name);
    assert.equal(thousandths(health.previous.points), thousandths(mover.points_was), mover.name);
    const rows = health.items.filter(item => item.depth === 1);
    assert.equal(rows.reduce((sum, item) => sum + thousandths(item.change), 0), thousandths(mover.change), mover.name);
    assert.equal(rows.reduce((sum, item) => sum + thousandths(item.points), 0), thousandths(health.points), mover.name);
  }
});

test('the score between any two dates is explained as of then, and marked as past', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts/${id}`);
  const history = page.getByRole('region', { name: 'How did the score move?' });
  await history.getByRole('button', { name: 'Show as table' }).click();
  const step = history.getByRole('row').filter({ has: page.getByRole('button', { name: /^Why it moved/ }) }).nth(8);
  const points = Number(await step.getByRole('cell').nth(1).innerText());
  await step.getByRole('button', { name: /^Why it moved/ }).click();
  await page.getByRole('note').getByText(/the score at the end of/).waitFor();
  const bill = page.getByRole('table', { name: 'Why this score' });
  await waitFor(async () => Math.abs(Number((await bill.getByRole('row').last().getByRole('cell').nth(-2).innerText())) - points) < 1, { what: 'the bill of that day' });
  assert.match(page.url(), /since=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d/);
  await page.getByRole('button', { name: 'Back to now' }).click();
  await page.getByRole('note').waitFor({ state: 'detached' });
});

test('capabilities 20: how they feel is said with a reason, shown with its author, and taken back', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts/${id}`);
  const panel = page.getByRole('region', { name: 'What do we say ourselves?' });
  await panel.getByRole('button', { name: 'Say how they feel' }).press('Enter');
  const form = page.getByRole('dialog', { name: 'How do they feel?' });
  assert.equal(await form.getByRole('button', { name: 'Save' }).isDisabled(), true);
  await form.getByText('Uneasy', { exact: true }).click();
  await form.getByRole('textbox', { name: 'Reason' }).fill('Complained on the call');
  await form.getByRole('button', { name: 'Save' }).press('Enter');
  await panel.getByText('Uneasy (25)').waitFor();
  await panel.getByText('Complained on the call').first().waitFor();
  await panel.getByRole('button', { name: 'Take back how they feel' }).click();
  await panel.getByText('Nobody has said how they feel.').waitFor();
});

test('capabilities 21: a score set by hand stands beside the computed one', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts/${id}`);
  const panel = page.getByRole('region', { name: 'What do we say ourselves?' });
  await panel.getByRole('button', { name: 'Set a score' }).click();
  const form = page.getByRole('dialog', { name: 'Set a score by hand' });
  await form.getByRole('textbox', { name: 'Score' }).fill('12');
  await form.getByRole('textbox', { name: 'Reason' }).fill('Their CFO left');
  await form.getByRole('button', { name: 'Save' }).click();
  await score(page).getByText('Set by hand: 12').waitFor();
  assert.doesNotMatch(await score(page).innerText(), /^12/);
  await panel.getByText(/the computed score; this one stands beside it/).waitFor();
  await panel.getByRole('button', { name: 'Take back the score set by hand' }).click();
  await score(page).getByText('Set by hand').waitFor({ state: 'detached' });
});

test('columns can be hidden, and the address remembers it', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/accounts`);
  await page.getByRole('columnheader', { name: 'Owner' }).waitFor();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Owner' }).click();
  await page.getByRole('columnheader', { name: 'Owner' }).waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('columnheader', { name: 'Renewal' }).waitFor();
  assert.equal(await page.getByRole('columnheader', { name: 'Owner' }).count(), 0);
});

test('capabilities 37 39 stage, coverage and segments are columns that one asks for', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/accounts?q=TechCorp`);
  const row = grid(page).getByRole('row').filter({ hasText: 'TechCorp' });
  await row.waitFor();
  const columns = ['Stage', 'Coverage', 'Segments'];
  for (const name of columns) assert.equal(await page.getByRole('columnheader', { name }).count(), 0, name);
  await page.getByRole('button', { name: 'Columns' }).click();
  for (const name of columns) await page.getByRole('menuitemcheckbox', { name }).click();
  for (const name of columns) await page.getByRole('columnheader', { name }).waitFor();
  for (const words of ['adoption', 'mid', /\bcore\b/]) await row.getByText(words, { exact: true }).waitFor();
});

test('the portfolio says how many have left, and each number leads to them', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/portfolio`);
  const note = page.getByText(/of these have left and count in the colour that they keep/);
  const link = note.getByRole('link', { name: /^\d+ red$/ });
  const [said] = (await link.innerText()).split(' ');
  await page.getByRole('region', { name: 'How healthy is the book?' }).getByRole('link', { name: `${said} have left` }).waitFor();
  await link.click();
  await page.getByRole('button', { name: /^Take away the filter.* Left$/ }).waitFor();
  await page.getByRole('status').filter({ hasText: `${said} accounts` }).waitFor();
});

test('only the rows on screen exist, and the last is reached by scrolling', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/accounts?sort=name`);
  await grid(page).getByRole('link').first().waitFor();
  const rows = Number(await grid(page).getAttribute('aria-rowcount'));
  const head = page.getByRole('columnheader', { name: 'Account' });
  const above = await head.boundingBox();
  await grid(page).getByRole('link').first().hover();
  for (let i = 0; i < 400; i++) {
    await page.mouse.wheel(0, 100_000);
    const last = await grid(page).getByRole('row').last().getAttribute('aria-rowindex');
    if (Number(last) >= rows) break;
  }
  const last = grid(page).getByRole('row').last();
  await last.getByRole('link').waitFor();
  assert.equal(Number(await last.getAttribute('aria-rowindex')), rows);
  assert.ok((await grid(page).getByRole('row').count()) < 80);
  assert.deepEqual(await head.boundingBox(), above, 'the names of the columns stay in sight');

  // Who opens one and comes back is where they were, on the row that they opened; another list begins at its top.
  const link = last.getByRole('link');
  const [id, { y }] = [await link.getAttribute('data-row-link'), await link.boundingBox()];
  await link.click();
  await page.getByRole('table', { name: 'Why this score' }).or(page.getByText('No score yet')).first().waitFor();
  await page.goBack();
  await page.waitForFunction(one => document.activeElement?.getAttribute('data-row-link') === one, id);
  assert.equal((await grid(page).locator(`[data-row-link="${id}"]`).boundingBox()).y, y);
  await page.getByRole('columnheader', { name: 'ARR' }).getByRole('button').click();
  await grid(page).locator('[aria-rowindex="2"]').getByRole('link').waitFor();
});

test('the keyboard walks the rows, selects and opens them', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/accounts`);
  const links = grid(page).getByRole('link');
  await links.first().waitFor();
  const name = await links.nth(1).innerText();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await focused(page, name);
  const { y } = await links.nth(1).boundingBox();
  await page.keyboard.press('x');
  await page.getByText('1 selected').first().waitFor();
  assert.equal((await links.nth(1).boundingBox()).y, y, 'rows stay below the pointer');
  // From the search to its first row, also after walking.
  await page.keyboard.press('/');
  await page.keyboard.type(name);
  await page.waitForFunction(() => /^1 account$/.test(document.querySelector('main [role=status]')?.innerText ?? ''));
  await page.keyboard.press('Enter');
  await focused(page, name);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await goByKeys(page, 's', page.getByRole('heading', { level: 1, name: 'Sources' }));
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
});

test('who types at the pace at which lists follow loses no letter', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/accounts`);
  const box = page.getByRole('searchbox', { name: 'Search accounts' });
  await box.waitFor();
  // A letter falls into each moment between a search and its address.
  for (const delay of [110, 125, 140]) {
    await box.fill('');
    await box.focus();
    await page.keyboard.type('Northwind Retail', { delay });
    assert.equal(await box.inputValue(), 'Northwind Retail', `a letter each ${delay} ms`);
    await page.waitForURL(/q=Northwind(\+|%20)Retail/);
    assert.equal(await box.inputValue(), 'Northwind Retail');
  }
  await page.getByRole('button', { name: 'Clear filters' }).first().click(); // what changes the address otherwise is shown
  await page.waitForFunction(() => document.querySelector('main input[type=search]').value === '');
  // Who goes on before the list follows is not fetched back to it.
  const link = grid(page).getByRole('link', { name: 'Halcyon Airlines' });
  for (let n = 0; n < 5; n++) {
    await page.goto(`${stage.demo.base}/accounts`);
    await link.waitFor();
    await box.fill('Halcyon Airlines');
    await link.evaluate(one => one.click()); // at once: a mouse may find that the list has followed under it
    await page.getByRole('heading', { level: 1, name: 'Halcyon Airlines' }).waitFor();
    await page.waitForTimeout(300);
    assert.match(page.url(), /\/accounts\/acct_/);
  }
});

test('the palette finds an account by a part of its name', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/sources`);
  await page.getByRole('heading', { level: 1, name: 'Sources' }).waitFor();
  // Typed at once, as who knows the key does: no letter is lost.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('techco');
  await page.waitForFunction(() => document.querySelector('[role=combobox]')?.value === 'techco');
  await page.getByRole('option', { name: /TechCorp/ }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'TechCorp' }).waitFor();
});

test('capabilities 37 39 the page of an account says its stage and since when, coverage, segments and what it entered last, and leads to them', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts/${id}`);
  const main = page.getByRole('main');
  const fact = name => main.locator('dl > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd').first();
  // As soon as its past is computed.
  await fact('Stage').getByText(/^adoption since \w+ \d+, \d{4}, in its renewal window$/).waitFor({ timeout: 90_000 });
  await fact('Last entered or left').getByText(/^(into|out of) \S+ /).first().waitFor();
  await fact('Coverage').getByRole('link', { name: 'mid', exact: true }).waitFor();
  await fact('Segments').getByRole('link', { name: 'core', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'core' }).waitFor();
});

test('the CSV holds what the list shows', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/accounts?q=TechCorp`);
  await grid(page).getByRole('link', { name: 'TechCorp', exact: true }).waitFor();
  const arrives = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV' }).click();
  const text = await readFile(await (await arrives).path(), 'utf8');
  const lines = text.trim().split(/\r?\n/);
  assert.match(text, /TechCorp/);
  assert.equal(lines.length - 1, Number(await grid(page).getAttribute('aria-rowcount')) - 1);
});

test('the owner is changed in place, and the change can be undone', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts/${id}`);
  const owner = page.getByRole('button', { name: /^Owner:/ });
  const before = await owner.innerText();
  await owner.click();
  const name = 'Nora Lind'; // by name: the menu grows when the users are there
  await page.getByRole('menuitemradio', { name }).click();
  await page.getByRole('button', { name: `Owner: ${name}. Change` }).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('button', { name: `Owner: ${before}. Change` }).waitFor();
});

test('a new source shows its write key once, and puts it into the snippet', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/sources`);
  const name = `Journey ${Date.now()}`;
  await page.getByRole('button', { name: 'New source' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Create source' }).click();
  await page.getByText(/shown only now/).waitFor();
  const key = (await page.getByRole('dialog').getByRole('region', { name: 'Write key' }).innerText()).trim();
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('link', { name }).click();
  await page.getByText(`Send events to ${name}`).waitFor();
  await page.getByRole('region', { name: 'curl' }).getByText(key).waitFor();
  await page.getByText('Nothing was rejected').waitFor();
});

test('names are text, never markup', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const name = '<img src=x onerror=alert(1)>';
  if (!process.env.CAIRN_MOCK) {
    const made = await page.request.post(`${stage.demo.base}/api/v1/accounts`, {
      data: { external_id: `xss-${Date.now()}`, name },
      headers: { origin: stage.demo.base },
    });
    assert.equal(made.status(), 201, await made.text());
  }
  await page.goto(`${stage.demo.base}/accounts?q=onerror`);
  await grid(page).getByRole('link', { name }).first().click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
  await page.goto(`${stage.demo.base}/accounts?q=${encodeURIComponent('"><script>alert(1)</script>')}`);
  await page.getByText('No account matches').waitFor();
});

test('one connection serves all tabs of a browser', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const { id } = await accountNamed(page, stage.demo.base, 'TechCorp');
  const second = await page.context().newPage();
  await page.goto(`${stage.demo.base}/accounts/${id}`);
  await second.goto(`${stage.demo.base}/accounts/${id}`);
  await score(page).waitFor();
  await score(second).waitFor();
  const before = await score(second).innerText();
  await button(page, 'Critical ticket').click();
  await page.getByText('Sent: Critical ticket').first().waitFor();
  await waitFor(async () => (await score(second).innerText()) !== before);
  await button(page, 'Rescue').click();
  await page.getByText('Sent: Rescue').first().waitFor();
});

test('signing out ends the session', async t => {
  const page = await openPage(t, stage.browser, stage.demo.base);
  await signIn(page, stage.demo.base);
  await page.getByRole('button', { name: /^Signed in as/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('E-mail address').waitFor();
  await page.goto(`${stage.demo.base}/accounts`);
  await page.getByLabel('E-mail address').waitFor();
});

// A way to the server that can be cut, answered as a proxy does whose server is away, and mended.
async function cutLine(t, base) {
  const { hostname, port } = new URL(base);
  const open = new Set();
  let state = 'whole';
  const server = net.createServer(client => {
    open.add(client);
    client.on('close', () => open.delete(client)).on('error', () => {});
    if (state === 'away') {
      client.once('data', () => client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'));
      return;
    }
    const behind = net.connect({ host: hostname, port: Number(port) });
    behind.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => behind.destroy());
    client.pipe(behind).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const set = next => {
    state = next;
    for (const client of open) client.destroy();
  };
  t.after(() => {
    set('away');
    server.close();
  });
  return { base: `http://127.0.0.1:${server.address().port}`, away: () => set('away'), mend: () => set('whole') };
}

test('while the server is away the page says that it stands still, and goes on by itself', async t => {
  const line = await cutLine(t, stage.demo.base);
  const page = await signedIn(t, stage.browser, line.base);
  const { id } = await accountNamed(page, line.base, 'TechCorp');
  await page.goto(`${line.base}/accounts/${id}`);
  await page.getByRole('table', { name: 'Why this score' }).waitFor();
  await page.waitForTimeout(1000); // the stream opens after the first content

  line.away();
  const word = page.getByRole('status').filter({ hasText: 'The server does not answer' });
  await word.waitFor();
  assert.match(await score(page).innerText(), /\d/); // what was known stays

  line.mend();
  await word.waitFor({ state: 'hidden' });
  const other = await signedIn(t, stage.browser, stage.demo.base);
  const before = await score(page).innerText();
  await other.goto(`${stage.demo.base}/accounts/${id}`);
  await button(other, 'Rescue').click();
  await other.getByText('Sent: Rescue').first().waitFor();
  await button(other, 'Critical ticket').click();
  await other.getByText('Sent: Critical ticket').first().waitFor();
  await page.waitForFunction(
    text => document.querySelector('[role=group][aria-label=Health]')?.innerText !== text,
    before,
  );
  await button(other, 'Rescue').click();
  await other.getByText('Sent: Rescue').first().waitFor();
});

test('a session that ends leaves the page as it is, says so, and goes on after signing in again', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base, 'light', { own: true });
  await page.goto(`${stage.demo.base}/program`);
  await page.getByRole('heading', { name: 'Program' }).waitFor();
  await page.waitForTimeout(1000); // the stream opens after the first content
  const headers = { origin: stage.demo.base };
  assert.equal((await page.request.delete(`${stage.demo.base}/api/v1/session`, { headers })).status(), 204);
  await page.getByRole('button', { name: 'Run tests' }).first().click();
  await page.getByRole('alert').getByText('Your session has ended', { exact: true }).waitFor();
  const word = page.getByRole('status').filter({ hasText: 'Your session has ended' });
  await word.getByRole('link', { name: 'Sign in in a new tab' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/program');
  assert.equal((await page.request.post(`${stage.demo.base}/api/v1/session`, { data: LOGIN, headers })).status(), 200);
  await word.waitFor({ state: 'hidden' });
});

test('a CSM is not led to what only those who run the workspace may see', async t => {
  const page = await openPage(t, stage.browser, stage.demo.base);
  const data = { email: 'sam@cairn.example', password: LOGIN.password };
  await page.request.post(`${stage.demo.base}/api/v1/session`, { data, headers: { origin: stage.demo.base } });
  await page.goto(`${stage.demo.base}/accounts`);
  await grid(page).getByRole('link').first().waitFor();
  assert.equal(await page.title(), 'Accounts · Cairn');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  assert.equal(await page.getByRole('dialog').getByText('Go to sources').count(), 0);
  await page.goto(`${stage.demo.base}/sources`);
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByRole('button', { name: 'New source' }).count(), 0);
  assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0);
  await page.goto(`${stage.demo.base}/backtest`);
  await page.getByText('The back-test is for those who see all accounts').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Run the test' }).count(), 0);
});

test('a trait that changes shows on the page that is open', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const account = await accountNamed(page, stage.demo.base, 'TechCorp');
  await page.goto(`${stage.demo.base}/accounts/${account.id}`);
  await score(page).waitFor();
  const industry = `Trade ${Date.now() % 1000}`;
  assert.equal(await page.getByText(industry).count(), 0);
  await page.request.post(`${stage.demo.base}/v1/group`, {
    data: { userId: 'trait-teller', groupId: account.external_id, traits: { industry } },
    headers: { authorization: `Basic ${Buffer.from('demo-write-key:').toString('base64')}` },
  });
  // What the account does next is what the page hears of.
  await button(page, 'Critical ticket').click();
  await page.getByText(industry).waitFor();
  await button(page, 'Rescue').click();
  await page.getByText('Sent: Rescue').first().waitFor();
});

test("the demo's own source has its write key in the line to paste", async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/sources`);
  await page.getByText("-u 'demo-write-key:'").waitFor();
});
