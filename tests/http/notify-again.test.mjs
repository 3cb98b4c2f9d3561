// Who is handed a signal is told, and who snoozed one is told again when the snooze is over: by mail and
// in the app, once, through restarts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { waitFor } from './harness.mjs';
import { startMailbox } from './mailbox.mjs';
import { CSM, giveTo, openSignal, setArr, settingsOf, settledAccount, startTelling, userId } from './telling.mjs';

const LEA = { email: 'lea@example.com', password: 'yet another battery', name: 'Lea Ops', role: 'ops' };
const quietly = (ms = 1500) => new Promise(resolve => setTimeout(resolve, ms));
const subjects = mailbox => mailbox.mails.map(mail => mail.headers.subject);
const arrived = (mailbox, count) =>
  waitFor(() => mailbox.mails.length >= count, { what: `${count} mails, there are ${mailbox.mails.length}` });

// A signal that Carla was told of.
async function raised(t, { env } = {}) {
  const mailbox = await startMailbox(t);
  const cairn = await startTelling(t, { users: [CSM, LEA], env: settingsOf(mailbox, env) });
  const admin = await cairn.login();
  const account = await settledAccount(admin, 'Acme', await userId(admin, CSM.email));
  await setArr(admin, account, 6000);
  const signal = await openSignal(admin, account, 'big');
  await arrived(mailbox, 1);
  return { mailbox, cairn, admin, account, signal };
}

const act = async (who, signal, verb, body) => {
  const res = await who.post(`/api/v1/signals/${signal.id}/${verb}`, body);
  assert.equal(res.status, 200, res.text);
  return res.body;
};
const inApp = async who => (await who.get('/api/v1/notifications')).body.data;
const prefer = async (who, preference) => {
  const { body } = await who.get('/api/v1/notification-preferences');
  const { mail_is_set: _mail, slack_is_set: _slack, ...kept } = body;
  const res = await who.call('PUT', '/api/v1/notification-preferences', { body: { ...kept, ...preference } });
  assert.equal(res.status, 200, res.text);
};

describe('people are told of signals that were raised before', { concurrency: 2 }, () => {
  test('capabilities 44 who is handed a signal is told by mail and in the app, with who asks; nobody else is', async t => {
    const { mailbox, cairn, admin, signal } = await raised(t);
    const lea = await userId(admin, LEA.email);
    await act(admin, signal, 'assign', { assignee_id: lea });
    await arrived(mailbox, 2);
    const [, mail] = mailbox.mails;
    assert.deepEqual(mail.to, [LEA.email]);
    assert.equal(mail.headers.subject, '[high] Acme: pays well (assigned to you)');
    const { body: me } = await admin.get('/api/v1/session');
    assert.ok(mail.text.includes(`${me.user.name} asks you to look at it.`), mail.text);
    assert.match(mail.text, /Acknowledge, without signing in: http/);
    const colleague = await cairn.login(LEA);
    const [message] = await inApp(colleague);
    assert.deepEqual([message.signal_id, message.kind], [signal.id, 'assigned']);
    // The same again, oneself, and nobody: none of these tells anybody.
    await act(admin, signal, 'assign', { assignee_id: lea });
    await act(colleague, signal, 'assign', { assignee_id: await userId(admin, CSM.email) });
    await arrived(mailbox, 3);
    await act(colleague, signal, 'assign', { assignee_id: lea });
    await act(admin, signal, 'assign', { assignee_id: null });
    await quietly();
    assert.deepEqual(mailbox.mails.map(one => one.to[0]), [CSM.email, LEA.email, CSM.email]);
    assert.equal((await inApp(colleague)).length, 1);
  });

  test('the preference of the new owner decides: less than their severity is in the digest alone, and no mail is no mail', async t => {
    const { mailbox, cairn, admin, signal } = await raised(t);
    const colleague = await cairn.login(LEA);
    await prefer(colleague, { email: false });
    await act(admin, signal, 'assign', { assignee_id: await userId(admin, LEA.email) });
    await waitFor(async () => (await inApp(colleague)).length === 1, { what: 'a message in the app' });
    await act(admin, signal, 'assign', { assignee_id: null });
    await prefer(colleague, { email: true, min_severity: 'critical' });
    await act(admin, signal, 'assign', { assignee_id: await userId(admin, LEA.email) });
    await quietly();
    assert.equal(mailbox.mails.length, 1, 'of the raise alone');
    assert.equal((await inApp(colleague)).length, 1);
  });

  test('what is handed over in bulk counts for the budget of the day', async t => {
    const { mailbox, cairn, admin, account, signal } = await raised(t, { env: { CAIRN_SIGNAL_DAILY_BUDGET: '2' } });
    const lea = await userId(admin, LEA.email);
    const signals = [signal.id];
    for (const name of ['Beta', 'Gamma']) {
      const other = await settledAccount(admin, name, account.owner_id);
      await setArr(admin, other, 6000);
      signals.push((await openSignal(admin, other, 'big')).id);
    }
    const res = await admin.post('/api/v1/signals/bulk', { action: 'assign', signals, assignee_id: lea });
    assert.equal(res.status, 200, res.text);
    assert.equal(res.body.data.length, 3);
    const colleague = await cairn.login(LEA);
    await waitFor(() => mailbox.mails.filter(mail => mail.to[0] === LEA.email).length === 2, { what: 'two mails' });
    await quietly();
    assert.equal(mailbox.mails.filter(mail => mail.to[0] === LEA.email).length, 2);
    assert.equal((await inApp(colleague)).length, 2);
  });

  test('a snooze that is over asks again within a second, once: its owner is told, the inbox shows it open', async t => {
    const { mailbox, admin, signal } = await raised(t);
    const until = new Date(Date.now() + 2500).toISOString();
    assert.equal((await act(admin, signal, 'snooze', { until })).state, 'snoozed');
    await quietly(1500);
    assert.equal(mailbox.mails.length, 1);
    await arrived(mailbox, 2);
    assert.deepEqual(subjects(mailbox)[1], '[high] Acme: pays well (the snooze is over)');
    assert.deepEqual(mailbox.mails[1].to, [CSM.email]);
    const { body } = await admin.get(`/api/v1/signals/${signal.id}`);
    assert.equal(body.state, 'open');
    assert.equal(body.snoozed_until, null);
    const again = body.history.filter(event => event.kind === 'asked_again');
    assert.equal(again.length, 1);
    const late = Date.parse(again[0].at) - Date.parse(until);
    assert.ok(late >= 0 && late <= 1000, `${late} ms late`);
    await quietly();
    assert.equal(mailbox.mails.length, 2);
  });

  test('a snooze that ends while Cairn is down, or killed around its end, is told once, to whom it is assigned by then', async t => {
    const { mailbox, cairn, admin, signal } = await raised(t);
    await act(admin, signal, 'snooze', { until: new Date(Date.now() + 1500).toISOString() });
    await act(admin, signal, 'assign', { assignee_id: await userId(admin, LEA.email) });
    await arrived(mailbox, 2);
    await cairn.kill();
    await quietly(2000);
    await cairn.start();
    await arrived(mailbox, 3);
    await cairn.restart();
    await quietly();
    assert.deepEqual(subjects(mailbox).slice(2), ['[high] Acme: pays well (the snooze is over)']);
    assert.deepEqual(mailbox.mails[2].to, [LEA.email]);
    const who = await cairn.login();
    const { body } = await who.get(`/api/v1/signals/${signal.id}`);
    assert.equal(body.history.filter(event => event.kind === 'asked_again').length, 1);
  });

  test('the new owner of an account is told of its open signals', async t => {
    const { mailbox, admin, account } = await raised(t);
    await giveTo(admin, account, await userId(admin, LEA.email));
    await arrived(mailbox, 2);
    assert.deepEqual(mailbox.mails[1].to, [LEA.email]);
    assert.match(subjects(mailbox)[1], /Acme: pays well/);
  });

  test('a message is dropped if the person may not see the account any more when it is to be sent', async t => {
    const { mailbox, admin, account, signal } = await raised(t);
    await act(admin, signal, 'snooze', { until: new Date(Date.now() + 1500).toISOString() });
    await giveTo(admin, account, null);
    const dropped = await waitFor(async () => (await admin.get('/api/v1/deliveries')).body.data.find(one => one.state === 'dropped'),
      { what: 'a dropped message' });
    assert.deepEqual([dropped.kind, dropped.user_name], ['snooze_over', CSM.name]);
    assert.match(dropped.error, /may not see the account/);
    await quietly();
    assert.equal(mailbox.mails.length, 1);
  });

  test('what cleared or was resolved while it was snoozed asks nobody, and a longer snooze only at its end', async t => {
    const { mailbox, admin, account, signal } = await raised(t);
    await act(admin, signal, 'snooze', { until: new Date(Date.now() + 1000).toISOString() });
    await act(admin, signal, 'snooze', { until: new Date(Date.now() + 3500).toISOString() });
    await quietly(2000);
    assert.equal(mailbox.mails.length, 1);
    await setArr(admin, account, 3000);
    await waitFor(async () => (await admin.get(`/api/v1/signals/${signal.id}`)).body.state === 'cleared');
    await quietly(2500);
    assert.equal(mailbox.mails.length, 1);
    const { body } = await admin.get(`/api/v1/signals/${signal.id}`);
    assert.equal(body.snoozed_until, null);
    assert.deepEqual(body.history.filter(event => event.kind === 'asked_again'), []);
  });
});
