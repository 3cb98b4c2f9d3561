// The three states in which there is nothing to show yet: loading, failed, empty.
import { Button, Skeleton } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { t } from '@/lib/i18n';
import { Icon } from './Icon';
import classes from './states.module.css';

const SKELETON_AFTER_MS = 100;

/** Children, but not before a wait of a tenth of a second is over: quick answers do not flicker. */
export function Delayed({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return shown ? children : null;
}

/** Grey lines in the shape of what will come. */
export function LoadingLines({ lines = 5, height = 14 }: { lines?: number; height?: number }) {
  return (
    <Delayed>
      <div className={classes.lines} role="status" aria-label={t('state.loading')}>
        {Array.from({ length: lines }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no identity
          <Skeleton key={i} height={height} width={`${92 - ((i * 17) % 40)}%`} animate={false} />
        ))}
      </div>
    </Delayed>
  );
}

interface FailureProps {
  title: string;
  detail?: string | null | undefined;
  onRetry?: (() => void) | undefined;
  /** What else can be done. */
  children?: ReactNode;
}

export function Failure({ title, detail, onRetry, children }: FailureProps) {
  return (
    <div className={classes.failure} role="alert">
      <Icon name="warning" size={18} />
      <div>
        <p className={classes.title}>{title}</p>
        {detail && <p className={classes.detail}>{detail}</p>}
        {onRetry && (
          <Button size="xs" variant="default" mt={8} onClick={onRetry}>
            {t('state.retry')}
          </Button>
        )}
        {children}
      </div>
    </div>
  );
}

interface EmptyProps {
  title: string;
  /** It is all that the page says: its title is the page's. */
  isPage?: boolean;
  children?: ReactNode;
}

export function Empty({ title, isPage, children }: EmptyProps) {
  const Title = isPage ? 'h1' : 'p';
  return (
    <div className={classes.empty}>
      <Title className={classes.title}>{title}</Title>
      {children && <div className={classes.detail}>{children}</div>}
    </div>
  );
}
