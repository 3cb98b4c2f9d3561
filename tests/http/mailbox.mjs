// A mail server on the loopback that keeps what it is sent, and one that speaks as Slack does.
//
//   const mailbox = await startMailbox(t);
//   ... CAIRN_MAIL_SMTP_HOST: '127.0.0.1', CAIRN_MAIL_SMTP_PORT: mailbox.port ...
//   mailbox.mails   [{from, to, headers: {subject, 'message-id', ...}, text, html}]
//   mailbox.answer  (address, mail) => an error with a responseCode, or nothing; may be async
//   tls: certificate()   it offers STARTTLS, and signs nobody in without; with secure: TLS from the first byte
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { SMTPServer } from 'smtp-server';

const decodeWords = text =>
  text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?UTF-8\?B\?([^?]*)\?=/g,
    (_, word) => `\0${word}\0`).split('\0').reduce((out, part, i) =>
    i % 2 === 1 ? Buffer.concat([out, Buffer.from(part, 'base64')]) : Buffer.concat([out, Buffer.from(part)]),
  Buffer.alloc(0)).toString('utf8');

function parseHeaders(block) {
  const headers = {};
  for (const line of block.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = decodeWords(line.slice(colon + 1).trim());
  }
  return headers;
}

// What Cairn writes: multipart/alternative of base64 parts.
export function parseMail(raw) {
  const end = raw.indexOf('\r\n\r\n');
  const headers = parseHeaders(raw.slice(0, end));
  const boundary = /boundary="([^"]+)"/.exec(headers['content-type'])[1];
  const parts = raw.slice(end + 4).split(`--${boundary}`).slice(1, -1).map(part => {
    const at = part.indexOf('\r\n\r\n');
    return { headers: parseHeaders(part.slice(2, at)), body: Buffer.from(part.slice(at + 4), 'base64').toString('utf8') };
  });
  const of = type => parts.find(part => part.headers['content-type'].startsWith(type))?.body;
  return { headers, text: of('text/plain'), html: of('text/html'), raw };
}

// A certificate of that address that nobody trusts: {key, cert} and, of the latter, the file.
export async function certificate(t, address = '127.0.0.1') {
  const dir = await mkdtemp(join(tmpdir(), 'cairn-tls-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const [keyFile, file] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
    '-days', '2', '-subj', '/CN=cairn test', '-addext', `subjectAltName=IP:${address}`, '-keyout', keyFile, '-out', file]);
  return { key: await readFile(keyFile), cert: await readFile(file), file };
}

export async function startMailbox(t, { port = 0, user, password, tls, secure = false } = {}) {
  const box = { mails: [], attempts: 0, answer: () => undefined };
  const make = () => new SMTPServer({
    authOptional: user === undefined,
    ...(tls ? { key: tls.key, cert: tls.cert, secure } : { allowInsecureAuth: true, hideSTARTTLS: true }),
    closeTimeout: 50, // Cairn keeps its connection
    onAuth(auth, _session, done) {
      if (auth.username === user && auth.password === password) return done(null, { user });
      return done(Object.assign(new Error('no such sign-in'), { responseCode: 535 }));
    },
    async onRcptTo(address, _session, done) {
      box.attempts += 1;
      done((await box.answer(address.address)) ?? null);
    },
    onData(stream, session, done) {
      const chunks = [];
      stream.on('data', chunk => chunks.push(chunk));
      stream.on('end', async () => {
        const mail = {
          from: session.envelope.mailFrom.address,
          to: session.envelope.rcptTo.map(one => one.address),
          secure: session.secure,
          ...parseMail(Buffer.concat(chunks).toString('utf8')),
        };
        box.mails.push(mail);
        await box.taken?.(mail);
        done();
      });
    },
  });
  let server;
  box.start = async () => {
    server = make();
    server.on('error', () => {}); // clients that are killed
    await new Promise((resolve, reject) => {
      server.server.once('error', reject);
      server.listen(box.port ?? port, '127.0.0.1', resolve);
    });
    box.port = server.server.address().port;
  };
  box.stop = () => new Promise(resolve => (server ? server.close(resolve) : resolve()));
  await box.start();
  t.after(box.stop);
  return box;
}

// slack.answer = request => ({status, headers, body}); by default what Slack says when all is well.
// tls: certificate(), to be spoken to by https.
export async function startSlack(t, { tls } = {}) {
  const slack = { requests: [], answer: undefined };
  const server = (tls ? createTlsServer : createServer)(tls ?? {}, (req, res) => {
    const chunks = [];
    req.on('data', chunk => chunks.push(chunk));
    req.on('end', () => {
      const request = {
        method: req.method, path: req.url, headers: req.headers, at: Date.now(),
        body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
      };
      slack.requests.push(request);
      const isApi = req.url.startsWith('/api/');
      const usual = isApi
        ? { status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":true,"ts":"1"}' }
        : { status: 200, headers: { 'content-type': 'text/plain' }, body: 'ok' };
      const { status, headers = {}, body } = slack.answer?.(request) ?? usual;
      res.writeHead(status, headers);
      res.end(body);
    });
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  slack.url = `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
  t.after(() => new Promise(resolve => {
    server.closeAllConnections();
    server.close(resolve);
  }));
  return slack;
}
