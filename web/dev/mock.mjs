// A stand-in for the server while the app is developed and tested: the API over made-up data, the
// stream, and the built app under the same content security policy.  Keeps nothing on disk.
//   node dev/mock.mjs        MOCK_PORT=7199 MOCK_ACCOUNTS=10000 MOCK_IMPORT_SECONDS=0
import { createReadStream, existsSync } from 'node:fs';
import http from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as data from './mock-data.mjs';
import { demo, pressed } from './mock-demo.mjs';
import { DAY, explain, noise, scoreAt } from './mock-health.mjs';
import { programRoute } from './mock-program.mjs';
import { createSource, rejections, sources } from './mock-sources.mjs';

// The strictest that the app works under.
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const PORT = Number(process.env.MOCK_PORT ?? 7199);
const IMPORT_SECONDS = Number(process.env.MOCK_IMPORT_SECONDS ?? 0);
const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const started = Date.now();
const world = data.makeWorld(Number(process.env.MOCK_ACCOUNTS ?? 10_000), started);
const streams = new Set();
const sessions = new Set();

export function imported() {
  const whole = world.accounts.length - 80;
  if (IMPORT_SECONDS === 0) return { done: whole, total: whole };
  return {
    done: Math.min(whole, Math.floor((whole * (Date.now() - started)) / (1000 * IMPORT_SECONDS))),
    total: whole,
  };
}

function broadcast(kind, value) {
  for (const stream of streams) {
    const known = kind !== 'account' || !stream.watched || stream.watched.has(value.id);
    const [name, data] = known ? [kind, value] : ['others', {}];
    stream.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}

function touch(account) {
  account.last = Date.now();
  data.refresh(account, Date.now(), false);
  const { id, score, trend, open_tickets } = data.rowOf(account);
  broadcast('account', {
    id,
    score,
    trend,
    open_tickets,
    last_activity_at: new Date(account.last).toISOString(),
  });
}

const SORT = {
  name: a => a.name.toLowerCase(),
  score: a => a.score?.points ?? null,
  trend: a => a.trend,
  arr: a => a.arr?.minor ?? null,
  renewal_at: a => a.renewal_at,
  last_activity_at: a => a.last,
  owner: a => a.owner?.name ?? null,
  open_tickets: a => a.open_tickets,
};

function filtered(query) {
  const q = query.get('q')?.toLowerCase();
  const bands = query.get('band')?.split(',');
  const owner = query.get('owner_id');
  const within = query.get('renewal_within_days');
  const latest = within && new Date(Date.now() + Number(within) * DAY).toISOString().slice(0, 10);
  const today = new Date().toISOString().slice(0, 10);
  const sort = query.get('sort') ?? 'name';
  const down = sort.startsWith('-');
  const key = SORT[sort.replace(/^-/, '')];
  if (!key) return null;
  const bandOf = a => (a.score === null || a.score.grey ? 'grey' : a.score.band);
  const rows = world.accounts
    .slice(0, 80 + imported().done)
    .filter(
      a =>
        (!q || a.name.toLowerCase().includes(q) || a.external_id.includes(q)) &&
        (!bands || bands.includes(bandOf(a))) &&
        (!owner || a.owner?.id === owner) &&
        (!latest || (a.renewal_at && a.renewal_at <= latest && a.renewal_at >= today)),
    );
  return rows.sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === y) return a.i - b.i;
    if (x === null || y === null) return x === null ? 1 : -1;
    return (x < y ? -1 : 1) * (down ? -1 : 1);
  });
}

function list(query) {
  const rows = filtered(query);
  if (!rows) return problem(400, 'Bad request', `unknown sort "${query.get('sort')}"`);
  const offset = Number(query.get('offset') ?? 0);
  const limit = Math.min(200, Number(query.get('limit') ?? 50));
  return {
    data: rows.slice(offset, offset + limit).map(data.rowOf),
    next_cursor: null,
    total: rows.length,
    as_of: null,
  };
}

const cell = text => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""');

function csv(query) {
  const lines = (filtered(query) ?? []).map(a =>
    [
      a.external_id,
      a.name,
      a.score?.points ?? '',
      a.score?.band ?? '',
      (a.arr?.minor ?? 0) / 100,
      a.renewal_at ?? '',
      a.owner?.name ?? '',
    ]
      .map(x => `"${cell(String(x))}"`)
      .join(','),
  );
  return { csv: ['external_id,name,score,band,arr,renewal_at,owner', ...lines].join('\r\n') };
}

const problem = (status, title, detail) => ({
  status,
  problem: { type: 'about:blank', title, status, detail },
});
const missing = () => problem(404, 'Not found', 'no such account, or it is not in your book');
const nameless = () => problem(422, 'Invalid source', 'name must not be empty');
const whole = rows => ({ data: rows, next_cursor: null });

function history(account, now) {
  return Array.from({ length: 366 }, (_, d) => {
    const at = now - (365 - d) * DAY;
    const { points, band, grey } = scoreAt(account, at);
    return {
      at: new Date(at).toISOString(),
      points,
      band,
      grey,
      backfilled: d < 338,
      because: d % 30 === 0 ? 'logins changed' : null,
    };
  });
}

function accountRoute(account, rest, query, method, body, headers) {
  const now = Date.now();
  if (rest === '') {
    if (method === 'PATCH') {
      if (!headers['if-match'])
        return problem(428, 'Precondition required', 'send If-Match with the version that you read');
      if (headers['if-match'] !== `"${account.version}"`)
        return problem(412, 'Precondition failed', 'somebody else changed this account; read it again');
      if ('owner_id' in body) account.owner = data.users.find(u => u.id === body.owner_id) ?? null;
      account.version++;
    }
    return { ...data.detailOf(account), etag: `"${account.version}"` };
  }
  if (rest === '/health')
    return explain(account, now, query.get('since') ? Date.parse(query.get('since')) : null);
  if (rest === '/health/history') return whole(history(account, now));
  if (rest === '/metrics') return whole(data.metricsOf(account, now));
  if (rest === '/people') return whole(data.peopleOf(account, now));
  if (rest.startsWith('/people/')) {
    const person = data.peopleOf(account, now).find(p => rest.endsWith(p.id));
    if (!person) return missing();
    return Object.assign(person, body);
  }
  if (rest === '/contracts') return whole(data.contractsOf(account));
  if (rest === '/tickets') return whole(data.ticketsOf(account, now));
  if (rest === '/events')
    return whole(data.eventsOf(account, now, Math.min(200, Number(query.get('limit') ?? 50))));
  return null;
}

const session = {
  user: data.users[0],
  workspace: { name: 'Demo workspace', time_zone: 'America/New_York', currency: 'USD', demo: true },
};

function api(method, path, query, body, headers) {
  if (path === '/session') return session;
  if (path === '/users') return whole(data.users);
  if (path === '/accounts') return list(query);
  if (path === '/export/accounts.csv') return csv(query);
  if (path === '/sources') return method === 'POST' ? (createSource(body) ?? nameless()) : whole(sources);
  if (/^\/sources\/[^/]+\/rejected$/.test(path)) return whole(/src_[12]\//.test(path) ? rejections : []);
  if (path === '/program' || path.startsWith('/program/'))
    return programRoute(world, method, path.slice(8), body);
  if (path === '/demo') return process.env.MOCK_DEMO === '0' ? null : demo(world, imported());
  const match = /^\/accounts\/([^/]+)(\/.*)?$/.exec(path);
  if (match) {
    const account = world.byId.get(match[1]);
    return account ? accountRoute(account, match[2] ?? '', query, method, body, headers) : missing();
  }
  return null;
}

function send(res, answer) {
  if (answer === null) return send(res, problem(404, 'Not found', 'no such resource'));
  if (answer.csv !== undefined) {
    res.writeHead(200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="accounts.csv"',
    });
    return res.end(answer.csv);
  }
  if (answer.problem) {
    res.writeHead(answer.status, { 'content-type': 'application/problem+json' });
    return res.end(JSON.stringify(answer.problem));
  }
  const { status = 200, etag, ...body } = answer;
  res.writeHead(typeof status === 'number' ? status : 200, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    ...(etag ? { etag } : {}),
  });
  res.end(JSON.stringify(typeof status === 'number' ? body : { ...body, status }));
}

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

function file(res, path) {
  let name = join(DIST, normalize(path));
  if (!name.startsWith(DIST) || !existsSync(name) || path === '/') name = join(DIST, 'index.html');
  res.writeHead(200, {
    'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    'content-security-policy': CSP,
  });
  createReadStream(name).pipe(res);
}

async function answer(req, res) {
  const url = new URL(req.url, 'http://mock');
  let text = '';
  for await (const chunk of req) text += chunk;
  const body = text && req.headers['content-type']?.includes('json') ? JSON.parse(text) : undefined;
  if (url.pathname.startsWith('/v1/')) {
    pressed(world, url.pathname, body, touch);
    return send(res, { success: true });
  }
  if (!url.pathname.startsWith('/api/v1/')) return file(res, url.pathname);
  const path = url.pathname.slice(7);
  const cookie = /cairn_session=(\w+)/.exec(req.headers.cookie ?? '')?.[1];
  if (path === '/session' && req.method === 'POST') {
    if (body?.password !== 'cairn-demo')
      return send(res, problem(401, 'Not signed in', 'e-mail address or password is wrong'));
    const id = Math.random().toString(36).slice(2);
    sessions.add(id);
    res.setHeader('set-cookie', `cairn_session=${id}; HttpOnly; SameSite=Lax; Path=/`);
    return send(res, session);
  }
  if (!sessions.has(cookie)) return send(res, problem(401, 'Not signed in', 'sign in first'));
  if (path === '/session' && req.method === 'DELETE') {
    sessions.delete(cookie);
    return res.writeHead(204).end();
  }
  if (path === '/stream') {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    res.name = `strm_${streams.size}${Date.now()}`;
    res.write(`event: stream\ndata: {"id":"${res.name}"}\n\n`);
    streams.add(res);
    res.on('close', () => streams.delete(res));
    return;
  }
  if (path.startsWith('/stream/')) {
    for (const stream of streams)
      if (path.endsWith(`/${stream.name}`)) stream.watched = new Set(body.accounts);
    return res.writeHead(204).end();
  }
  if (pressed(world, path, body, touch, req.method)) return send(res, { ok: true });
  send(res, api(req.method, path, url.searchParams, body, req.headers));
}

const server = http
  .createServer((req, res) =>
    answer(req, res).catch(error => send(res, problem(500, 'Internal error', String(error)))),
  )
  .listen(PORT, '127.0.0.1', () => {
    console.log(JSON.stringify({ listening: `http://127.0.0.1:${server.address().port}` }));
  });

// Live traffic: now and then an account is active, and its score moves a little.
let tick = 0;
setInterval(() => {
  tick++;
  const account = world.accounts[Math.floor(noise(tick, 'traffic') * (80 + imported().done))];
  if (account.i !== 17) touch(account);
  const progress = imported();
  if (progress.done < progress.total) broadcast('progress', { ...progress, label: 'Importing customers' });
  if (tick % 5 === 0) broadcast('sources', { id: 'src_1' });
}, 700);
