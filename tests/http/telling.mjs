// A workspace whose signals a test can raise at will, and that tells of them.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { cairnCommand, startCairn, waitFor } from './harness.mjs';

const SIGNALS = `signals:
  big:
    because: pays well
    when: arr > 5000.0
    clear: arr <= 4000.0
    severity: high
  huge:
    because: pays a lot
    when: arr > 50000.0
    severity: critical
  small:
    because: pays little
    when: arr < 50.0
    severity: low
  waits:
    because: a critical ticket waits
    each: tickets.critical_for(1)
    severity: high
  asked:
    when: external_id != ''
    severity: low
`;

export const CSM = { email: 'carla@example.com', password: 'another horse battery', name: 'Carla CSM', role: 'csm' };

// Settings of a mailbox (tests/http/mailbox.mjs), with pauses that a test can wait for.
export const settingsOf = (mailbox, more = {}) => ({
  ...(mailbox ? { CAIRN_MAIL_SMTP_HOST: '127.0.0.1', CAIRN_MAIL_SMTP_PORT: String(mailbox.port), CAIRN_MAIL_SMTP_TLS: 'none' } : {}),
  CAIRN_MAIL_FROM: 'Cairn <cairn@vendor.example>',
  CAIRN_OUTBOUND_ALLOW_PRIVATE: 'true',
  CAIRN_OUTBOX_RETRY_FIRST: '100ms',
  CAIRN_OUTBOX_RETRY_MAX: '400ms',
  ...more,
});

export async function startTelling(t, { env, files = {}, ...options } = {}) {
  const cairn = await startCairn(t, {
    users: [CSM],
    ...options,
    env: { CAIRN_SIGNAL_SETTLE: '0s', CAIRN_ENGINE_TICK: '100ms', ...env },
  });
  cairn.assertClean(await cairn.stop());
  const folder = join(cairn.dir, 'telling-program');
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries({ 'signals.yaml': SIGNALS, ...files })) await writeFile(join(folder, name), text);
  const done = await cairnCommand(['program', 'apply', ...cairn.where, folder]);
  assert.equal(done.code, 0, done.stderr);
  return cairn.start();
}

export const usd = amount => ({ minor: amount * 100, currency: 'USD' });

export async function setArr(who, account, amount) {
  const { headers } = await who.get(`/api/v1/accounts/${account.id}`);
  const res = await who.patch(`/api/v1/accounts/${account.id}`, { arr: usd(amount) }, headers.get('etag'));
  assert.equal(res.status, 200, res.text);
}

export async function giveTo(who, account, owner_id) {
  const { headers } = await who.get(`/api/v1/accounts/${account.id}`);
  const res = await who.patch(`/api/v1/accounts/${account.id}`, { owner_id }, headers.get('etag'));
  assert.equal(res.status, 200, res.text);
}

// An account of that owner about which the rules have answered: what becomes true now is news.
export async function settledAccount(who, name, owner, more = {}) {
  const account = await who.createAccount({
    name, external_id: name.toLowerCase().replaceAll(/[^a-z]+/g, '-'), arr: usd(1000), owner_id: owner, ...more,
  });
  await waitFor(async () => (await who.get(`/api/v1/accounts/${account.id}/signals?rule=asked`)).body.total === 1,
    { what: `a first answer for ${name}` });
  return account;
}

export const userId = async (who, email) =>
  (await who.get('/api/v1/users')).body.data.find(user => user.email === email).id;

export const openSignal = (who, account, rule) =>
  waitFor(async () => {
    const { body } = await who.get(`/api/v1/signals?state=open&rule=${rule}`);
    return body.data.find(row => row.account_id === account.id);
  }, { what: `an open ${rule}` });
