// Who the customers are, in sets: how many are in each, how well they are known, where sets overlap.
import './texts';
import { Button } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { NoAccounts } from '@/features/accounts';
import { Overridden } from '@/features/health';
import { QueryFailure, useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import { Page } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { Empty, LoadingLines } from '@/ui/states';
import { Models } from './Models';
import { Overlap } from './Overlap';
import { Questions } from './Questions';
import { useLiveSegments, useSegmentBoard } from './queries';
import type { SegmentsSearch } from './search';

export function SegmentsPage({ search }: { search: SegmentsSearch }) {
  useTitle(t('segments.title'));
  useLiveSegments();
  const navigate = useNavigate();
  const format = useFormat();
  const { data: board, error, isPending, refetch } = useSegmentBoard();
  const change = (part: SegmentsSearch) =>
    void navigate({
      to: '/segments',
      search: old => ({ ...old, ...part }),
      replace: true,
      resetScroll: false,
    });
  const any = board?.data.some(set => set.kind === 'segment');
  return (
    <Page
      title={t('segments.title')}
      aside={
        board && (
          <span className="dim num">
            {t('segments.of', { count: board.accounts, shown: format.number(board.accounts) })}
          </span>
        )
      }
    >
      {error && <QueryFailure error={error} onRetry={() => void refetch()} />}
      {isPending && <LoadingLines lines={14} />}
      {board && !any && (
        <Empty title={t('segments.none')}>
          <p>{t('segments.noneHelp')}</p>
          <Button component={Link} to="/program" size="xs" variant="default" mt={12}>
            {t('segments.noneGo')}
          </Button>
        </Empty>
      )}
      {board && any && board.accounts === 0 && <NoAccounts>{t('segments.noAccountsHelp')}</NoAccounts>}
      {board && any && (
        <>
          <Models board={board} />
          <Overridden figures={board} whose={{}} className={page.note} />
          {board.accounts > 0 && (
            <>
              <Questions board={board} />
              <Overlap board={board} search={search} onChange={change} />
            </>
          )}
        </>
      )}
    </Page>
  );
}
