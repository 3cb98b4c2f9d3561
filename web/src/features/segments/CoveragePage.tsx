// How accounts are looked after: coverage models, the load of each CSM, and the stages of accounts' lives.
import './texts';
import { Link } from '@tanstack/react-router';
import { NoAccounts } from '@/features/accounts';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import { Page } from '@/ui/Page';
import { Empty, LoadingLines } from '@/ui/states';
import { CoverageModels } from './CoverageModels';
import { Lifecycle } from './Lifecycle';
import { Owners } from './Owners';
import { useCoverage, useLiveSegments, useSegmentBoard } from './queries';

export function CoveragePage() {
  useTitle(t('segments.coverage.title'));
  useLiveSegments();
  const coverage = useCoverage();
  const sets = useSegmentBoard();
  const error = coverage.error ?? sets.error;
  return (
    <Page title={t('segments.coverage.title')}>
      {error && (
        <QueryFailure
          error={error}
          onRetry={() => {
            void coverage.refetch();
            void sets.refetch();
          }}
        />
      )}
      {coverage.isPending && <LoadingLines lines={14} />}
      {coverage.data?.models.length === 0 && (
        <Empty title={t('segments.coverage.none')}>
          <p>{t('segments.coverage.noneHelp')}</p>
          <Link to="/program">{t('segments.noneGo')}</Link>
        </Empty>
      )}
      {coverage.data && coverage.data.models.length > 0 && (
        <>
          {sets.data?.accounts === 0 && <NoAccounts>{t('segments.coverage.noAccountsHelp')}</NoAccounts>}
          <CoverageModels board={coverage.data} />
          <Owners board={coverage.data} />
        </>
      )}
      {sets.data && <Lifecycle sets={sets.data.data} />}
    </Page>
  );
}
