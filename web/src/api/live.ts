// What the server pushes, for every tab of the browser over one connection: a SharedWorker holds it,
// or, where there is none, the tab that holds a Web Lock and tells the others.
// Does not cache: whoever missed a message reads the state again ("open" says when).
import type { AccountNews, Progress } from './types';

/** What changed of an account; `gone`: it left what this user may see. */
export type AccountChange = Pick<AccountNews, 'id'> & Partial<AccountNews> & { gone?: boolean };

export type LiveMessage =
  | { type: 'open' }
  | { type: 'lost' }
  | { type: 'account'; data: AccountChange }
  | { type: 'progress'; data: Progress }
  | { type: 'sources'; data: { id?: string } };

export type LiveListener = (message: LiveMessage) => void;

export const STREAM_PATH = '/api/v1/stream';
const KINDS = ['account', 'progress', 'sources'] as const;

/** Opens the stream and passes what comes to `send`; the returned function closes it. */
export function openStream(send: LiveListener): () => void {
  const source = new EventSource(STREAM_PATH);
  source.onopen = () => send({ type: 'open' });
  source.onerror = () => send({ type: 'lost' });
  for (const kind of KINDS) {
    source.addEventListener(kind, event => {
      try {
        send({ type: kind, data: JSON.parse(String(event.data)) } as LiveMessage);
      } catch {
        // A message that is no JSON says nothing; the next one will.
      }
    });
  }
  return () => source.close();
}

function overWorker(listen: LiveListener): () => void {
  const worker = new SharedWorker(new URL('./live.worker.ts', import.meta.url), {
    type: 'module',
    name: 'cairn-live',
  });
  worker.port.onmessage = (event: MessageEvent<LiveMessage>) => listen(event.data);
  worker.port.start();
  const leave = () => worker.port.postMessage('leave');
  addEventListener('pagehide', leave);
  return () => {
    removeEventListener('pagehide', leave);
    leave();
    worker.port.close();
  };
}

function overElectedTab(listen: LiveListener): () => void {
  const channel = new BroadcastChannel('cairn-live');
  channel.onmessage = (event: MessageEvent<LiveMessage>) => listen(event.data);
  const stop = new AbortController();
  const lead = () =>
    new Promise<void>(resolve => {
      const close = openStream(message => {
        listen(message);
        channel.postMessage(message);
      });
      stop.signal.addEventListener('abort', () => {
        close();
        resolve();
      });
    });
  // The lock passes to the next tab when this one is closed.
  navigator.locks.request('cairn-live', { signal: stop.signal }, lead).catch(() => undefined);
  return () => {
    stop.abort();
    channel.close();
  };
}

/** Listens until the returned function is called. */
export function listenLive(listen: LiveListener): () => void {
  if ('SharedWorker' in globalThis) return overWorker(listen);
  if ('locks' in navigator && 'BroadcastChannel' in globalThis) return overElectedTab(listen);
  return openStream(listen);
}
