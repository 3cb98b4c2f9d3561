// Which model scores whom and why, what each is made of, and what shadows would make of the same accounts.
import './texts';
import { Link } from '@tanstack/react-router';
import type { ScorecardBoard } from '@/api/types';
import { NoAccounts } from '@/features/accounts';
import { useLiveSegments } from '@/features/segments';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import { Page } from '@/ui/Page';
import { Empty, LoadingLines } from '@/ui/states';
import { Order } from './Order';
import { useLiveScorecards, useScorecards } from './queries';
import classes from './Scorecards.module.css';
import type { ScorecardsSearch } from './search';
import { Whole } from './Whole';

function Body({ board, chosen }: { board: ScorecardBoard; chosen: string | undefined }) {
  const card = board.data.find(one => one.name === chosen) ?? board.data[0];
  return (
    <>
      <Order board={board} chosen={card?.name} />
      {card && <Whole card={card} />}
    </>
  );
}

export function ScorecardsPage({ search }: { search: ScorecardsSearch }) {
  useTitle(t('scorecards.title'));
  useLiveScorecards();
  useLiveSegments();
  const { data: board, error, isPending, refetch } = useScorecards();
  return (
    <Page
      className={classes.page}
      title={t('scorecards.title')}
      aside={board && <span className="dim">{t('scorecards.scale', board.scale)}</span>}
    >
      {error && <QueryFailure error={error} onRetry={() => void refetch()} />}
      {isPending && <LoadingLines lines={14} />}
      {board?.data.length === 0 && (
        <Empty title={t('scorecards.none')}>
          <p>{t('scorecards.noneHelp')}</p>
          <Link to="/program">{t('scorecards.go')}</Link>
        </Empty>
      )}
      {board && board.data.length > 0 && board.accounts === 0 && (
        <NoAccounts>{t('scorecards.lead')}</NoAccounts>
      )}
      {board && board.data.length > 0 && <Body board={board} chosen={search.card} />}
    </Page>
  );
}
