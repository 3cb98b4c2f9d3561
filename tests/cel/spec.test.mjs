// The tests of the CEL specification as @bufbuild/cel-spec packs them: a new release is a new version
// in package.json.  Makes cases of them that test_cel_conformance and test_cel_parse read, both in
// CEL_TESTS.  What needs protobuf messages, or functions that only a test has, is left out; why, and
// how many, is docs/cel.md's list, which is compared here too.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { tests as conformance } from '@bufbuild/cel-spec/testdata/conformance.js';
import { tests as parsing } from '@bufbuild/cel-spec/testdata/parsing.js';

const programs = process.env.CEL_TESTS;
const folder = mkdtempSync(join(tmpdir(), 'cel-spec-'));
after(() => rmSync(folder, { recursive: true }));

/** Every test below a suite, with the names above it. */
function* flat(suite, path = []) {
  for (const inner of suite.suites ?? []) yield* flat(inner, [...path, inner.name]);
  for (const one of suite.tests ?? []) yield { path, ...one };
}

class NeedsProtobuf extends Error {}

const ANY = 'type.googleapis.com/google.protobuf.';

/** A value of the package as { type, value }; throws NeedsProtobuf for a message. */
function value(from) {
  const [kind, inner] = Object.entries(from)[0];
  switch (kind) {
    case 'nullValue':
      return { type: 'null', value: null };
    case 'boolValue':
      return { type: 'bool', value: inner };
    case 'int64Value':
      return { type: 'int', value: String(inner) };
    case 'uint64Value':
      return { type: 'uint', value: String(inner) };
    case 'doubleValue':
      return { type: 'double', value: Object.is(inner, -0) ? '-0' : String(inner) };
    case 'stringValue':
      return { type: 'string', value: inner };
    case 'bytesValue':
      return { type: 'bytes', value: inner };
    case 'typeValue':
      return { type: 'type', value: inner };
    case 'listValue':
      return { type: 'list', value: (inner.values ?? []).map(value) };
    case 'mapValue':
      return {
        type: 'map',
        value: (inner.entries ?? []).map((e) => [value(e.key), value(e.value)]),
      };
    case 'objectValue':
      if (inner['@type'] === `${ANY}Timestamp`) return { type: 'timestamp', value: inner.value };
      if (inner['@type'] === `${ANY}Duration`) return { type: 'duration', value: inner.value };
      break;
  }
  throw new NeedsProtobuf(kind);
}

/** A type of the package as the checker writes it. */
function type(from) {
  const [kind, inner] = Object.entries(from)[0];
  switch (kind) {
    case 'primitive':
      return { BOOL: 'bool', INT64: 'int', UINT64: 'uint', DOUBLE: 'double', STRING: 'string', BYTES: 'bytes' }[inner];
    case 'null':
      return 'null_type';
    case 'dyn':
      return 'dyn';
    case 'wellKnown':
      if (inner === 'TIMESTAMP') return 'timestamp';
      if (inner === 'DURATION') return 'duration';
      break;
    case 'listType':
      return `list(${type(inner.elemType)})`;
    case 'mapType':
      return `map(${type(inner.keyType)}, ${type(inner.valueType)})`;
    case 'abstractType':
      if (inner.name === 'optional_type') return `optional_type(${type(inner.parameterTypes[0])})`;
      break;
  }
  throw new NeedsProtobuf(kind);
}

/** Names of messages and enums, and fields of messages, which only protobuf has. */
const MESSAGES =
  /TestAllTypes|NestedTestAllTypes|GlobalEnum|google\.protobuf\.(?!(?:Timestamp|Duration)\b(?!\s*\{))|cel\.expr|proto\.(?:has|get)Ext/;

/** Why a test is left out; undefined if it is not. */
function leftOut({ path, original: one }) {
  if (MESSAGES.test(one.expr)) return 'names a protobuf message or enum';
  if (one.container) return 'names relative to a package (container)';
  for (const declared of one.typeEnv ?? []) {
    if (declared.function) return 'calls a function that the test declares';
    try {
      type(declared.ident.type);
    } catch {
      return 'has a variable of a protobuf type';
    }
  }
  return undefined;
}

function expectation(one) {
  if (one.evalError || one.anyEvalErrors) return { error: true };
  if (one.typedResult) return one.typedResult.result && { value: value(one.typedResult.result) };
  if (one.value) return { value: value(one.value) };
  return one.checkOnly ? undefined : { value: { type: 'bool', value: true } };
}

function caseOf({ path, original: one }) {
  const bindings = Object.entries(one.bindings ?? {}).map(([name, b]) => [name, value(b.value)]);
  return {
    section: path[0],
    subsection: path[1],
    name: one.name,
    expr: one.expr,
    bindings: bindings.length > 0 ? Object.fromEntries(bindings) : undefined,
    disable_check: one.disableCheck || undefined,
    expect: expectation(one),
    deduced_type: one.typedResult?.deducedType && type(one.typedResult.deducedType),
  };
}

/** What of a suite can run, and how much is left out for which reason. */
function select(suite) {
  const cases = [];
  const reasons = {};
  const leave = (reason) => {
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  };
  for (const one of flat(suite)) {
    const reason = leftOut(one);
    if (reason) {
      leave(reason);
      continue;
    }
    try {
      cases.push(caseOf(one));
    } catch (error) {
      if (!(error instanceof NeedsProtobuf)) throw error;
      leave('has a protobuf message as a value');
    }
  }
  return { cases, reasons };
}

function run(program, name, content) {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  try {
    execFileSync(join(programs, program), [path], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    assert.fail(error.stdout ? error.stdout + error.stderr : String(error));
  }
}

const { cases, reasons } = select(conformance);

test('every conformance test of the specification that needs no protobuf passes', () => {
  assert.ok(cases.length > 1133, `only ${cases.length} cases`);
  run('test_cel_conformance', 'conformance.json', { tests: cases });
});

test('every parser test of the specification passes', () => {
  const all = [...flat(parsing)].map(({ original, ast }) => ({
    expr: original.expr,
    ast: ast ?? '',
  }));
  assert.ok(all.length > 100);
  run('test_cel_parse', 'parsing.json', all);
});

test('what is left out is what docs/cel.md says', () => {
  const text = readFileSync(new URL('../../docs/cel.md', import.meta.url), 'utf8');
  for (const [reason, count] of Object.entries(reasons)) {
    assert.ok(text.includes(`| ${reason} | ${count} |`), `docs/cel.md lacks: ${reason}, ${count}`);
  }
  assert.ok(text.includes(`| run | ${cases.length} |`), `docs/cel.md lacks: run, ${cases.length}`);
});
