// The title of the browser's tab: which of many open accounts it is.
import { useEffect } from 'react';

const APP = 'Cairn';

/** Names the tab while the page is shown; nothing yet known leaves the name of the app. */
export function useTitle(page: string | undefined): void {
  useEffect(() => {
    document.title = page ? `${page} · ${APP}` : APP;
    return () => {
      document.title = APP;
    };
  }, [page]);
}
