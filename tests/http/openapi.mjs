// Holds every answer of /api/v1 that a black-box test sees against the OpenAPI document which the
// server itself hands out: the operation is known, the status is declared, the body fits its schema.
import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const documents = new Map(); // by server

const pattern = path =>
  new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}$`);

function compile(document) {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
  addFormats(ajv);
  ajv.addSchema(document, 'openapi');
  const paths = Object.entries(document.paths)
    .map(([path, operations]) => ({ path, matches: pattern(path), operations }))
    // "/accounts/export" goes before "/accounts/{account_id}".
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  return { paths, validator: ref => ajv.compile({ $ref: `openapi#${ref}` }), cache: new Map() };
}

async function load(base) {
  const res = await fetch(`${base}/openapi.json`);
  return res.ok ? compile(await res.json()) : null;
}

const escape = part => part.replaceAll('~', '~0').replaceAll('/', '~1');

export async function checkAgainstOpenApi(cairn, method, path, answer) {
  const bare = path.split('?')[0];
  if (!bare.startsWith('/api/v1/') || method === 'OPTIONS' || method === 'HEAD') return;
  if (!documents.has(cairn.base)) documents.set(cairn.base, load(cairn.base));
  const document = await documents.get(cairn.base);
  if (document === null) return;

  const found = document.paths.find(row => row.matches.test(bare) && row.operations[method.toLowerCase()]);
  const verb = method.toLowerCase();
  if (found === undefined) {
    assert.ok(answer.status >= 400, `${method} ${bare} is not in the OpenAPI document, yet answered ${answer.status}`);
    return;
  }
  const responses = found.operations[verb].responses;
  const status = [String(answer.status), `${Math.floor(answer.status / 100)}XX`, 'default'].find(key => responses[key]);
  assert.ok(status, `${method} ${found.path} answered ${answer.status}, which it does not declare: ${answer.text}`);
  const type = (answer.headers.get('content-type') ?? '').split(';')[0];
  if (!/[/+]json$/.test(type)) return;
  const base = `/paths/${escape(found.path)}/${verb}/responses/${status}`;
  if (responses[status].$ref) return;
  assert.ok(responses[status].content?.[type], `${method} ${found.path} ${status} answered with ${type}`);
  const ref = encodeURI(`${base}/content/${escape(type)}/schema`);
  if (!document.cache.has(ref)) document.cache.set(ref, document.validator(ref));
  const validate = document.cache.get(ref);
  assert.ok(validate(answer.body),
    `${method} ${found.path} ${status} does not fit its schema: ${JSON.stringify(validate.errors)}\n${answer.text}`);
}
