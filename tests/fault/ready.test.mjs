// When /readyz says that the server is ready.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { onPostgres, startCairn, waitFor } from '../http/harness.mjs';
import { caughtUp, eventsOf } from './faults.mjs';

test('reliability 1: after a crash it is not ready before what was left is made good, and takes events and questions meanwhile', { skip: onPostgres }, async t => {
  const cairn = await startCairn(t);
  const ready = async () => (await cairn.call('GET', '/readyz')).status;
  const admin = await cairn.login();
  const { write_key: key } = await admin.createSource();
  assert.equal((await cairn.send(key, eventsOf('before', 0))).status, 200);
  const account = await admin.account('before-g0');
  await waitFor(async () => (await ready()) === 200);
  await cairn.kill();

  const db = new DatabaseSync(join(cairn.dir, 'cairn.db'));
  t.after(() => db.close());
  db.exec("CREATE TRIGGER fault BEFORE INSERT ON tick BEGIN SELECT RAISE(ABORT, 'no round can be stored'); END");
  await cairn.start();
  for (let n = 0; n < 3; n++) {
    assert.equal((await cairn.send(key, eventsOf('meanwhile', n))).status, 200);
    assert.equal((await admin.call('GET', `/api/v1/accounts/${account.id}`, { headers: { origin: cairn.base } })).status, 200);
    assert.equal((await cairn.call('GET', '/healthz')).status, 200);
    assert.equal(await ready(), 503);
  }
  db.exec('DROP TRIGGER fault');
  await waitFor(async () => (await ready()) === 200, { what: 'the server to be ready' });
  await admin.account('meanwhile-g0');
  await caughtUp(cairn);
});
