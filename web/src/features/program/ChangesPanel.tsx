// The draft against the active version: what changes in the text, and what that does to the book.
import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { ProgramFile } from '@/api/types';
import { useAskComparison } from '@/features/backtest';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { Empty, LoadingLines } from '@/ui/states';
import { Effects } from './Effects';
import { LineDiff } from './LineDiff';
import classes from './Panels.module.css';
import type { useEffects } from './queries';

/** What it does now is below; what it would have done is a run of its own, on a page of its own. */
function OverThePast({ files }: { files: readonly ProgramFile[] }) {
  const navigate = useNavigate();
  const ask = useAskComparison();
  const start = () =>
    ask.mutate(
      { files: [...files] },
      { onSuccess: ({ id }) => void navigate({ to: '/comparison', search: { run: id } }) },
    );
  return (
    <>
      <Button size="compact-xs" variant="default" w="fit-content" loading={ask.isPending} onClick={start}>
        {t('program.effects.past')}
      </Button>
      {ask.error && <QueryFailure error={ask.error} />}
    </>
  );
}

interface Props {
  before: readonly ProgramFile[];
  after: readonly ProgramFile[];
  effects: ReturnType<typeof useEffects>;
  /** The text has mistakes. */
  isBroken: boolean;
}

export function ChangesPanel({ before, after, effects, isBroken }: Props) {
  return (
    <div className={classes.panel}>
      <section aria-label={t('program.effects.title')}>
        <h2>{t('program.effects.title')}</h2>
        {!isBroken && <OverThePast files={after} />}
        {isBroken ? (
          <p className="dim">{t('program.effects.refused')}</p>
        ) : effects.error ? (
          <QueryFailure error={effects.error} onRetry={() => void effects.refetch()} />
        ) : effects.data ? (
          <Effects diff={effects.data} />
        ) : (
          <LoadingLines lines={5} />
        )}
      </section>
      <section aria-label={t('program.effects.text')}>
        <h2>{t('program.effects.text')}</h2>
        <LineDiff before={before} after={after} />
      </section>
    </div>
  );
}

export function NoChanges() {
  return <Empty title={t('program.effects.none')}>{t('program.effects.noneHelp')}</Empty>;
}
