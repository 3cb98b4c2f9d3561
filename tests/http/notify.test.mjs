// A signal reaches its owner by mail: once, through crashes and servers that are away; and the link in
// it acknowledges.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { digestAtItsTime } from './digest.mjs';
import { cairnCommand, waitFor } from './harness.mjs';
import { startMailbox } from './mailbox.mjs';
import { CSM, openSignal, setArr, settingsOf, settledAccount, startTelling, userId } from './telling.mjs';

// Long enough for what must not come to have come.
const quietly = (ms = 1500) => new Promise(resolve => setTimeout(resolve, ms));
const arrived = (mailbox, count) =>
  waitFor(() => mailbox.mails.length >= count, { what: `${count} mails, there are ${mailbox.mails.length}` });

async function raised(t, options) {
  const mailbox = await startMailbox(t, options);
  const cairn = await startTelling(t, { env: settingsOf(mailbox, options?.env), files: options?.files });
  const admin = await cairn.login();
  const account = await settledAccount(admin, 'Acme & Söhne <Co>', await userId(admin, CSM.email));
  return { mailbox, cairn, admin, account };
}

const linkOf = mail => new URL(/https?:\/\/\S+\/api\/v1\/acknowledge\/\S+/.exec(mail.text)[0]).pathname;

// The digest is told at a full minute; meanwhile the others run, one after the other.
describe('people are told', { concurrency: 2 }, () => {
  test('capabilities 53 a digest at the chosen time tells by account what was new, waits and cleared, also what was over the budget; once, and only to whom there is something to say', digestAtItsTime);

  describe('by mail', () => {
    test('capabilities 44 a signal that is raised reaches its owner by mail within a second, with the reason and links', async t => {
      const { mailbox, cairn, admin, account } = await raised(t);
      assert.deepEqual(mailbox.mails, [], 'what was so from the start tells nobody');
      await setArr(admin, account, 6000);
      const signal = await openSignal(admin, account, 'big');
      await arrived(mailbox, 1);
      const [mail] = mailbox.mails;
      assert.equal(mail.from, 'cairn@vendor.example');
      assert.deepEqual(mail.to, [CSM.email]);
      assert.equal(mail.headers.subject, '[high] Acme & Söhne <Co>: pays well');
      assert.equal(mail.headers.from, 'Cairn <cairn@vendor.example>');
      assert.match(mail.headers['message-id'], /^<mesg_\w+@vendor\.example>$/);
      assert.equal(mail.headers['auto-submitted'], 'auto-generated');
      assert.ok(Math.abs(Date.parse(mail.headers.date) - Date.parse(signal.raised_at)) < 5000, mail.headers.date);
      assert.match(mail.text, /arr = 6,000/);
      assert.match(mail.text, /ARR 6,000 USD/);
      assert.ok(mail.text.includes(`${cairn.base}/accounts/${account.id}`));
      assert.ok(mail.text.includes(signal.id));
      assert.ok(mail.html.includes('Acme &amp; Söhne &lt;Co&gt;'), mail.html);
      assert.ok(!mail.html.includes('<Co>'));
      // What clears, and what returns before it is armed again, tells nobody.
      await setArr(admin, account, 3000);
      await waitFor(async () => (await admin.get(`/api/v1/signals/${signal.id}`)).body.state === 'cleared');
      await setArr(admin, account, 7000);
      await waitFor(async () => (await admin.get(`/api/v1/signals/${signal.id}`)).body.state === 'open');
      await setArr(admin, account, 60000);
      await arrived(mailbox, 2);
      await quietly();
      assert.deepEqual(mailbox.mails.map(one => one.headers.subject.split(']')[0]), ['[high', '[critical']);
      assert.notEqual(mailbox.mails[0].headers['message-id'], mailbox.mails[1].headers['message-id']);
    });

    test('capabilities 17: a mail and the evidence of a signal say the point and the grade that the score was shown with', async t => {
      const card = scores => `scorecard: paying\nmeasures:\n  - {name: pays, weight: 1, score: "${scores}"}\n`;
      for (const [grades, wanted, told] of [
        ['grades: {A: 85, B: 0}\n', [84.6, 85, 'green', 'A'], 'Health then 85 of 100, green, grade A; 100 is healthy.'],
        ['', [84.6, 85, 'green', null], 'Health then 85 of 100, green; 100 is healthy.'],
      ]) {
        const { mailbox, admin, account } = await raised(t, { files: { 'card.yaml': card('arr > 5000.0 ? 84.6 : 100.0') + grades } });
        await setArr(admin, account, 6000);
        const { id } = await openSignal(admin, account, 'big');
        await arrived(mailbox, 1);
        const { history } = (await admin.get(`/api/v1/signals/${id}`)).body;
        const { health } = history.find(event => event.evidence).evidence;
        assert.deepEqual([health.points, health.whole, health.band, health.grade], wanted);
        assert.ok(mailbox.mails[0].text.includes(told), mailbox.mails[0].text);
      }
    });

    test('the link of a mail shows a page that changes nothing, and its button acknowledges once, signed out, as whom it was sent to', async t => {
      const { mailbox, cairn, admin, account } = await raised(t);
      await setArr(admin, account, 6000);
      const signal = await openSignal(admin, account, 'big');
      await arrived(mailbox, 1);
      const link = linkOf(mailbox.mails[0]);
      for (const method of ['GET', 'HEAD', 'GET']) {
        const page = await cairn.call(method, link);
        assert.equal(page.status, 200);
        assert.match(page.headers.get('content-type'), /^text\/html/);
        assert.match(page.headers.get('content-security-policy'), /default-src 'none'/);
        assert.equal(page.headers.get('content-disposition'), null);
        if (method === 'GET') {
          assert.match(page.text, /<form method="post">.*Acknowledge as Carla CSM/s);
          assert.ok(!page.text.includes('<Co>'), 'names are escaped');
        }
      }
      assert.equal((await admin.get(`/api/v1/signals/${signal.id}`)).body.acknowledged_at, null, 'a scanner that follows links');
      const foreign = await cairn.call('POST', link, { headers: { origin: 'https://evil.example' } });
      assert.equal(foreign.status, 403);
      for (let i = 0; i < 2; i += 1) {
        const done = await cairn.call('POST', link, { headers: { origin: cairn.base, 'content-type': 'application/x-www-form-urlencoded' } });
        assert.equal(done.status, 200, done.text);
        assert.match(done.text, /Acknowledged by Carla CSM/);
      }
      const { body } = await admin.get(`/api/v1/signals/${signal.id}`);
      const events = body.history.filter(event => event.kind === 'acknowledged');
      assert.deepEqual(events.map(event => event.user_id), [await userId(admin, CSM.email)]);
      assert.match((await cairn.call('GET', link)).text, /Acknowledged by Carla CSM/);

      // A link is one text: any other is none.
      const path = '/api/v1/acknowledge/';
      const [record, user, until, mac] = link.slice(path.length).split('.');
      const others = [
        [record, user, String(Number(until) + 1), mac], [record, await userId(admin, 'admin@example.com'), until, mac],
        [record, user, until, `${mac.slice(0, -1)}${mac.endsWith('A') ? 'B' : 'A'}`], [record, user, until], ['x'],
      ];
      for (const other of others) {
        assert.equal((await cairn.call('POST', path + other.join('.'))).status, 404, other.join('.'));
      }
      const page = await cairn.call('GET', `${path}x`, { headers: { accept: 'text/html' } });
      assert.equal(page.status, 404);
      assert.match(page.text, /<h1>This did not work/);
    });

    test('a link of a mail expires', async t => {
      const { mailbox, cairn, admin, account } = await raised(t, { env: { CAIRN_SIGNAL_LINK_TTL: '1s' } });
      await setArr(admin, account, 6000);
      const signal = await openSignal(admin, account, 'big');
      await arrived(mailbox, 1);
      const link = linkOf(mailbox.mails[0]);
      await waitFor(async () => (await cairn.call('GET', link)).status === 410, { what: 'an expired link' });
      assert.equal((await cairn.call('POST', link)).status, 410);
      assert.equal((await admin.get(`/api/v1/signals/${signal.id}`)).body.acknowledged_at, null);
    });

    test('reliability 12: killed while a mail is on its way, it is sent again at most once, under the same Message-ID', async t => {
      const { mailbox, cairn, admin, account } = await raised(t);
      // The server has the mail, and Cairn dies before it hears that.
      const died = new Promise(resolve => {
        mailbox.taken = async () => {
          mailbox.taken = undefined;
          await cairn.kill();
          resolve();
        };
      });
      await setArr(admin, account, 6000);
      await died;
      await cairn.start();
      await arrived(mailbox, 2);
      await quietly();
      assert.equal(new Set(mailbox.mails.map(mail => mail.headers['message-id'])).size, 1);
      assert.equal(mailbox.mails.length, 2);
      const again = await cairn.login();
      assert.equal((await again.get('/api/v1/signals?rule=big')).body.total, 1);
    });

    test('reliability 12: killed at any moment around the raise, each signal that is there was told, and none twice without a crash in its send', async t => {
      const { mailbox, cairn, admin, account } = await raised(t);
      let who = admin;
      const owner = await userId(admin, CSM.email);
      const accounts = [account];
      for (let i = 0; i < 5; i += 1) accounts.push(await settledAccount(admin, `Other ${'abcde'[i]}`, owner));
      let kills = 0;
      for (const [i, one] of accounts.entries()) {
        await setArr(who, one, 6000);
        await new Promise(resolve => setTimeout(resolve, i * 25));
        await cairn.kill();
        kills += 1;
        await cairn.start();
        who = await cairn.login();
      }
      for (const one of accounts) await openSignal(who, one, 'big');
      const idsOf = () => new Map(mailbox.mails.map(mail => [mail.headers.subject, mail.headers['message-id']]));
      await waitFor(() => idsOf().size === accounts.length, { what: 'a mail about each' });
      await quietly();
      const perId = Map.groupBy(mailbox.mails, mail => mail.headers['message-id']);
      assert.equal(perId.size, accounts.length, 'one message each');
      for (const copies of perId.values()) assert.ok(copies.length <= 2, 'at most one duplicate of a send that a crash interrupted');
      assert.ok(mailbox.mails.length - perId.size <= kills);
    });

    test('a mail server that is away or refuses for now is tried again; one that refuses for good is not', async t => {
      const { mailbox, cairn, admin, account } = await raised(t);
      await mailbox.stop();
      await setArr(admin, account, 6000);
      await openSignal(admin, account, 'big');
      await quietly(400);
      await cairn.restart();
      mailbox.answer = () => (mailbox.attempts <= 2 ? Object.assign(new Error('greylisted'), { responseCode: 451 }) : undefined);
      await mailbox.start();
      await arrived(mailbox, 1);
      assert.equal(mailbox.attempts, 3, 'two refusals for now, then it was taken');

      const who = await cairn.login();
      mailbox.answer = () => Object.assign(new Error('no such mailbox'), { responseCode: 550 });
      await setArr(who, account, 60000);
      await openSignal(who, account, 'huge');
      await waitFor(() => mailbox.attempts === 4);
      await quietly();
      assert.equal(mailbox.attempts, 4);
      assert.equal(mailbox.mails.length, 1);
    });

    test('reliability 30: a mail server on a private address is refused unless that is allowed', async t => {
      const { mailbox, admin, account } = await raised(t, { env: { CAIRN_OUTBOUND_ALLOW_PRIVATE: 'false' } });
      await setArr(admin, account, 6000);
      await openSignal(admin, account, 'big');
      await quietly();
      assert.equal(mailbox.attempts, 0);
    });

    test('a mail server that wants a sign-in gets it, and the password is in no log and no listing', async t => {
      const password = 'a secret that nobody prints';
      const env = { CAIRN_MAIL_SMTP_USER: 'cairn', CAIRN_MAIL_SMTP_PASSWORD: password };
      const { mailbox, cairn, admin, account } = await raised(t, { user: 'cairn', password, env });
      await setArr(admin, account, 6000);
      await arrived(mailbox, 1);
      const listed = await cairnCommand(['config', 'list', '--data', cairn.dir], { env });
      assert.match(listed.stdout, /mail\.smtp_password/);
      assert.ok(!(cairn.log + listed.stdout).includes(password));
    });

    test('cairn doctor says when nothing can be sent', async t => {
      const cairn = await startTelling(t);
      cairn.assertClean(await cairn.stop());
      const bare = await cairnCommand(['doctor', ...cairn.where]);
      assert.equal(bare.code, 0, bare.stderr);
      assert.match(bare.stdout, /messages +nothing can be sent: .*mail\.smtp_host/);
      const set = await cairnCommand(['doctor', ...cairn.where], {
        env: { CAIRN_MAIL_SMTP_HOST: 'mail.example.com', CAIRN_HTTP_PUBLIC_URL: 'https://cairn.example.com' },
      });
      assert.match(set.stdout, /messages +can be sent/);
      await cairn.start();
    });
  });
});
