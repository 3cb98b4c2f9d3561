// Waits for up to a minute: notify.test.mjs runs it beside its other tests.
// The digest: one mail a day of what is new, what still waits and what cleared, only if there is something.
import assert from 'node:assert/strict';

import { waitFor } from './harness.mjs';
import { startMailbox } from './mailbox.mjs';
import { CSM, giveTo, openSignal, setArr, settingsOf, settledAccount, startTelling, userId } from './telling.mjs';

const clock = at => new Date(at).toISOString().slice(11, 16);

export async function digestAtItsTime(t) {
  const mailbox = await startMailbox(t);
  const cairn = await startTelling(t, { env: settingsOf(mailbox, { CAIRN_SIGNAL_DAILY_BUDGET: '2' }) });
  const admin = await cairn.login();
  const csm = await cairn.login(CSM);
  const owner = await userId(admin, CSM.email);
  const [small, large, gone] = [
    await settledAccount(admin, 'Small & Co', owner), await settledAccount(admin, 'Large Ltd', owner), await settledAccount(admin, 'Gone GmbH', owner),
  ];
  await setArr(admin, gone, 6000);
  const cleared = await openSignal(admin, gone, 'big');
  await setArr(admin, gone, 3000);
  await waitFor(async () => (await admin.get(`/api/v1/signals/${cleared.id}`)).body.state === 'cleared');
  await setArr(admin, small, 6000);
  await openSignal(admin, small, 'big');
  await setArr(admin, large, 7000);
  assert.equal((await openSignal(admin, large, 'big')).over_budget, true);
  await waitFor(() => mailbox.mails.length === 2, { what: 'what the budget allows' });
  // A signal stays hers when its account goes to somebody else: the digest no longer names that account.
  const left = await settledAccount(admin, 'Left AG', owner);
  await setArr(admin, left, 8000);
  await openSignal(admin, left, 'big');
  await giveTo(admin, left, null);

  // The next full minute that leaves time to say so.
  const due = Math.ceil((Date.now() + 3000) / 60_000) * 60_000;
  for (const who of [admin, csm]) {
    const { body } = await who.get('/api/v1/notification-preferences');
    delete body.mail_is_set;
    delete body.slack_is_set;
    const res = await who.call('PUT', '/api/v1/notification-preferences', { body: { ...body, digest_at: clock(due), time_zone: 'UTC' } });
    assert.equal(res.status, 200, res.text);
  }
  await waitFor(() => mailbox.mails.length === 3, { what: 'the digest', timeoutMs: 80_000 });
  assert.ok(Date.now() >= due);
  const mail = mailbox.mails[2];
  assert.deepEqual(mail.to, [CSM.email]);
  assert.equal(mail.headers.subject, 'Your signals: 2 new, 1 cleared');
  const lines = mail.text.split('\n');
  const headings = ['Large Ltd, ARR 7,000 USD', 'Small & Co, ARR 6,000 USD', 'Gone GmbH, ARR 3,000 USD'];
  assert.deepEqual(lines.filter(line => /, ARR/.test(line)), headings);
  assert.match(mail.text, /Large Ltd.*\n.*\/accounts\/.*\n {2}new: \[high\] pays well, .*over the day's budget/);
  assert.match(mail.text, /Gone GmbH.*\n.*\n {2}cleared: \[high\] pays well/);
  assert.ok(mail.html.includes('Small &amp; Co'));

  // Once, through a restart; nobody else had anything.
  await cairn.restart();
  await new Promise(resolve => setTimeout(resolve, 6500));
  assert.equal(mailbox.mails.length, 3);
  const again = await cairn.login();
  const { body } = await again.get('/api/v1/deliveries');
  assert.deepEqual(body.data.map(one => one.kind), ['digest', 'signal', 'signal']);
}
