// Mail and Slack by TLS: nothing is handed to whom nobody vouches for, and what to do about that is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';
import { certificate, startMailbox, startSlack } from './mailbox.mjs';
import { settingsOf } from './telling.mjs';

const SIGN_IN = { user: 'cairn', password: 'of the mail server' };

// Serves the workspace with these settings from now on.
async function serveWith(cairn, env) {
  cairn.assertClean(await cairn.stop());
  cairn.options.env = settingsOf(null, env);
  await cairn.start();
  return cairn.login();
}

const mailOf = (mailbox, more) => ({
  CAIRN_MAIL_SMTP_HOST: '127.0.0.1', CAIRN_MAIL_SMTP_PORT: String(mailbox.port),
  CAIRN_MAIL_SMTP_USER: SIGN_IN.user, CAIRN_MAIL_SMTP_PASSWORD: SIGN_IN.password, ...more,
});

async function tell(admin, channel) {
  assert.equal((await admin.post('/api/v1/deliveries/test', { channel })).status, 202);
}

// What is said of the newest message once it was tried.
const refusal = admin => waitFor(async () => {
  const [newest] = (await admin.get('/api/v1/deliveries')).body.data;
  return newest.error !== '' && newest;
}, { what: 'an attempt that fails' });

test('mail goes by STARTTLS, or TLS from the first byte, to whom outbound.ca_file vouches for and to nobody else', async t => {
  const tls = await certificate(t);
  const mailbox = await startMailbox(t, { tls, ...SIGN_IN });
  const cairn = await startCairn(t);

  let admin = await serveWith(cairn, mailOf(mailbox)); // starttls is how it is unless somebody says otherwise
  await tell(admin, 'email');
  const unknown = await refusal(admin);
  assert.equal(unknown.state, 'waiting', 'who puts it right need not send it again');
  assert.match(unknown.error, /certificate.*outbound\.ca_file/);
  assert.equal(mailbox.attempts, 0);

  admin = await serveWith(cairn, mailOf(mailbox, { CAIRN_OUTBOUND_CA_FILE: tls.file }));
  await waitFor(() => mailbox.mails.length === 1, { what: 'the mail that waited' });
  assert.equal(mailbox.mails[0].secure, true);

  const other = await certificate(t, '192.0.2.1'); // trusted, as somebody else
  const elsewhere = await startMailbox(t, { tls: other, ...SIGN_IN });
  admin = await serveWith(cairn, mailOf(elsewhere, { CAIRN_OUTBOUND_CA_FILE: other.file }));
  await tell(admin, 'email');
  assert.match((await refusal(admin)).error, /certificate.*127\.0\.0\.1.*outbound\.ca_file/);
  assert.equal(elsewhere.attempts, 0);

  const first = await startMailbox(t, { tls, secure: true, ...SIGN_IN });
  admin = await serveWith(cairn, mailOf(first, { CAIRN_OUTBOUND_CA_FILE: tls.file, CAIRN_MAIL_SMTP_TLS: 'tls' }));
  await waitFor(() => first.mails.length === 1, { what: 'the mail that waited, by TLS from the first byte' });
  assert.equal(first.mails[0].secure, true);
});

test('a mail server that offers no TLS is given neither a mail nor a password', async t => {
  const mailbox = await startMailbox(t, SIGN_IN);
  const cairn = await startCairn(t);
  for (const mode of ['starttls', 'tls']) {
    const admin = await serveWith(cairn, mailOf(mailbox, { CAIRN_MAIL_SMTP_TLS: mode }));
    await tell(admin, 'email');
    assert.match((await refusal(admin)).error, /mail\.smtp_tls and mail\.smtp_port/, mode);
  }
  assert.equal(mailbox.attempts, 0);
});

test('Slack by https is one whom outbound.ca_file vouches for', async t => {
  const tls = await certificate(t);
  const slack = await startSlack(t, { tls });
  const cairn = await startCairn(t);
  const hook = { CAIRN_SLACK_WEBHOOK_URL: `${slack.url}/services/T/B/secret` };

  let admin = await serveWith(cairn, hook);
  await tell(admin, 'slack_channel');
  const unknown = await refusal(admin);
  assert.equal(unknown.state, 'waiting');
  assert.match(unknown.error, /certificate.*outbound\.ca_file/);
  assert.equal(slack.requests.length, 0);

  admin = await serveWith(cairn, { ...hook, CAIRN_OUTBOUND_CA_FILE: tls.file });
  await waitFor(() => slack.requests.length === 1, { what: 'the message that waited' });

  cairn.assertClean(await cairn.stop());
  cairn.options.env = { CAIRN_OUTBOUND_CA_FILE: `${cairn.dir}/none.pem` };
  await assert.rejects(cairn.start(), /setting outbound\.ca_file: cannot read .*none\.pem: No such file/);
  await cairn.ended();
});
