// What the server pushes, for every tab of the browser over one connection: a SharedWorker holds it,
// or, where there is none, the tab that holds a Web Lock and tells the others.  The server is told
// which accounts any tab shows, and sends these alone: however many others change, it says so once
// a second.
// Does not cache: whoever missed a message reads the state again ("open" says when).
import { client } from './client';
import type { AccountNews, Progress } from './types';
import { Claims } from './watch';

/** What changed of an account; `gone`: it left what this user may see. */
export type AccountChange = Pick<AccountNews, 'id'> & Partial<AccountNews> & { gone?: boolean };

export type LiveMessage =
  | { type: 'open' }
  | { type: 'lost' }
  | { type: 'account'; data: AccountChange }
  | { type: 'others' }
  | { type: 'progress'; data: Progress }
  | { type: 'program' }
  | { type: 'sources'; data: { id?: string } };

export type LiveListener = (message: LiveMessage) => void;

export interface Live {
  /** The accounts to be told of, in place of those before. */
  watch(ids: readonly string[]): void;
  close(): void;
}

/** What a tab asks of whoever holds the connection. */
export type Request = { watch: readonly string[] } | 'leave';

const STREAM_PATH = '/api/v1/stream?watch=true';
const RETRY_MS = 1000;
const REOPEN_MS = 3000;
const KINDS = ['account', 'others', 'progress', 'program', 'sources'] as const;

/** Says which accounts are watched: one request at a time, and the latest wins. */
function watcher() {
  let stream: string | null = null;
  let wanted: readonly string[] | null = null;
  let told = '';
  let busy = false;
  const tell = async () => {
    if (busy || stream === null || wanted === null) return;
    const saying = `${stream} ${wanted.join()}`;
    if (saying === told) return;
    busy = true;
    const params = { path: { stream_id: stream } };
    const answer = await client
      .PUT('/api/v1/stream/{stream_id}', { params, body: { accounts: [...wanted] } })
      .catch(() => null);
    busy = false;
    // What was refused would be refused again, until another stream or another page.
    if (answer && answer.response.status < 500) {
      told = saying;
      void tell();
    } else {
      setTimeout(() => void tell(), RETRY_MS);
    }
  };
  return {
    opened(id: string) {
      stream = id;
      void tell();
    },
    watch(ids: readonly string[]) {
      wanted = ids;
      void tell();
    },
  };
}

/** Opens the stream and passes what comes to `send`; opens it again whenever it ends. */
export function openStream(send: LiveListener): Live {
  const { opened, watch } = watcher();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source = listen();
  function listen(): EventSource {
    const made = connect(send, opened);
    made.onerror = () => {
      send({ type: 'lost' });
      // The browser tries again by itself, except after an answer that is no stream, such as a proxy's 502.
      if (made.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(() => {
        source = listen();
      }, REOPEN_MS);
    };
    return made;
  }
  return {
    watch,
    close() {
      clearTimeout(timer);
      source.close();
    },
  };
}

function connect(send: LiveListener, opened: (id: string) => void): EventSource {
  const source = new EventSource(STREAM_PATH);
  const parsed = <T>(event: MessageEvent): T | null => {
    try {
      return JSON.parse(String(event.data)) as T;
    } catch {
      return null; // A message that is no JSON says nothing; the next one will.
    }
  };
  source.onopen = () => send({ type: 'open' });
  source.addEventListener('stream', event => {
    const data = parsed<{ id: string }>(event);
    if (data) opened(data.id);
  });
  for (const kind of KINDS) {
    source.addEventListener(kind, event => {
      const data = parsed<unknown>(event);
      if (data !== null) send({ type: kind, data } as LiveMessage);
    });
  }
  return source;
}

function overWorker(listen: LiveListener): Live {
  const worker = new SharedWorker(new URL('./live.worker.ts', import.meta.url), {
    type: 'module',
    name: 'cairn-live',
  });
  const ask = (request: Request) => worker.port.postMessage(request);
  worker.port.onmessage = (event: MessageEvent<LiveMessage>) => listen(event.data);
  worker.port.start();
  const leave = () => ask('leave');
  addEventListener('pagehide', leave);
  return {
    watch: ids => ask({ watch: ids }),
    close() {
      removeEventListener('pagehide', leave);
      leave();
      worker.port.close();
    },
  };
}

type Word = { message: LiveMessage } | { tab: string; request: Request } | 'who';

function overElectedTab(listen: LiveListener): Live {
  const tab = crypto.randomUUID();
  const channel = new BroadcastChannel('cairn-live');
  const stop = new AbortController();
  const claims = new Claims<string>(ids => held?.watch(ids));
  let held: Live | null = null;
  let own: readonly string[] = [];
  const say = (word: Word) => channel.postMessage(word);
  channel.onmessage = ({ data: word }: MessageEvent<Word>) => {
    if (word === 'who') say({ tab, request: { watch: own } });
    else if ('message' in word) listen(word.message);
    else if (word.request === 'leave') claims.drop(word.tab);
    else claims.set(word.tab, word.request.watch);
  };
  const lead = () =>
    new Promise<void>(resolve => {
      held = openStream(message => {
        listen(message);
        say({ message });
      });
      claims.set(tab, own);
      say('who');
      stop.signal.addEventListener('abort', () => {
        held?.close();
        resolve();
      });
    });
  // The lock passes to the next tab when this one is closed.
  navigator.locks.request('cairn-live', { signal: stop.signal }, lead).catch(() => undefined);
  return {
    watch(ids) {
      own = ids;
      claims.set(tab, ids);
      say({ tab, request: { watch: ids } });
    },
    close() {
      say({ tab, request: 'leave' });
      stop.abort();
      channel.close();
    },
  };
}

/** Listens until it is closed. */
export function listenLive(listen: LiveListener): Live {
  if ('SharedWorker' in globalThis) return overWorker(listen);
  if ('locks' in navigator && 'BroadcastChannel' in globalThis) return overElectedTab(listen);
  return openStream(listen);
}
