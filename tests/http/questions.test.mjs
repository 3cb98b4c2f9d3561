// The models that the page of segments offers for questions that no model answers: each is a program, and joins the shipped one.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { QUESTIONS, readyFor } from '../../web/src/features/segments/ready.ts';
import { startCairn, waitFor } from './harness.mjs';

test('capabilities 34: each of the seven questions has a model ready, and what it reads decides who is in which segment', async t => {
  const cairn = await startCairn(t);
  const admin = await cairn.login();
  const { write_key } = await admin.createSource();
  const { body: board } = await admin.get('/api/v1/segments');
  assert.deepEqual(board.questions.map(one => one.question).toSorted(), QUESTIONS.toSorted());
  for (const question of QUESTIONS) {
    const { file, text } = readyFor(question);
    const { status, body } = await admin.post('/api/v1/program/check', { files: [{ name: file, text }] });
    assert.equal(status, 200, body.detail);
    assert.deepEqual(body.problems, [], text);
  }

  // Those that the shipped program leaves open, beside it.
  const answered = new Set(board.data.map(set => set.question));
  const open = QUESTIONS.filter(question => !answered.has(question));
  assert.deepEqual(open, ['wallet', 'market', 'influence']);
  const { body: program } = await admin.get('/api/v1/program');
  const files = [...program.files, ...open.map(readyFor).map(({ file: name, text }) => ({ name, text }))];
  const applied = await admin.post('/api/v1/program/apply', { files, base_version: program.version });
  assert.equal(applied.status, 200, applied.text);

  const traits = { name: 'Acme', employees: 40, category_spend: 50_000, market_growth: 0.12, influence: 5 };
  assert.deepEqual(open.flatMap(question => readyFor(question).traits).filter(name => !(name in traits)), []);
  assert.equal((await cairn.send(write_key, [{ type: 'group', userId: 'u1', groupId: 'acme', traits }])).status, 200);
  const { id } = await admin.account('acme');
  const contract = { name: 'Deal', arr: { minor: 3_000_000, currency: 'USD' }, starts_on: '2024-04-01', ends_on: '2999-03-31', seats: 10 };
  assert.equal((await admin.post(`/api/v1/accounts/${id}/contracts`, contract)).status, 201);
  const answers = await waitFor(async () => {
    const { data } = (await admin.get(`/api/v1/accounts/${id}/questions`)).body;
    return data.filter(one => one.segment !== null).length === 5 && Object.fromEntries(data.map(one => [one.question, one.segment]));
  });
  assert.deepEqual(answers, {
    who: 'small',
    profit: 'core',
    satisfaction: null,
    wallet: 'main-supplier',
    footprint: null,
    market: 'growing-market',
    influence: 'known-name',
  });
});
