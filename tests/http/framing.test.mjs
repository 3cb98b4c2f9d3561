// reliability 17, 18: what is not quite HTTP, over a raw socket.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';

import { startCairn, waitFor } from './harness.mjs';

// Sends the bytes and yields everything that comes until the server closes or `until` was seen.
function talk(cairn, bytes, until = /never/) {
  const { hostname, port } = new URL(cairn.base);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    const done = closed => {
      socket.destroy();
      resolve({ text, closed, statuses: [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(m => Number(m[1])) });
    };
    socket.setEncoding('latin1');
    socket.on('data', chunk => {
      text += chunk;
      if (until.test(text)) done(false);
    });
    socket.on('error', error => (error.code === 'ECONNRESET' ? done(true) : reject(error)));
    socket.on('close', () => done(true));
    socket.write(bytes, 'latin1');
  });
}

const HOST = 'Host: x\r\n';

test('reliability 18: shapes of request smuggling', async t => {
  const cairn = await startCairn(t);

  const ambiguous = {
    'both lengths': `POST /healthz HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'two lengths': `POST /healthz HTTP/1.1\r\n${HOST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`,
    'two equal lengths': `POST /healthz HTTP/1.1\r\n${HOST}Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd`,
    'a list of lengths': `POST /healthz HTTP/1.1\r\n${HOST}Content-Length: 4, 4\r\n\r\nabcd`,
    'a signed length': `POST /healthz HTTP/1.1\r\n${HOST}Content-Length: +4\r\n\r\nabcd`,
    'a bare LF': `GET /healthz HTTP/1.1\n${HOST}\r\n`,
    'a bare LF after the last field': 'GET /healthz HTTP/1.1\r\nHost: x\n\r\n',
    'a space before the colon': 'GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n',
    'a folded field': `GET /healthz HTTP/1.1\r\n${HOST}A: b\r\n c\r\n\r\n`,
    'no host': 'GET /healthz HTTP/1.1\r\n\r\n',
    'two hosts': `GET /healthz HTTP/1.1\r\n${HOST}${HOST}\r\n`,
    'an unknown coding': `POST /healthz HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    'a disguised coding': `POST /healthz HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    'a NUL': `GET /healthz HTTP/1.1\r\n${HOST}A: b\0c\r\n\r\n`,
    'a bad chunk size': `POST /healthz HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nxx\r\n`,
    'a chunk longer than it says': `POST /healthz HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n`,
  };
  for (const [name, bytes] of Object.entries(ambiguous)) {
    await t.test(`${name} is refused, and what follows is not read`, async () => {
      const res = await talk(cairn, `${bytes}GET /healthz HTTP/1.1\r\n${HOST}\r\n`);
      assert.ok(res.closed);
      assert.ok(!res.statuses.includes(200), res.text);
    });
  }

  await t.test('pipelined requests are answered in their order', async () => {
    const res = await talk(cairn, `GET /healthz HTTP/1.1\r\n${HOST}\r\nGET /nope.x HTTP/1.1\r\n${HOST}\r\nGET /healthz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    assert.deepEqual(res.statuses, [200, 404, 200]);
  });

  await t.test('HTTP/1.0 is answered and closed', async () => {
    const res = await talk(cairn, 'GET /healthz HTTP/1.0\r\n\r\n');
    assert.match(res.text, /200 OK/);
    assert.ok(res.closed);
  });

  await t.test('chunked bodies with extensions and trailers are read', async () => {
    const body = '{"email":"a","password":"b"}';
    const res = await talk(cairn, `POST /api/v1/session HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nConnection: close\r\n`
      + `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)};x=y\r\n${body}\r\n0\r\nA: b\r\n\r\n`);
    assert.deepEqual(res.statuses, [401]);
  });

  await t.test('Expect: 100-continue is answered before the body, or refused without it', async () => {
    const asked = await talk(cairn, `POST /api/v1/session HTTP/1.1\r\n${HOST}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`, /100 Continue\r\n\r\n/);
    assert.match(asked.text, /^HTTP\/1\.1 100 Continue/);
    const refused = await talk(cairn, `POST /api/v1/session HTTP/1.1\r\n${HOST}Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n`);
    assert.deepEqual(refused.statuses, [413]);
  });

  await t.test('too long a header or address is refused', async () => {
    for (const bytes of [`GET /healthz HTTP/1.1\r\n${HOST}A: ${'x'.repeat(40000)}\r\n\r\n`, `GET /${'x'.repeat(40000)} HTTP/1.1\r\n${HOST}\r\n`]) {
      const res = await talk(cairn, bytes);
      assert.ok(res.statuses.every(status => status >= 400 && status < 500), res.text.slice(0, 200));
    }
  });

  await t.test('reliability 32: paths do not climb, and no host header is believed', async () => {
    for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/assets/../../x.js', '//etc/passwd.txt', '/\\..\\x.y']) {
      const res = await talk(cairn, `GET ${path} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
      assert.deepEqual(res.statuses, [404], path);
    }
    const res = await talk(cairn, 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
    assert.ok(!res.text.includes('evil.example'));
  });
});

test('reliability 17: slow clients are dropped and harm nobody', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_HTTP_HEADER_TIMEOUT: '300ms', CAIRN_HTTP_BODY_TIMEOUT: '300ms' } });
  const { hostname, port } = new URL(cairn.base);
  const sockets = Array.from({ length: 200 }, () => connect(Number(port), hostname));
  let open = sockets.length;
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.on('close', () => open--);
    socket.write(`POST /v1/batch HTTP/1.1\r\n${HOST}`);
  }
  const drip = setInterval(() => sockets.forEach(socket => socket.writable && socket.write('A: b\r\n')), 50);
  t.after(() => clearInterval(drip));
  const begun = performance.now();
  assert.equal((await fetch(`${cairn.base}/healthz`)).status, 200);
  assert.ok(performance.now() - begun < 1000);
  await waitFor(() => open === 0, { what: 'all slow clients to be dropped' });
});

test('reliability 17: connections of one address are capped', async t => {
  const cairn = await startCairn(t, { env: { CAIRN_HTTP_CONNECTIONS_PER_ADDRESS_MAX: '20' } });
  const { hostname, port } = new URL(cairn.base);
  const sockets = Array.from({ length: 40 }, () => connect(Number(port), hostname));
  let closed = 0;
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.on('close', () => closed++);
  }
  await waitFor(() => closed >= 18, { what: 'those over the cap to be closed' });
  sockets.forEach(socket => socket.destroy());
});
