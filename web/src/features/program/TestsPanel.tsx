// The program's own test cases, and what came out instead of what was expected.
import { Button } from '@mantine/core';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import { Empty } from '@/ui/states';
import classes from './Panels.module.css';
import type { Tested, useRunTests } from './queries';

interface Props {
  tests: ReturnType<typeof useRunTests>;
  /** Of the text that is shown now. */
  revision: number;
  mayTry: boolean;
  onRun: () => void;
  onGo: (file: string, line: number) => void;
}

function Case({ one, onGo }: { one: Tested['cases'][number]; onGo: Props['onGo'] }) {
  const place = { file: one.file, line: one.line };
  return (
    <li className={classes.case} data-ok={one.ok}>
      <Icon name={one.ok ? 'check' : 'close'} size={14} />
      <div>
        <button
          type="button"
          className={classes.plain}
          title={t('program.tests.go', place)}
          onClick={() => onGo(one.file, one.line)}
        >
          {one.name}
        </button>{' '}
        <span className="dim">{t(one.ok ? 'program.tests.ok' : 'program.tests.not')}</span>
        {one.differences.map(difference => (
          <dl key={difference.what} className={classes.difference}>
            <dt>{difference.what}</dt>
            <dd>
              {t('program.tests.expected')} <strong>{difference.expected}</strong>, {t('program.tests.got')}{' '}
              <strong>{difference.got}</strong>
            </dd>
          </dl>
        ))}
      </div>
    </li>
  );
}

function Result({ result, isStale, onGo }: { result: Tested; isStale: boolean; onGo: Props['onGo'] }) {
  if (result.problems.length > 0) return <p>{t('program.tests.refused')}</p>;
  if (result.cases.length === 0)
    return <Empty title={t('program.tests.noCases')}>{t('program.tests.noCasesHelp')}</Empty>;
  return (
    <>
      <p role="status">
        <strong data-bad={result.failed > 0}>
          {t('program.tests.passed', { count: result.passed })}
          {result.failed > 0 ? `, ${t('program.tests.failed', { count: result.failed })}` : ''}
        </strong>{' '}
        {isStale && <span className="dim">{t('program.tests.stale')}</span>}
      </p>
      <ul className={classes.cases}>
        {result.cases
          .toSorted((a, b) => Number(a.ok) - Number(b.ok))
          .map(one => (
            <Case key={`${one.file}:${one.line}`} one={one} onGo={onGo} />
          ))}
      </ul>
    </>
  );
}

export function TestsPanel({ tests, revision, mayTry, onRun, onGo }: Props) {
  return (
    <div className={classes.panel}>
      {mayTry && (
        <Button size="xs" variant="default" loading={tests.isPending} onClick={onRun} w="fit-content">
          {t('program.tests.run')}
        </Button>
      )}
      {tests.error && <QueryFailure error={tests.error} />}
      {tests.data && <Result result={tests.data} isStale={tests.data.of.id !== revision} onGo={onGo} />}
      {!tests.data && !tests.error && !tests.isPending && (
        <Empty title={t('program.tests.none')}>{t('program.tests.noneHelp')}</Empty>
      )}
    </div>
  );
}
