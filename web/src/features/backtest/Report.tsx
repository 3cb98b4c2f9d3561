// What a run came to, panel by panel; two versions stand side by side in each.
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Backtest, BacktestReport } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { Panel } from '@/ui/Page';
import { Accounts } from './Accounts';
import classes from './Backtest.module.css';
import { Calibration } from './Calibration';
import { Headline } from './Headline';
import { Horizons } from './Horizons';
import { LeftOut } from './LeftOut';
import { Parts } from './Parts';
import { Signals } from './Signals';

interface VersionsProps {
  id: string;
  title: string;
  why?: string;
  reports: readonly BacktestReport[];
  children: (report: BacktestReport, title: string) => ReactNode;
}

function Versions({ id, title, why, reports, children }: VersionsProps) {
  return (
    <Panel id={`backtest-${id}`} title={title} note={why}>
      <div className={classes.versions} data-count={reports.length}>
        {reports.map((report, i) => {
          const name = versionName(report);
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a version may be compared with itself
            <div key={i} className={classes.version}>
              {reports.length > 1 && <h3>{name}</h3>}
              {children(report, reports.length > 1 ? `${title} ${name}, ${i + 1}` : title)}
            </div>
          );
        })}
      </div>
    </Panel>
  );
}

function versionName(report: BacktestReport): string {
  return report.version === null
    ? t('backtest.ask.draft')
    : t('backtest.ask.versionOf', { version: report.version });
}

/** Most had no score, and what was known later is the likely reason. */
function wantsTrue(report: BacktestReport): boolean {
  const without = report.accounts.filter(one => one.at[1]?.points === null).length;
  return report.basis === 'known' && report.left > 0 && without * 2 > report.left;
}

export function Report({ run, onTrue }: { run: Backtest; onTrue: () => void }) {
  const format = useFormat();
  const { reports, currency } = run;
  const [first] = reports;
  if (!first) return null;
  return (
    <>
      <Versions
        id="headline"
        title={t('backtest.headline.title')}
        why={t('backtest.span', {
          left: format.number(first.left),
          others: format.number(first.others),
          from: format.date(first.first_day),
          to: format.date(first.last_day),
        })}
        reports={reports}
      >
        {report => <Headline report={report} currency={currency} />}
      </Versions>
      {reports.some(wantsTrue) && (
        <p className={classes.callout} role="note">
          {t('backtest.headline.tryTrue')}{' '}
          <Button size="compact-xs" variant="default" onClick={onTrue}>
            {t('backtest.ask.true')}
          </Button>
        </p>
      )}
      <Versions
        id="horizons"
        title={t('backtest.horizons.title')}
        why={t('backtest.horizons.why')}
        reports={reports}
      >
        {(report, title) => <Horizons report={report} title={title} />}
      </Versions>
      <Versions id="parts" title={t('backtest.parts.title')} why={t('backtest.parts.why')} reports={reports}>
        {(report, title) => <Parts report={report} title={title} />}
      </Versions>
      <Versions
        id="calibration"
        title={t('backtest.calibration.title')}
        why={t('backtest.calibration.why')}
        reports={reports}
      >
        {(report, title) => <Calibration report={report} title={title} />}
      </Versions>
      <Versions
        id="signals"
        title={t('backtest.signals.title')}
        why={t('backtest.signals.why')}
        reports={reports}
      >
        {(report, title) => <Signals report={report} title={title} />}
      </Versions>
      <Accounts reports={reports} currency={currency} />
      <Versions id="out" title={t('backtest.out.title')} reports={reports}>
        {report => <LeftOut report={report} />}
      </Versions>
    </>
  );
}
