// Reading figures again while accounts change: what is made of many accounts is not sent by the stream.
import { onChanges } from './changes';

const SOON_MS = 300;

/** Calls `read` soon after accounts changed, then now and then while they go on changing. */
export function whileChanging(restMs: number, read: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let readAt = 0;
  const readNow = () => {
    timer = null;
    readAt = Date.now();
    read();
  };
  const stop = onChanges(() => {
    if (!document.hidden) timer ??= setTimeout(readNow, Math.max(SOON_MS, readAt + restMs - Date.now()));
  });
  return () => {
    stop();
    if (timer !== null) clearTimeout(timer);
  };
}
