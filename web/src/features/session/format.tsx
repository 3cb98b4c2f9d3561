// Formats in the workspace's zone, and a "now" that moves so that "3 minutes ago" stays true.
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { createFormat, type Format } from '@/lib/format';
import { locale } from '@/lib/i18n';
import { useSession } from './queries';

const TICK_MS = 20_000;

interface FormatNow extends Format {
  now: number;
}

const Context = createContext<FormatNow>({ ...createFormat('UTC', locale), now: 0 });

export function FormatProvider({ children }: { children: ReactNode }) {
  const { workspace } = useSession();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const format = useMemo(() => createFormat(workspace.time_zone, locale), [workspace.time_zone]);
  const value = useMemo(() => ({ ...format, now }), [format, now]);
  return <Context value={value}>{children}</Context>;
}

export function useFormat(): FormatNow {
  return useContext(Context);
}

/** "3 days ago", with the exact moment on hover. */
export function When({ at, exact = false }: { at: string; exact?: boolean }) {
  const format = useFormat();
  const now = Math.max(format.now, Date.now() - TICK_MS);
  return (
    <time dateTime={at} title={exact ? format.relative(at, now) : format.dateTime(at)} className="num">
      {exact ? format.dateTime(at) : format.relative(at, now)}
    </time>
  );
}
