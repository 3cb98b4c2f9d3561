// When this browser's user looked at an account last; kept in the browser, told to nobody.
import { useEffect, useState } from 'react';

const KEPT = 200;
const STORE = 'cairn-seen';
const GLANCE_MS = 5000;

type Seen = Record<string, number>;

function read(): Seen {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORE) ?? '{}');
    return typeof kept === 'object' && kept !== null ? (kept as Seen) : {};
  } catch {
    return {};
  }
}

/** The account is now the one seen last; the oldest are forgotten. */
export function withSeen(seen: Seen, id: string, at: number): Seen {
  const others = Object.entries(seen).filter(([other]) => other !== id);
  const newest = others.sort((a, b) => b[1] - a[1]).slice(0, KEPT - 1);
  return Object.fromEntries([[id, at], ...newest]);
}

/** The visit before this one, in milliseconds since 1970.  A glance does not count as a visit. */
export function useLastSeen(id: string): number | undefined {
  const [before] = useState(() => read()[id]);
  useEffect(() => {
    const timer = setTimeout(() => {
      try {
        localStorage.setItem(STORE, JSON.stringify(withSeen(read(), id, Date.now())));
      } catch {
        // Storage may be full or forbidden: then the choice is not offered.
      }
    }, GLANCE_MS);
    return () => clearTimeout(timer);
  }, [id]);
  return before;
}
