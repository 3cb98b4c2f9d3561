// Behind nginx, set up as docs/operations.md says: that text is what runs here.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { ADMIN, basic, startCairn, waitFor } from './harness.mjs';
import { certificate } from './mailbox.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PATH = [process.env.PATH, '/usr/sbin', `${root}build/nginx/usr/sbin`].join(delimiter); // where script/bootstrap puts it

async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

// The n-th block of that kind in the document.
const documented = (text, kind, n = 0) => [...text.matchAll(/```(\w*)\n([^]*?)```/g)].filter(block => block[1] === kind)[n][2];

// nginx with TLS before `base`, on that port, in that folder. Yields what ends it.
async function startNginx(dir, { port, tls, base, location }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${dir}/${name};`).join('\n');
  await writeFile(join(dir, 'key.pem'), tls.key);
  await writeFile(join(dir, 'nginx.conf'), `
daemon off; master_process off; pid ${dir}/pid; error_log stderr;
events {}
http {
  access_log off; ${temporary}
  server {
    listen 127.0.0.1:${port} ssl; ssl_certificate ${tls.file}; ssl_certificate_key ${dir}/key.pem;
    ${location.replace('http://127.0.0.1:7117', base)}
  }
}`);
  const nginx = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', 'stderr'], { env: { ...process.env, PATH } });
  let log = '';
  nginx.stderr.setEncoding('utf8').on('data', chunk => (log += chunk));
  const ended = new Promise(resolve => nginx.on('exit', resolve).on('error', error => resolve(log += error)));
  const stop = async () => {
    nginx.kill('SIGKILL');
    await ended;
  };
  const isUp = () => new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1', ca: tls.cert }, () => resolve(socket.destroy()));
    socket.on('error', () => resolve(false));
  });
  await Promise.race([waitFor(isUp, { what: 'nginx' }), ended.then(() => assert.fail(`nginx did not start\n${log}`))]);
  return stop;
}

async function start(t) {
  const text = await readFile(join(root, 'docs/operations.md'), 'utf8');
  const [port, tls] = [await freePort(), await certificate(t)];
  const site = `https://127.0.0.1:${port}`;
  // The settings that go with it, for this address.
  const settings = /^http\.public_url = .*\nhttp\.trusted_proxy = .*$/m.exec(text)[0].replace('https://cairn.example.com', site);
  const dir = await mkdtemp(join(tmpdir(), 'cairn-nginx-'));
  let stop;
  t.after(async () => { // before Cairn's end is looked at: a failure there ends what is done after a test
    await stop?.();
    await rm(dir, { recursive: true, force: true });
  });
  const cairn = await startCairn(t);
  cairn.assertClean(await cairn.stop());
  await writeFile(join(cairn.dir, 'cairn.conf'), `${await readFile(join(cairn.dir, 'cairn.conf'), 'utf8').catch(() => '')}\n${settings}\n`);
  await cairn.start();
  stop = await startNginx(dir, { port, tls, base: cairn.base, location: documented(text, 'nginx') });

  // {status, headers, text} of a call through the proxy; onText: takes what comes as it comes.
  const call = (method, path, { headers = {}, body, from, onText } = {}) => new Promise((resolve, reject) => {
    const req = request(site + path, { method, headers: { origin: site, ...headers }, ca: tls.cert, localAddress: from, agent: false }, res => {
      let answer = '';
      res.setEncoding('utf8').on('data', chunk => onText?.(answer += chunk, req) ?? (answer += onText ? '' : chunk));
      res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, text: answer }));
      res.on('error', reject);
    });
    req.on('error', reject).end(body);
  });
  return { cairn, port, tls, site, call };
}

const JSON_TYPE = { 'content-type': 'application/json' };

test('behind nginx as it is documented one signs in by https, the stream is not held back, and clients have their own addresses', async t => {
  const { cairn, call } = await start(t);
  const direct = await cairn.login();
  const signIn = body => call('POST', '/api/v1/session',
    { headers: { ...JSON_TYPE, 'x-forwarded-for': '203.0.113.9' }, body: JSON.stringify(body), from: '127.0.0.2' });
  const res = await signIn({ email: ADMIN.email, password: ADMIN.password });
  assert.equal(res.status, 200, `${res.text}\n${cairn.log}`);
  const [cookie] = res.headers['set-cookie'];
  assert.match(cookie, /; Secure/);
  const addresses = (await direct.get('/api/v1/sessions')).body.data.map(session => session.address);
  assert.ok(addresses.includes('127.0.0.2') && !addresses.includes('203.0.113.9'), addresses.join());

  const foreign = await call('POST', '/api/v1/session', { headers: { ...JSON_TYPE, origin: 'https://elsewhere.example' }, body: '{}' });
  assert.equal(foreign.status, 403);
  assert.match(foreign.text, /its origin is https:\/\/elsewhere\.example, and here is 127\.0\.0\.1:\d+; .*http\.public_url/);

  const headers = { cookie: cookie.split(';')[0] };
  let told;
  const stream = call('GET', '/api/v1/stream', { headers, onText: text => (told = text) }).catch(() => {});
  await waitFor(() => told?.includes('event: stream'), { what: 'the first word of the stream' });
  const id = /"id":"([^"]+)"/.exec(told)[1];
  const account = await direct.createAccount({ name: 'Told of', external_id: 'told' });
  const watched = await call('PUT', `/api/v1/stream/${id}`,
    { headers: { ...headers, ...JSON_TYPE }, body: JSON.stringify({ accounts: [account.id] }) });
  assert.equal(watched.status, 204, watched.text);
  const { write_key } = await direct.createSource();
  const sent = performance.now();
  await cairn.send(write_key, [{ type: 'group', userId: 'u', groupId: 'told', traits: { name: 'Told of' } }]);
  await waitFor(() => told.includes(account.id), { what: 'word of the account' });
  assert.ok(performance.now() - sent < 5000);
  void stream;
});

test('behind nginx a batch as large as it may be is stored, and one that is larger is refused', async t => {
  const { cairn, call } = await start(t);
  const { write_key } = await (await cairn.login()).createSource();
  const batch = count => JSON.stringify({
    batch: Array.from({ length: count }, (_, n) => ({ type: 'track', messageId: `m${count}-${n}`, userId: `u${n}`, event: 'Signed In',
      timestamp: new Date().toISOString(), properties: { filler: 'x'.repeat(30_000) } })),
  });
  const send = body => call('POST', '/v1/batch', { headers: { ...JSON_TYPE, authorization: basic(write_key) }, body });
  assert.equal((await send(batch(135))).status, 200); // a little less than 4 MiB
  const larger = await send(batch(150));
  assert.equal(larger.status, 400);
  assert.match(larger.text, /larger than the 4194304 bytes/, 'in the words of Cairn');
});

test('reliability 18: behind nginx nothing is read as a request that the proxy took for a body, or not at all', async t => {
  const { cairn, port, tls } = await start(t);
  const admin = await cairn.login();
  const { write_key, id } = await admin.createSource();
  const hidden = name => {
    const body = JSON.stringify({ type: 'track', messageId: name, userId: 'smuggler', event: name });
    return `POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(write_key)}\r\nContent-Type: application/json\r\n`
      + `Content-Length: ${body.length}\r\n\r\n${body}`;
  };
  const post = `POST /api/v1/session HTTP/1.1\r\nHost: x\r\n`;
  const shapes = {
    'both lengths, the chunks end first': inner => `${post}Content-Length: ${inner.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    'both lengths, the other way round': inner => `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${inner}`,
    'two lengths': inner => `${post}Content-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    'a coding with a tab': inner => `${post}Content-Length: ${inner.length + 5}\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n${inner}`,
    'a coding of another name': inner => `${post}Content-Length: ${inner.length + 5}\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${inner}`,
    'a coding that is folded': inner => `${post}Content-Length: ${inner.length + 5}\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${inner}`,
    'two codings': inner => `${post}Content-Length: ${inner.length + 5}\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n${inner}`,
    'a bare LF in a chunk size': inner => `${post}Transfer-Encoding: chunked\r\n\r\n${(inner.length).toString(16)}\n${inner}\r\n0\r\n\r\n`,
    'a body of a GET': inner => `GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    'a request in a body': inner => `${post}Content-Length: ${inner.length}\r\n\r\n${inner}`,
    'HTTP/1.0 with chunks': inner => `POST /api/v1/session HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${inner}`,
  };
  const talk = bytes => new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1', ca: tls.cert }, () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.setEncoding('latin1').on('data', chunk => (text += chunk));
    socket.on('error', () => {}).on('close', () => resolve(text)).setTimeout(300, () => socket.destroy());
  });
  assert.match(await talk(hidden('seen')), /^HTTP\/1\.1 200/, 'as a request of its own it is one');
  for (const [name, shape] of Object.entries(shapes)) await talk(shape(hidden(name)));
  assert.match(await talk(hidden('last')), /^HTTP\/1\.1 200/);
  const source = await waitFor(async () => {
    const { body } = await admin.get('/api/v1/sources');
    return body.data.find(one => one.id === id && one.events_total >= 2);
  }, { what: 'what the source sent' });
  assert.deepEqual([source.events_total, source.duplicates_total, source.rejected_total], [2, 0, 0]);
});
