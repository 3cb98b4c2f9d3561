// Who left: a file, accounts whose contracts ended, and those that are marked.
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ChangeEvent, useRef } from 'react';
import { ApiProblem } from '@/api/errors';
import type { Departure } from '@/api/types';
import { LISTED_MOST, useImport, useMark, useSuggested, useUnmark } from '@/features/departures';
import { QueryFailure, useCan, useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { say, sayFailure } from '@/ui/say';
import { Failure } from '@/ui/states';
import classes from './Backtest.module.css';

const EXAMPLE = 'acme.example,2026-03-31,price';
const SUGGESTED_SHOWN = 10;

/** Each wrong line by itself, where the server named them. */
function ImportFailure({ error }: { error: unknown }) {
  if (!(error instanceof ApiProblem) || error.fields.length === 0) return <QueryFailure error={error} />;
  return (
    <div role="alert">
      <Failure title={t('backtest.marks.lines')} detail={error.detail} />
      <ul className={classes.list}>
        {error.fields.map(({ detail }) => (
          <li key={detail}>{detail}</li>
        ))}
      </ul>
    </div>
  );
}

function Upload() {
  const file = useRef<HTMLInputElement>(null);
  const upload = useImport();
  const take = async (event: ChangeEvent<HTMLInputElement>) => {
    const chosen = event.currentTarget.files?.[0];
    event.currentTarget.value = ''; // the same file may be chosen again when it is mended
    if (!chosen) return;
    upload.mutate(await chosen.text(), {
      onSuccess: ({ marked }) => say(t('backtest.marks.marked', { count: marked })),
    });
  };
  return (
    <>
      <input
        ref={file}
        type="file"
        accept=".csv,text/csv"
        hidden
        aria-label={t('backtest.marks.upload')}
        onChange={event => void take(event)}
      />
      <div className={page.tools}>
        <Button size="xs" variant="default" loading={upload.isPending} onClick={() => file.current?.click()}>
          {t('backtest.marks.upload')}
        </Button>
        <span className="dim">
          {t('backtest.marks.format')} <code>{EXAMPLE}</code>
        </span>
      </div>
      <p className={page.note}>{t('backtest.marks.formatWhy')}</p>
      {upload.error && <ImportFailure error={upload.error} />}
    </>
  );
}

function Suggestions() {
  const format = useFormat();
  const suggested = useSuggested().data ?? [];
  const mark = useMark();
  if (suggested.length === 0) return null;
  return (
    <>
      <h3>{t('backtest.marks.suggested', { count: suggested.length })}</h3>
      <ul className={classes.list}>
        {suggested.slice(0, SUGGESTED_SHOWN).map(({ account_id: id, name, left_on }) => (
          <li key={id}>
            <Link to="/accounts/$accountId" params={{ accountId: id }} className={page.name}>
              {name}
            </Link>
            , {t('backtest.marks.ended', { date: format.date(left_on) })}{' '}
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={t('backtest.marks.markOf', { name, date: format.date(left_on) })}
              onClick={() => mark.mutate({ id, left_on, reason: '' }, { onError: sayFailure })}
            >
              {t('departure.mark')}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}

interface Marked {
  data: Departure[];
  next_cursor: string | null;
}

function List({ marked }: { marked: Marked }) {
  const format = useFormat();
  const mayWrite = useCan('write');
  const unmark = useUnmark();
  return (
    <details>
      <summary>{t('backtest.marks.list')}</summary>
      <ul className={classes.list}>
        {marked.data.map(({ account_id: id, name, left_on, reason }) => (
          <li key={id}>
            <Link to="/accounts/$accountId" params={{ accountId: id }} className={page.name}>
              {name}
            </Link>
            , {format.date(left_on)}
            {reason && <span className="dim">, {reason}</span>}{' '}
            {mayWrite && (
              <Button
                size="compact-xs"
                variant="subtle"
                aria-label={t('departure.unmarkOf', { name })}
                onClick={() => unmark.mutate(id, { onError: sayFailure })}
              >
                {t('departure.unmark')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

export function Marks({ marked }: { marked: Marked }) {
  const mayWrite = useCan('write');
  const count = marked.data.length;
  return (
    <Panel id="backtest-marks" title={t('backtest.marks.title')}>
      {count > 0 && (
        <p className={page.note}>
          {marked.next_cursor
            ? t('backtest.marks.more', { count: LISTED_MOST })
            : t('backtest.marks.count', { count })}
        </p>
      )}
      {mayWrite && <Upload />}
      {mayWrite && <Suggestions />}
      {count > 0 && <List marked={marked} />}
    </Panel>
  );
}
