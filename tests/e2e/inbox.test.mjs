// The inbox of signals, worked by keyboard alone, one by one and in bulk; and on a narrow phone.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { axeFindings, goByKeys, LOGIN, onStage, openPage, signedIn } from './browser.mjs';

const stage = onStage({ selfService: 200 });

const list = page => page.getByRole('list', { name: 'Signals', exact: true });
const current = page => list(page).locator('[data-current=true] a');
const idOf = link => link.getAttribute('data-signal');
const ids = page => list(page).getByRole('link').evaluateAll(links => links.map(link => link.dataset.signal));

async function openInbox(page) {
  await page.goto(`${stage.demo.base}/accounts`);
  await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();
  await goByKeys(page, 'i', list(page).getByRole('listitem').nth(5));
}

// Waits until the signal is in the list no more.
const gone = (page, id) => page.waitForFunction(one => !document.querySelector(`[data-signal="${one}"]`), id);

// The dialog takes its keys only once it has the focus, and gives them back only when it is gone.
async function resolveByKeys(page, answer) {
  await page.keyboard.press('r');
  const dialog = page.getByRole('dialog', { name: /^Resolve/ });
  await dialog.getByLabel('Why, if you like').waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA');
  await page.keyboard.type('a call saved it');
  await page.keyboard.press('Tab');
  if (answer === 'Not useful') await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), answer);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
}

test('signals are worked by keyboard alone: move, acknowledge, snooze, resolve, and several at once', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await openInbox(page);
  const detail = page.getByRole('article', { name: 'Signal' });

  await t.test('j and k move, and what is open is in the address', async () => {
    await page.keyboard.press('j');
    await page.waitForURL(/signal=/);
    const second = await idOf(current(page));
    await page.keyboard.press('k');
    await page.waitForFunction(id => document.querySelector('[data-current=true] a')?.dataset.signal !== id, second);
    await page.keyboard.press('j');
    await page.waitForFunction(id => document.querySelector('[data-current=true] a')?.dataset.signal === id, second);
    assert.match(page.url(), new RegExp(`signal=${second}`));
    // Of what it stood on, nothing is out of sight on a narrow laptop.
    const wide = page.viewportSize();
    await page.setViewportSize({ width: 1280, height: 800 });
    const facts = detail.getByRole('table').first();
    await facts.getByRole('row').nth(1).waitFor();
    const [inside, outside] = await facts.evaluate(table => [table.scrollWidth, table.parentElement.clientWidth]);
    assert.ok(inside <= outside, `${inside} in ${outside} px`);
    await page.setViewportSize(wide);
  });

  await t.test('e acknowledges what is open', async () => {
    const id = await idOf(current(page));
    await page.keyboard.press('e');
    await detail.getByRole('listitem').filter({ hasText: 'Acknowledged' }).first().waitFor();
    assert.equal(await idOf(current(page)), id);
  });

  await t.test('u undoes that, once, and the history says who did', async () => {
    const id = await idOf(current(page));
    await page.keyboard.press('u');
    await detail.getByRole('listitem').filter({ hasText: /^Acknowledgement taken back by / }).first().waitFor();
    assert.equal((await (await page.request.get(`${stage.demo.base}/api/v1/signals/${id}`)).json()).acknowledged_at, null);
    await page.keyboard.press('u');
    await page.getByText('There is nothing to undo on this page').waitFor();
  });

  await t.test('r resolves it with an answer; it leaves the list, and j goes on where it was', async () => {
    const id = await idOf(current(page));
    const at = (await ids(page)).indexOf(id);
    await resolveByKeys(page, 'Useful');
    await gone(page, id);
    await detail.getByText('resolved', { exact: true }).waitFor();
    // What is open on screen offers to take that back.
    await detail.getByRole('button', { name: 'Reopen', exact: true }).press('Enter');
    await detail.getByRole('listitem').filter({ hasText: /^Reopened by / }).waitFor();
    await list(page).locator(`[data-signal="${id}"]`).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    // So there is nothing left for the key.
    await page.keyboard.press('u');
    await page.getByText('There is nothing to undo on this page').first().waitFor();
    assert.equal(await page.getByRole('alert').filter({ hasText: 'stays as it was' }).count(), 0);
    await resolveByKeys(page, 'Useful');
    await gone(page, id);
    await detail.getByText('resolved', { exact: true }).waitFor();
    const next = (await ids(page))[at];
    await page.keyboard.press('j');
    await page.waitForFunction(one => document.querySelector('[data-current=true] a')?.dataset.signal === one, next);
  });

  await t.test('z snoozes it for a day', async () => {
    const id = await idOf(current(page));
    const next = (await ids(page))[(await ids(page)).indexOf(id) + 1];
    await page.keyboard.press('z');
    await gone(page, id);
    // What takes its place takes the focus, so that Tab and Enter go on there; it is not opened by that.
    await page.waitForFunction(one => document.activeElement.dataset.signal === one, next);
    await detail.getByText('snoozed', { exact: true }).waitFor();
    const one = await (await page.request.get(`${stage.demo.base}/api/v1/signals/${id}`)).json();
    assert.equal(one.state, 'snoozed');
    const hours = (Date.parse(one.snoozed_until) - Date.now()) / 3_600_000;
    assert.ok(hours > 23.9 && hours <= 24, one.snoozed_until);
  });

  await t.test('x selects, and e and r then mean all that are selected', async () => {
    for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key);
    const bar = page.getByRole('toolbar', { name: '2 signals selected' });
    await bar.waitFor();
    const picked = await list(page).getByRole('checkbox', { checked: true }).evaluateAll(boxes =>
      boxes.map(box => box.closest('li').querySelector('a').dataset.signal));
    assert.equal(picked.length, 2);
    await page.keyboard.press('e');
    await page.getByText('2 signals acknowledged').waitFor();
    await bar.waitFor({ state: 'hidden' });
    for (const id of picked) {
      const one = await (await page.request.get(`${stage.demo.base}/api/v1/signals/${id}`)).json();
      assert.notEqual(one.acknowledged_at, null);
    }
    for (const key of ['x', 'k', 'x']) await page.keyboard.press(key);
    await bar.waitFor();
    await resolveByKeys(page, 'Not useful');
    const said = page.getByRole('alert').filter({ hasText: '2 signals resolved' });
    await said.waitFor();
    for (const id of picked) await gone(page, id);
    await said.getByRole('button', { name: 'Undo' }).press('Enter');
    await page.getByText('Taken back for 2 signals').waitFor();
    for (const id of picked) {
      await list(page).locator(`[data-signal="${id}"]`).waitFor();
      const one = await (await page.request.get(`${stage.demo.base}/api/v1/signals/${id}`)).json();
      assert.deepEqual([one.state, one.outcome], ['open', null]);
      assert.notEqual(one.acknowledged_at, null);
    }
  });

  await t.test('one key selects all that are shown, or none', async () => {
    const box = page.getByRole('checkbox', { name: /^Select all \d+$/ });
    await box.focus();
    await page.keyboard.press('Space');
    await page.getByRole('toolbar', { name: `${(await ids(page)).length} signals selected` }).waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('toolbar', { name: /selected$/ }).waitFor({ state: 'hidden' });
    assert.equal(await list(page).getByRole('checkbox', { checked: true }).count(), 0);
    assert.equal(await box.evaluate(one => one === document.activeElement), true);
  });

  await t.test('Escape gives the selection up', async () => {
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    const bar = page.getByRole('toolbar', { name: /selected$/ });
    await bar.waitFor();
    await page.keyboard.press('Escape');
    await bar.waitFor({ state: 'hidden' });
  });

  await t.test('the help names the keys of every page and of the inbox', async () => {
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keys' });
    await dialog.waitFor();
    const text = await dialog.innerText();
    for (const name of await page.getByRole('navigation', { name: 'Pages', includeHidden: true }).locator('a').allInnerTexts()) {
      const [label] = name.split('\n'); // without the number of open signals
      assert.ok(text.includes(`Go to: ${label}`), `${label} is not in\n${text}`);
    }
    for (const what of ['Acknowledge', 'Snooze', 'Resolve', 'Select']) assert.ok(text.includes(what), what);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });
});

test('the navigation says how many open signals are one\'s own, as that changes, and nothing where none is', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  const send = async (path, data) => {
    const answer = await page.request.post(`${stage.demo.base}${path}`, { data, headers: { origin: stage.demo.base } });
    assert.equal(answer.status(), 200, await answer.text());
    return answer.json();
  };
  const get = async path => (await page.request.get(`${stage.demo.base}${path}`)).json();
  const { user } = await get('/api/v1/session');
  const mine = (await get('/api/v1/signals?state=open&assignee=me&limit=200')).data.map(signal => signal.id);
  if (mine.length > 0) await send('/api/v1/signals/bulk', { action: 'assign', signals: mine, assignee_id: null });
  await page.goto(`${stage.demo.base}/accounts`);
  const link = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /^Signals/ });
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Signals', exact: true }).waitFor();
  assert.equal(await link.innerText(), 'Signals');
  const signals = (await get('/api/v1/signals?state=open&limit=2')).data.map(signal => signal.id);
  await send('/api/v1/signals/bulk', { action: 'assign', signals, assignee_id: user.id });
  await page.getByRole('link', { name: 'Signals 2 open signals of yours', exact: true }).waitFor();
  await send(`/api/v1/signals/${signals[0]}/resolve`, { outcome: 'useful' });
  await page.getByRole('link', { name: 'Signals 1 open signal of yours', exact: true }).waitFor();
  assert.deepEqual(await axeFindings(page), []);
  await send(`/api/v1/signals/${signals[1]}/assign`, { assignee_id: null });
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Signals', exact: true }).waitFor();
});

test('who may change nothing reads signals, and is offered nothing that picks or moves them', async t => {
  const { base } = stage.demo;
  const admin = await signedIn(t, stage.browser, base);
  const data = { email: 'vic@cairn.example', name: 'Vic', role: 'viewer', scope: 'all', team: 'Mid-market', password: LOGIN.password };
  const added = await admin.request.post(`${base}/api/v1/users`, { data, headers: { origin: base } });
  assert.equal(added.status(), 201, await added.text());
  const page = await openPage(t, stage.browser, base);
  await page.request.post(`${base}/api/v1/session`, { data: { email: data.email, password: data.password }, headers: { origin: base } });
  await page.goto(`${base}/signals`);
  await list(page).getByRole('link').first().waitFor();
  assert.equal(await list(page).getByRole('checkbox').count(), 0);
  await page.keyboard.press('j');
  await page.keyboard.press('x');
  await page.getByRole('article', { name: 'Signal' }).getByRole('heading', { level: 2 }).waitFor();
  assert.equal(await page.getByRole('toolbar').count(), 0);
  assert.equal(await page.getByRole('button', { name: /^(Acknowledge|Resolve|Snooze|Assign)$/ }).count(), 0);
});

test('every page is reached by two keys', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base);
  await page.goto(`${stage.demo.base}/accounts`);
  await page.getByRole('heading', { level: 1, name: 'Accounts' }).waitFor();
  for (const [key, name] of [['p', 'Portfolio'], ['i', 'Signals'], ['e', 'Segments'], ['c', 'Coverage'], ['s', 'Sources'], ['a', 'Accounts']]) {
    await goByKeys(page, key, page.getByRole('heading', { level: 1, name, exact: true }));
  }
});

test('on a phone of 360 px the filters leave room for the list, and More leads to every page', async t => {
  const page = await signedIn(t, stage.browser, stage.demo.base, 'phone');
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`${stage.demo.base}/signals`);
  await list(page).getByRole('link').first().waitFor();
  const top = (await list(page).boundingBox()).y;
  const heading = (await page.getByRole('heading', { level: 1, name: 'Signals' }).boundingBox()).y;
  assert.ok(top - heading < 130, `the list begins ${Math.round(top - heading)} px below the title`);

  const bar = page.getByRole('navigation', { name: 'Pages' });
  for (const item of await bar.locator('a:visible, button:visible').all()) {
    const cut = await item.evaluate(one => [...one.querySelectorAll('span')].some(label => label.scrollWidth > label.clientWidth + 1 && label.clientWidth > 4));
    assert.equal(cut, false, `${await item.innerText()} is cut off`);
  }
  await bar.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Coverage' }).click();
  await page.getByRole('heading', { level: 1, name: 'Coverage' }).waitFor();
  await bar.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Sources' }).waitFor();
  await page.getByRole('menuitem', { name: 'Notifications' }).waitFor();
  await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
});
