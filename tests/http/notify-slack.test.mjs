// A signal reaches its owner and a channel by Slack, by preference; what Slack answers decides what comes next.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { waitFor } from './harness.mjs';
import { startMailbox, startSlack } from './mailbox.mjs';
import { CSM, openSignal, setArr, settingsOf, settledAccount, startTelling, userId } from './telling.mjs';

const TOKEN = 'xoxb-a-secret-token';
const quietly = (ms = 1200) => new Promise(resolve => setTimeout(resolve, ms));
const arrived = (slack, count) =>
  waitFor(() => slack.requests.length >= count, { what: `${count} requests of ${slack.requests.length}` });

const USUAL = {
  in_app: true, email: true, slack: false, slack_user_id: '', min_severity: 'medium', quiet_from: null,
  quiet_until: null, critical_passes: true, time_zone: '', digest_at: '08:00',
};

async function prefer(who, change) {
  const res = await who.call('PUT', '/api/v1/notification-preferences', { body: { ...USUAL, ...change } });
  assert.equal(res.status, 200, res.text);
  return res.body;
}

async function start(t, { bot = true, channel = true, env = {} } = {}) {
  const slack = await startSlack(t);
  const cairn = await startTelling(t, {
    env: settingsOf(null, {
      CAIRN_SLACK_API_URL: `${slack.url}/api`,
      ...(bot ? { CAIRN_SLACK_BOT_TOKEN: TOKEN } : {}),
      ...(channel ? { CAIRN_SLACK_WEBHOOK_URL: `${slack.url}/services/T/B/secret` } : {}),
      ...env,
    }),
  });
  const admin = await cairn.login();
  const csm = await cairn.login(CSM);
  const account = await settledAccount(admin, 'R&D <Labs>', await userId(admin, CSM.email));
  return { slack, cairn, admin, csm, account };
}

const deliveries = async (who, query = '') => (await who.get(`/api/v1/deliveries${query}`)).body.data;
const states = async who => (await deliveries(who)).map(({ channel, state }) => `${channel} ${state}`).sort();

test('a raised signal is a message to its owner by the bot, and one in the channel, each once with blocks and plain text', async t => {
  const { slack, cairn, admin, csm, account } = await start(t);
  assert.equal((await prefer(csm, { slack: true, slack_user_id: 'U024BE7LH' })).slack_is_set, true);
  await setArr(admin, account, 6000);
  const signal = await openSignal(admin, account, 'big');
  await arrived(slack, 2);
  await quietly();
  assert.equal(slack.requests.length, 2);
  const person = slack.requests.find(one => one.path === '/api/chat.postMessage');
  assert.equal(person.method, 'POST');
  assert.equal(person.headers.authorization, `Bearer ${TOKEN}`);
  assert.match(person.headers['content-type'], /^application\/json/);
  assert.equal(person.body.channel, 'U024BE7LH');
  assert.equal(person.body.text, '[high] R&D <Labs>: pays well');
  assert.equal(person.body.metadata.event_payload.id.slice(0, 5), 'mesg_');
  const sections = person.body.blocks.filter(block => block.type === 'section').map(block => block.text);
  assert.ok(sections.every(text => text.type === 'mrkdwn' && text.text.length <= 3000));
  assert.ok(sections[0].text.includes('R&amp;D &lt;Labs&gt;'), sections[0].text);
  assert.match(sections[1].text, /arr = \*6,000\*/);
  const buttons = person.body.blocks.find(block => block.type === 'actions').elements;
  assert.deepEqual(buttons.map(button => button.text.text), ['Acknowledge', 'The signal', 'The account']);

  const channel = slack.requests.find(one => one.path === '/services/T/B/secret');
  assert.equal(channel.headers.authorization, undefined);
  assert.equal(channel.body.channel, undefined);
  assert.equal(channel.body.text, person.body.text);
  assert.deepEqual(channel.body.blocks.at(-1).elements.map(button => button.text.text), ['The signal', 'The account'],
    'nobody in particular can be named as the one who acknowledged');

  const link = new URL(buttons[0].url).pathname;
  assert.equal((await cairn.call('POST', link)).status, 200);
  assert.notEqual((await admin.get(`/api/v1/signals/${signal.id}`)).body.acknowledged_at, null);
  assert.deepEqual(await states(admin), ['slack sent', 'slack_channel sent']);
  assert.ok(!cairn.log.includes(TOKEN) && !cairn.log.includes('/services/T/B'));
});

test('a ticket with a long subject leaves room for what else Slack is told of its account', async t => {
  const { slack, admin, account } = await start(t);
  const subject = `It burns ${'ä'.repeat(200)}`;
  const opened_at = new Date(Date.now() - 3600_000 + 1000).toISOString();
  const res = await admin.post(`/api/v1/accounts/${account.id}/tickets`, { subject, priority: 'critical', opened_at });
  assert.equal(res.status, 201, res.text);
  await openSignal(admin, account, 'waits');
  await arrived(slack, 1);
  const facts = slack.requests[0].body.blocks.filter(block => block.type === 'section')[1].text.text;
  assert.match(facts, /Ticket: It burns ä{40,60}\.\.\. ARR 1,000 USD\./, facts);
  assert.ok(!facts.includes('\ufffd'), facts);
});

test('Slack that is busy is left alone as long as it says, and that goes for all messages to it', async t => {
  const { slack, admin, account } = await start(t, { bot: false });
  const other = await settledAccount(admin, 'Other', account.owner?.id ?? (await userId(admin, CSM.email)));
  slack.answer = () => (slack.requests.length === 1 ? { status: 429, headers: { 'retry-after': '2' }, body: 'rate_limited' } : undefined);
  await setArr(admin, account, 6000);
  await arrived(slack, 1);
  await setArr(admin, other, 6000);
  await arrived(slack, 3);
  const [first, ...later] = slack.requests;
  for (const one of later) assert.ok(one.at - first.at >= 1900, `${one.at - first.at} ms after it asked for 2 s`);
  await waitFor(async () => (await deliveries(admin, '?state=sent')).length === 2);
  await quietly();
  assert.equal(slack.requests.length, 3);
});

test('Slack that fails is tried again until the attempts are used up; what it refuses stays failed with its reason, and an operator tries it again', async t => {
  const { slack, admin, csm, account } = await start(t, { env: { CAIRN_OUTBOX_ATTEMPTS_MAX: '3' } });
  await prefer(csm, { slack: true, slack_user_id: 'U000' });
  slack.answer = ({ path }) => (path.startsWith('/api')
    ? { status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":false,"error":"channel_not_found"}' }
    : { status: 500, body: 'rollup_error' });
  await setArr(admin, account, 6000);
  const failed = await waitFor(async () => {
    const found = await deliveries(admin, '?state=failed');
    return found.length === 2 && found;
  });
  await quietly();
  const byPath = Map.groupBy(slack.requests, one => one.path);
  assert.equal(byPath.get('/api/chat.postMessage').length, 1, 'refused for good');
  assert.equal(byPath.get('/services/T/B/secret').length, 3, 'as many as the setting says');
  assert.equal(new Set(byPath.get('/services/T/B/secret').map(one => one.body.text)).size, 1);
  const of = channel => failed.find(one => one.channel === channel);
  assert.match(of('slack').error, /channel_not_found/);
  assert.equal(of('slack').user_name, CSM.name);
  assert.equal(of('slack_channel').attempts, 3);
  assert.match(of('slack_channel').error, /500/);
  const { body } = await admin.get('/api/v1/deliveries');
  assert.deepEqual([body.waiting, body.failed], [0, 2]);

  slack.answer = undefined;
  for (const one of failed) {
    assert.equal((await admin.post(`/api/v1/deliveries/${one.id}/retry`)).status, 200);
  }
  await waitFor(async () => (await deliveries(admin, '?state=sent')).length === 2);
  assert.equal((await admin.post(`/api/v1/deliveries/${failed[0].id}/retry`)).status, 409);
  assert.equal((await csm.get('/api/v1/deliveries')).status, 403);
});

test('404, 403 and 410 of a webhook are for good', async t => {
  const { slack, admin, account } = await start(t, { bot: false });
  for (const [i, status] of [404, 403, 410].entries()) {
    slack.answer = () => ({ status, body: 'channel_is_archived' });
    assert.equal((await admin.post('/api/v1/deliveries/test', { channel: 'slack_channel' })).status, 202);
    await waitFor(async () => (await deliveries(admin, '?state=failed')).length === i + 1);
    assert.match((await deliveries(admin))[0].error, new RegExp(`${status}: channel_is_archived`));
  }
  await quietly(600);
  assert.equal(slack.requests.length, 3);
  assert.ok(account.id);
});

test('reliability 30: Slack on a private address is refused unless that is allowed, and so is one that a redirect leads to', async t => {
  const { slack, admin } = await start(t, { env: { CAIRN_OUTBOUND_ALLOW_PRIVATE: 'false' } });
  assert.equal((await admin.post('/api/v1/deliveries/test', { channel: 'slack_channel' })).status, 202);
  const [refused] = await waitFor(async () => {
    const found = await deliveries(admin, '?state=failed');
    return found.length === 1 && found;
  });
  assert.match(refused.error, /private/);
  assert.equal(slack.requests.length, 0);

  const open = await start(t);
  open.slack.answer = () => ({ status: 302, headers: { location: 'http://127.0.0.1:9/' }, body: '' });
  await open.admin.post('/api/v1/deliveries/test', { channel: 'slack_channel' });
  const [redirected] = await waitFor(async () => {
    const found = await deliveries(open.admin, '?state=failed');
    return found.length === 1 && found;
  });
  assert.match(redirected.error, /302/);
});

test('capabilities 53 people are told by the ways and from the severity that they chose; less is for the digest and uses no budget', async t => {
  const mailbox = await startMailbox(t);
  const cairn = await startTelling(t, { env: settingsOf(mailbox, { CAIRN_SIGNAL_DAILY_BUDGET: '1' }) });
  const admin = await cairn.login();
  const csm = await cairn.login(CSM);
  const owner = await userId(admin, CSM.email);
  const [first, second, third] = [
    await settledAccount(admin, 'First', owner), await settledAccount(admin, 'Second', owner), await settledAccount(admin, 'Third', owner),
  ];
  await prefer(csm, { min_severity: 'critical' });
  await setArr(admin, first, 6000);
  assert.equal((await openSignal(admin, first, 'big')).over_budget, false);
  await prefer(csm, { in_app: false });
  await setArr(admin, second, 6000);
  await openSignal(admin, second, 'big');
  await waitFor(() => mailbox.mails.length === 1);
  assert.match(mailbox.mails[0].headers.subject, /Second/);
  assert.equal((await csm.get('/api/v1/notifications')).body.unread, 0);
  await setArr(admin, third, 6000);
  assert.equal((await openSignal(admin, third, 'big')).over_budget, true);
  await quietly();
  assert.equal(mailbox.mails.length, 1, 'the budget of the day was one');
});

test('what was told in the app is listed until it was seen', async t => {
  const cairn = await startTelling(t, { env: settingsOf(null) });
  const admin = await cairn.login();
  const csm = await cairn.login(CSM);
  const account = await settledAccount(admin, 'Acme', await userId(admin, CSM.email));
  await setArr(admin, account, 6000);
  const signal = await openSignal(admin, account, 'big');
  const { body } = await csm.get('/api/v1/notifications');
  assert.equal(body.unread, 1);
  assert.deepEqual(body.data.map(one => [one.signal_id, one.account_name, one.because, one.severity, one.read_at]),
    [[signal.id, 'Acme', 'pays well', 'high', null]]);
  assert.equal((await admin.get('/api/v1/notifications')).body.unread, 0, 'each has their own');
  assert.equal((await csm.post('/api/v1/notifications/read', { until: body.data[0].id })).status, 204);
  const seen = (await csm.get('/api/v1/notifications')).body;
  assert.deepEqual([seen.unread, seen.data.length, seen.data[0].read_at !== null], [0, 1, true]);
});

test('in quiet hours mails wait for their end, and what is critical does not if that was chosen', async t => {
  const mailbox = await startMailbox(t);
  const cairn = await startTelling(t, { env: settingsOf(mailbox) });
  const admin = await cairn.login();
  const csm = await cairn.login(CSM);
  const account = await settledAccount(admin, 'Acme', await userId(admin, CSM.email));
  const clock = ms => new Date(Date.now() + ms).toISOString().slice(11, 16);
  await prefer(csm, { quiet_from: clock(-3600_000), quiet_until: clock(3600_000), time_zone: 'UTC' });
  await setArr(admin, account, 6000);
  await openSignal(admin, account, 'big');
  const [held] = await deliveries(admin);
  assert.equal(held.is_held, true);
  const wait = Date.parse(held.due_at) - Date.now();
  assert.ok(wait > 3480_000 && wait <= 3600_000, `${wait} ms`);
  await setArr(admin, account, 60000);
  await openSignal(admin, account, 'huge');
  await waitFor(() => mailbox.mails.length === 1);
  assert.match(mailbox.mails[0].headers.subject, /^\[critical\]/);
  await quietly();
  assert.equal(mailbox.mails.length, 1);
  assert.deepEqual(await states(admin), ['email sent', 'email waiting']);
});

test('preferences that mean nothing are refused, with the place', async t => {
  const cairn = await startTelling(t);
  const csm = await cairn.login(CSM);
  const { body: usual } = await csm.get('/api/v1/notification-preferences');
  assert.deepEqual(usual, { ...USUAL, mail_is_set: false, slack_is_set: false });
  for (const [change, field] of [
    [{ quiet_from: '22:00' }, 'quiet_until'], [{ quiet_from: '22:00', quiet_until: '22:00' }, 'quiet_until'],
    [{ quiet_from: '24:00', quiet_until: '07:00' }, 'quiet_from'], [{ digest_at: '8 am' }, 'digest_at'],
    [{ time_zone: 'Mars/Base' }, 'time_zone'], [{ slack: true }, 'slack_user_id'], [{ slack_user_id: 'carla' }, 'slack_user_id'],
  ]) {
    const res = await csm.call('PUT', '/api/v1/notification-preferences', { body: { ...USUAL, ...change } });
    assert.equal(res.status, 422, JSON.stringify(change));
    assert.ok(res.text.includes(field), `${JSON.stringify(change)}: ${res.text}`);
  }
  assert.deepEqual((await csm.get('/api/v1/notification-preferences')).body, usual);
});

test('the channel gets what is as severe as slack.channel_severity, and nothing less', async t => {
  const { slack, admin, account } = await start(t, { bot: false, env: { CAIRN_SLACK_CHANNEL_SEVERITY: 'critical' } });
  await setArr(admin, account, 6000);
  await openSignal(admin, account, 'big');
  await setArr(admin, account, 60_000);
  await openSignal(admin, account, 'huge');
  await arrived(slack, 1);
  assert.equal(slack.requests[0].body.text, '[critical] R&D <Labs>: pays a lot');
  assert.deepEqual(await waitFor(async () => {
    const all = await states(admin);
    return all.includes('slack_channel sent') && all;
  }, { what: 'the word that it was sent' }), ['slack_channel sent'], 'nothing waits that would be sent later');
});
