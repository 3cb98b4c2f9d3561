// The JSON Schemas of the program: valid themselves, and of one mind with the check that the program
// makes.  A file of the program may be JSON, which is YAML too.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { cairnCommand } from './harness.mjs';

async function folder(t) {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-schema-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

function compile(schema) {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  addFormats(ajv);
  ajv.addKeyword('x-cel-result');
  return ajv.compile(schema); // and validates it against the draft's own schema
}

const card = {
  scorecard: 'mid-touch',
  priority: 20,
  applies_when: 'arr >= 20000',
  groups: [{
    name: 'usage', weight: 40,
    groups: [{ name: 'inner', weight: 1, measures: [{ name: 'constant', weight: 1, score: 50 }] }],
    measures: [
      { name: 'breadth', weight: 40, value: 'seats', map: { 0: 0, 8.5: 100 }, missing: 'zero' },
      { name: 'age', weight: 60, score: 'has_champion ? 100.0 : 0.0', age: 'tenure_days', validity: '30d', stale: 'drop' },
    ],
  }],
  exceptions: [{ when: '!has_champion', cap: 49, because: 'no champion' }],
  bands: { yellow: 50, green: 75, margin: 3 },
};
const metrics = {
  metrics: {
    logins: { event: 'Signed In', count: 'events', doc: 'sign-ins' },
    spend: { event: 'Order Placed', sum: 'amount', unit: 'EUR' },
    seats_used: { trait: 'seats_used', keep: 'last' },
  },
};

// Each breaks one thing.
const mistakes = {
  'an unknown key': [card, c => { c.aplies_when = 'true'; }],
  'a missing key': [card, c => { delete c.groups[0].weight; }],
  'a number that is too large': [card, c => { c.exceptions[0].cap = 140; }],
  'a number below its range': [card, c => { c.groups[0].weight = -1; }],
  'a text for a number': [card, c => { c.bands.yellow = 'low'; }],
  'an unknown choice': [card, c => { c.groups[0].measures[0].missing = 'skp'; }],
  'days without a unit': [card, c => { c.groups[0].measures[1].validity = 30; }],
  'a bad name': [card, c => { c.groups[0].name = 'Big Name'; }],
  'a map for a list': [card, c => { c.groups = { a: 1 }; }],
  'a point that begins with no number': [card, c => { c.groups[0].measures[0].map = { 0: 0, zero: 100 }; }],
  'two effects': [card, c => { c.exceptions[0].floor = 10; }],
  'no effect': [card, c => { delete c.exceptions[0].cap; }],
  'a deep mistake': [card, c => { c.groups[0].groups[0].measures[0].wieght = 3; }],
  'a metric of two forms': [metrics, c => { c.metrics.spend.count = 'events'; }],
  'a metric of no form': [metrics, c => { delete c.metrics.spend.sum; }],
  'an unknown way to count': [metrics, c => { c.metrics.logins.count = 'evnts'; }],
  'a metric with a bad name': [metrics, c => { c.metrics['Log Ins'] = c.metrics.logins; }],
  'an unknown section': [metrics, c => { c.metric = {}; }],
};

async function check(dir, document) {
  await writeFile(join(dir, 'a.yaml'), JSON.stringify(document));
  const { code, stderr } = await cairnCommand(['program', 'check', dir]);
  return { ok: code === 0, stderr };
}

test('program schema writes a valid schema of every section and of any file', async t => {
  const dir = await folder(t);
  const { code, stderr } = await cairnCommand(['program', 'schema', dir]);
  assert.equal(code, 0, stderr);
  const names = (await readdir(dir)).sort();
  assert.ok(names.includes('program.schema.json') && names.includes('metrics.schema.json') &&
    names.includes('scorecard.schema.json'), names.join(' '));
  for (const name of names) {
    const schema = JSON.parse(await readFile(join(dir, name), 'utf8'));
    assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
    compile(schema);
  }
  const one = compile(JSON.parse(await readFile(join(dir, 'metrics.schema.json'), 'utf8')));
  assert.ok(one(metrics));
  assert.ok(!one(card));
  assert.equal((await cairnCommand(['program', 'schema', join(dir, 'nowhere')])).code, 1);
});

test('schema and check agree on what is right and what is wrong', async t => {
  const dir = await folder(t);
  const { stdout } = await cairnCommand(['program', 'schema']);
  const validate = compile(JSON.parse(stdout));
  for (const document of [card, metrics]) {
    const { ok, stderr } = await check(dir, document);
    assert.ok(ok, stderr);
    assert.ok(validate(document), JSON.stringify(validate.errors));
  }
  for (const [name, [document, spoil]] of Object.entries(mistakes)) {
    const spoiled = structuredClone(document);
    spoil(spoiled);
    const { ok, stderr } = await check(dir, spoiled);
    assert.ok(!ok, `${name} passed the check`);
    assert.match(stderr, /^a\.yaml:1:\d+: /, name);
    assert.ok(!validate(spoiled), `${name} passed the schema`);
  }
});

test('keys that hold expressions say what must come out', async () => {
  const { $defs } = JSON.parse((await cairnCommand(['program', 'schema'])).stdout);
  assert.equal($defs.scorecard.properties.applies_when['x-cel-result'], 'bool');
  assert.equal($defs.measure.properties.value['x-cel-result'], 'double');
  assert.equal($defs.measure.properties.missing.default, 'skip');
  assert.equal($defs.measure.properties.neutral.default, 50);
});

test('program reference refuses what it does not have', async () => {
  const { code, stderr } = await cairnCommand(['program', 'reference', 'nothing']);
  assert.equal(code, 1);
  assert.match(stderr, /program or functions/);
});
