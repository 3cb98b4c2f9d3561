// In place of a page that could not be fetched.  What a browser failed to import it does not import again,
// so the app is loaded anew: as soon as the server answers, and never while it does not, since then the
// browser would put a page of its own in place of ours.
import { useEffect } from 'react';
import { answers } from '@/api/client';
import { t } from '@/lib/i18n';
import { Failure } from '@/ui/states';

const ASK_EVERY_MS = 2000;
const REST_MS = 60_000;
const RELOADED = 'cairn-reloaded-for-part';

/** Once a minute at most, if the part is not there then either; a person may try again at any time. */
function mayReload(): boolean {
  try {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED) ?? 0) < REST_MS) return false;
    sessionStorage.setItem(RELOADED, `${Date.now()}`);
    return true;
  } catch {
    return false; // Storage that is switched off: nothing would end the circle.
  }
}

async function reloadOnceThere(): Promise<void> {
  if (document.hidden) return; // nobody waits
  if ((await answers()) && mayReload()) location.reload();
}

export function PartFailure() {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLeft = false;
    // One question at a time: a server that is slow is not asked again meanwhile.
    const ask = async () => {
      await reloadOnceThere();
      if (!isLeft) timer = setTimeout(ask, ASK_EVERY_MS);
    };
    void ask();
    return () => {
      isLeft = true;
      clearTimeout(timer);
    };
  }, []);
  const again = async () => {
    if (await answers()) location.reload();
  };
  return (
    <Failure title={t('state.unreachable')} detail={t('state.partDetail')} onRetry={() => void again()} />
  );
}
