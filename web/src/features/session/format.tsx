// Formats in the workspace's zone, and a "now" that moves so that "3 minutes ago" stays true.
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { momentOf, useAsOf } from '@/lib/asOf';
import { createFormat, type Format } from '@/lib/format';
import { locale } from '@/lib/i18n';
import { useSession } from './queries';

const TICK_MS = 20_000;

interface FormatNow extends Format {
  /** Of a past moment it is that one: what was to come then is "in 3 days". */
  now: number;
  isPast: boolean;
}

const Context = createContext<FormatNow>({ ...createFormat('UTC', locale), now: 0, isPast: false });

export function FormatProvider({ children }: { children: ReactNode }) {
  const { workspace } = useSession();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const format = useMemo(() => createFormat(workspace.time_zone, locale), [workspace.time_zone]);
  const asOf = useAsOf();
  const then = asOf === undefined ? undefined : momentOf(asOf, format.dayStart);
  const value = useMemo(
    () => ({ ...format, now: then ?? now, isPast: then !== undefined }),
    [format, now, then],
  );
  return <Context value={value}>{children}</Context>;
}

export function useFormat(): FormatNow {
  return useContext(Context);
}

/** "3 days ago", with the exact moment on hover. */
export function When({ at, exact = false }: { at: string; exact?: boolean }) {
  const format = useFormat();
  const now = format.isPast ? format.now : Math.max(format.now, Date.now() - TICK_MS);
  return (
    <time dateTime={at} title={exact ? format.relative(at, now) : format.dateTime(at)} className="num">
      {exact ? format.dateTime(at) : format.relative(at, now)}
    </time>
  );
}
