// One EventSource for all tabs of the browser; closed when the last tab leaves.
import { type Live, type LiveMessage, openStream, type Request } from './live';
import { Claims } from './watch';

const ports = new Set<MessagePort>();
let live: Live | null = null;
let opened = false;
const claims = new Claims<MessagePort>(ids => live?.watch(ids));

function send(message: LiveMessage): void {
  if (message.type === 'open') opened = true;
  if (message.type === 'lost') opened = false;
  for (const port of ports) port.postMessage(message);
}

function leave(port: MessagePort): void {
  ports.delete(port);
  claims.drop(port);
  if (ports.size > 0) return;
  live?.close();
  live = null;
  opened = false;
}

addEventListener('connect', event => {
  const port = (event as MessageEvent).ports[0];
  if (!port) return;
  ports.add(port);
  live ??= openStream(send);
  port.onmessage = ({ data: request }: MessageEvent<Request>) => {
    if (request === 'leave') leave(port);
    else if (ports.has(port)) claims.set(port, request.watch);
  };
  port.start();
  if (opened) port.postMessage({ type: 'open' } satisfies LiveMessage);
});
