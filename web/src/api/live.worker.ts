// One EventSource for all tabs of the browser; closed when the last tab leaves.
import { type LiveMessage, openStream } from './live';

const ports = new Set<MessagePort>();
let close: (() => void) | null = null;
let opened = false;

function send(message: LiveMessage): void {
  if (message.type === 'open') opened = true;
  if (message.type === 'lost') opened = false;
  for (const port of ports) port.postMessage(message);
}

addEventListener('connect', event => {
  const port = (event as MessageEvent).ports[0];
  if (!port) return;
  ports.add(port);
  port.onmessage = () => {
    ports.delete(port);
    if (ports.size === 0 && close) {
      close();
      close = null;
      opened = false;
    }
  };
  port.start();
  close ??= openStream(send);
  if (opened) port.postMessage({ type: 'open' } satisfies LiveMessage);
});
