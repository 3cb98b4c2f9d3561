// Writes docs/screens/<page>-<light|dark|phone>.png, for reviewers and readers.
//   node tests/e2e/screens.mjs        with the environment of browser.mjs
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { accountNamed, launch, openPage, signedIn, startDemo } from './browser.mjs';
import { allStreamedIn } from './streamed.mjs';

const OUT = process.env.CAIRN_SCREENS ?? fileURLToPath(new URL('../../docs/screens/', import.meta.url));

async function shoot(page, name, view) {
  await page.screenshot({ path: `${OUT}/${name}-${view}.png`, animations: 'disabled' });
}

const PAGES = {
  async portfolio(page, base) {
    await page.goto(`${base}/portfolio`);
    await page.getByRole('list', { name: 'Fell' }).getByText(/\d/).first().waitFor();
  },
  async accounts(page, base) {
    await page.goto(`${base}/accounts`);
    await page.getByRole('main').getByRole('link').first().waitFor();
  },
  async account(page, base) {
    const { id } = await accountNamed(page, base, 'TechCorp');
    await page.goto(`${base}/accounts/${id}`);
    await page.getByRole('table', { name: 'Why this score' }).waitFor();
    await page.getByRole('img', { name: /How did the score move/ }).waitFor();
  },
  async why(page, base) {
    await PAGES.account(page, base);
    const health = page.getByRole('group', { name: 'Health' });
    const before = await health.innerText();
    await press(page, 'Critical ticket');
    await page.waitForFunction(text => document.querySelector('[role=group][aria-label=Health]')?.innerText !== text, before);
    await page.getByRole('button', { name: 'Close', exact: true }).first().click();
    await page.getByRole('button', { name: 'Why', exact: true }).click();
    await page.getByRole('table', { name: /^Facts of/ }).first().waitFor();
    await page.evaluate(() => document.querySelector('main').scrollTo(0, 0));
  },
  async people(page, base) {
    await PAGES.account(page, base);
    await page.getByRole('tab', { name: 'People' }).click();
    await page.getByRole('region', { name: 'People' }).scrollIntoViewIfNeeded();
  },
  async program(page, base) {
    await page.goto(`${base}/program?file=scorecards/mid-touch.yaml`);
    const text = page.getByRole('textbox', { name: 'Text of scorecards/mid-touch.yaml' });
    await text.waitFor();
    await page.getByText('seats_used', { exact: false }).last().click();
    const matches = page.getByRole('tab', { name: 'Matches' });
    await matches.click();
    await page.getByText(/accounts? (match|ha)/).first().waitFor();
  },
  async 'program-changes'(page, base) {
    await page.goto(`${base}/accounts`);
    const now = await (await page.request.get(`${base}/api/v1/program`)).json();
    const { user } = await (await page.request.get(`${base}/api/v1/session`)).json();
    const text = file => file.text.replace('arr >= 20000', 'arr >= 8000').replace('yellow: 50', 'yellow: 60');
    const files = now.files.map(file => (file.name.includes('mid-touch') ? { ...file, text: text(file) } : file));
    const draft = JSON.stringify({ base: now.version, files, at: Date.now() });
    await page.evaluate(([key, value]) => localStorage.setItem(key, value), [`cairn-program-draft-${user.id}`, draft]);
    await page.goto(`${base}/program?file=scorecards/mid-touch.yaml&panel=changes`);
    await page.getByRole('region', { name: 'What it does to the book' }).getByRole('listitem').first().waitFor();
  },
  async comparison(page, base) {
    await PAGES['program-changes'](page, base);
    await page.getByRole('button', { name: /^Compare over the last/ }).click();
    await page.getByText(/^[\d,]+ of [\d,]+ accounts have another score/).waitFor({ timeout: 240_000 });
  },
  async past(page, base) {
    const day = new Date(Date.now() - 60 * 86_400_000).toISOString().slice(0, 10);
    await page.goto(`${base}/portfolio?as_of=${day}`);
    await page.getByText(/^You see /).first().waitFor();
    await page.getByRole('region', { name: 'Whose score moved most?' }).waitFor();
  },
  async signals(page, base) {
    await page.goto(`${base}/signals`);
    await page.getByRole('list', { name: 'Signals' }).getByRole('link').first().click();
    await page.getByRole('article', { name: 'Signal' }).getByRole('heading', { level: 2 }).waitFor();
  },
  async segments(page, base) {
    await page.goto(`${base}/segments`);
    await page.getByRole('region', { name: 'Accounts in both of two segments' }).waitFor();
  },
  async segment(page, base) {
    await page.goto(`${base}/segments/champion-lost`);
    await page.getByRole('region', { name: 'Who is in it?', exact: true }).waitFor();
    await page.getByRole('img', { name: /Accounts in it/ }).waitFor();
  },
  async coverage(page, base) {
    await page.goto(`${base}/coverage`);
    await page.getByRole('table').nth(2).waitFor();
  },
  async scorecards(page, base) {
    await page.goto(`${base}/scorecards`);
    await page.getByRole('main').getByRole('table').first().waitFor();
  },
  async backtest(page, base) {
    await page.goto(`${base}/backtest`);
    const answer = page.getByRole('heading', { name: 'In short' });
    // The button is there before the kept answer is: wait until the page says that there is none.
    await answer.or(page.getByText(/Run the test to see/)).first().waitFor();
    if (!(await answer.isVisible())) await page.getByRole('button', { name: 'Run the test' }).click();
    await answer.waitFor({ timeout: 240_000 });
  },
  async users(page, base) {
    await page.goto(`${base}/users`);
    await page.getByRole('row').nth(2).waitFor();
  },
  async 'api-keys'(page, base) {
    const headers = { origin: base };
    const { data } = await (await page.request.get(`${base}/api/v1/api-keys`)).json();
    for (const [name, may_write] of [['Nightly report', false], ['CRM sync', true]]) {
      if (data.some(key => key.name === name)) continue;
      const { secret } = await (await page.request.post(`${base}/api/v1/api-keys`, { data: { name, may_write }, headers })).json();
      // Used from elsewhere: with the cookie of the page it would be the session that asks.
      if (may_write) await fetch(`${base}/api/v1/session`, { headers: { authorization: `Bearer ${secret}` } });
    }
    await page.goto(`${base}/api-keys`);
    await page.getByRole('row', { name: /^Nightly report/ }).waitFor();
  },
  async sessions(page, base) {
    await page.goto(`${base}/sessions`);
    await page.getByRole('row').nth(1).waitFor();
  },
  async sources(page, base) {
    await page.goto(`${base}/sources`);
    await page.getByRole('table').waitFor();
  },
};

// The demo's button, which stands in a menu on a phone.
async function press(page, name) {
  const bar = page.getByRole('complementary', { name: 'Demo' });
  const menu = bar.getByRole('button', { name: 'Try' });
  if (await menu.isVisible()) {
    await menu.click();
    await page.getByRole('menuitem', { name }).click();
  } else {
    await bar.getByRole('button', { name, exact: true }).click();
  }
  await page.getByText(`Sent: ${name}`).first().waitFor();
}

await mkdir(OUT, { recursive: true });
const demo = await startDemo();
const browser = await launch();
try {
  await allStreamedIn(demo.base, 900_000); // thousands of customers: their pages are to be looked at whole
  for (const view of ['light', 'dark', 'phone']) {
    const first = await openPage(null, browser, demo.base, view);
    await first.goto(`${demo.base}/`);
    await first.getByLabel('E-mail address').waitFor();
    await shoot(first, 'sign-in', view);
    await first.context().close();
    for (const [name, open] of Object.entries(PAGES)) {
      const page = await signedIn(null, browser, demo.base, view);
      await open(page, demo.base);
      await page.waitForTimeout(1000); // charts are drawn after their data came; the stream never rests
      await shoot(page, name, view);
      if (name === 'why') await press(page, 'Rescue');
      await page.context().close();
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}
