// Every version that there was: who, when, why, what it changed, and the way back to it.
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ProgramVersion } from '@/api/types';
import type { ComparisonSearch } from '@/features/backtest';
import { QueryFailure, useCan, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { LoadingLines } from '@/ui/states';
import { LineDiff } from './LineDiff';
import classes from './Panels.module.css';
import { useVersionFiles, useVersions } from './queries';

/** What a version changed, against the one before it. */
function VersionChanges({ version }: { version: number }) {
  const after = useVersionFiles(version);
  const before = useVersionFiles(version > 1 ? version - 1 : null);
  const error = after.error ?? before.error;
  if (error) return <QueryFailure error={error} />;
  if (!after.data || (version > 1 && !before.data)) return <LoadingLines lines={4} />;
  return <LineDiff before={before.data ?? []} after={after.data} />;
}

interface RowProps {
  one: ProgramVersion;
  isOpen: boolean;
  mayRollBack: boolean;
  onToggle: () => void;
  onRollback: () => void;
}

function About({ one }: { one: ProgramVersion }) {
  return (
    <div className={classes.about}>
      <div className={classes.title}>
        <h2>{t('program.version', { version: one.version })}</h2>
        {one.state !== 'past' && (
          <span className={classes.state} data-state={one.state}>
            {t(`program.versions.state.${one.state}`)}
          </span>
        )}
      </div>
      {one.note && <p>{one.note}</p>}
      <p className="dim">
        {t('program.by', { name: one.author?.name ?? t('program.server') })} <When at={one.at} />
        {one.rolls_back !== null && `. ${t('program.versions.rolls', { version: one.rolls_back })}`}
      </p>
      {one.changed_files.length > 0 && (
        <p className="dim">{t('program.versions.changed', { names: one.changed_files.join(', ') })}</p>
      )}
      {one.start.length > 0 && (
        <p className="dim">{t('program.versions.start', { names: one.start.join(', ') })}</p>
      )}
    </div>
  );
}

/** Over the past: an older version against the active one, that one against the one before it. */
function comparisonOf({ version, is_active }: ProgramVersion): ComparisonSearch {
  return is_active
    ? { version: String(version), against: String(version - 1) }
    : { against: String(version) };
}

function Row({ one, isOpen, mayRollBack, onToggle, onRollback }: RowProps) {
  const { version } = one;
  const mayTry = useCan('try');
  return (
    <li className={classes.version} data-active={one.is_active}>
      <div className={classes.versionHead}>
        <About one={one} />
        <div className={classes.actions}>
          <Button
            size="compact-xs"
            variant="subtle"
            aria-expanded={isOpen}
            aria-label={t('program.versions.changes', { version })}
            onClick={onToggle}
          >
            {t('program.panel.changes')}
          </Button>
          {mayTry && one.failure === null && !(one.is_active && version === 1) && (
            <Link
              to="/comparison"
              search={comparisonOf(one)}
              className={classes.past}
              aria-label={t(
                one.is_active ? 'program.versions.comparePrevious' : 'program.versions.compareActive',
                { version },
              )}
            >
              {t('program.versions.compare')}
            </Link>
          )}
          {mayRollBack && !one.is_active && one.state === 'past' && (
            <Button
              size="compact-xs"
              variant="default"
              aria-label={t('program.versions.rollbackTo', { version })}
              onClick={onRollback}
            >
              {t('program.versions.rollback')}
            </Button>
          )}
        </div>
      </div>
      {isOpen && <VersionChanges version={version} />}
    </li>
  );
}

interface Props {
  open: number | null;
  mayRollBack: boolean;
  onOpen: (version: number | null) => void;
  onRollback: (version: number) => void;
}

export function VersionsPanel({ open, mayRollBack, onOpen, onRollback }: Props) {
  const versions = useVersions();
  if (versions.error) return <QueryFailure error={versions.error} onRetry={() => void versions.refetch()} />;
  if (!versions.data) return <LoadingLines lines={6} />;
  return (
    <div className={classes.panel}>
      <ul className={classes.versions} aria-label={t('program.versions.list')}>
        {versions.data.map(one => (
          <Row
            key={one.version}
            one={one}
            isOpen={one.version === open}
            mayRollBack={mayRollBack}
            onToggle={() => onOpen(one.version === open ? null : one.version)}
            onRollback={() => onRollback(one.version)}
          />
        ))}
      </ul>
      {versions.hasNextPage && (
        <Button
          size="xs"
          variant="default"
          aria-busy={versions.isFetchingNextPage}
          onClick={() => void versions.fetchNextPage({ cancelRefetch: false })}
        >
          {t('program.versions.more')}
        </Button>
      )}
    </div>
  );
}
