// One segment: what makes an account a member, how its members stand, who came and who went.
import './texts';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Segment, SegmentBoard } from '@/api/types';
import { HealthMark } from '@/features/health';
import { QueryFailure, useFormat } from '@/features/session';
import { percentOf } from '@/lib/format';
import { t } from '@/lib/i18n';
import { useTitle } from '@/lib/title';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { Empty, LoadingLines } from '@/ui/states';
import { ColourTable } from './Colours';
import { Moves } from './Moves';
import { useLiveSegments, useMembers, useSegmentBoard } from './queries';
import classes from './Segments.module.css';
import type { SegmentSearch } from './search';

const MEMBERS = 12;

function Members({ name, accounts }: { name: string; accounts: number }) {
  const format = useFormat();
  const members = useMembers(name, MEMBERS);
  const money = format.moneyOf(members.data?.data.map(row => row.arr) ?? []);
  return (
    <Panel
      id="members-title"
      title={t('segments.members')}
      aside={
        accounts > 0 && (
          <Link to="/accounts" search={{ segment: name }}>
            {t('segments.membersAll', { count: accounts, shown: format.number(accounts) })}
          </Link>
        )
      }
    >
      {members.isPending && <LoadingLines lines={6} />}
      {members.error && <QueryFailure error={members.error} onRetry={() => void members.refetch()} />}
      {members.data?.data.length === 0 && <p className={page.note}>{t('segments.membersNone')}</p>}
      {members.data && members.data.data.length > 0 && (
        <DataTable
          label={t('table.of', { title: t('segments.members') })}
          columns={[
            t('segments.account'),
            t('segments.health'),
            { end: t('segments.arr') },
            t('segments.owner'),
          ]}
        >
          <tbody>
            {members.data.data.map(row => (
              <tr key={row.id}>
                <th scope="row">
                  <Link to="/accounts/$accountId" params={{ accountId: row.id }} className={page.name}>
                    {row.name}
                  </Link>
                </th>
                <td>
                  <HealthMark score={row.score} />
                </td>
                <td className={`${page.end} num`}>{row.arr ? money(row.arr) : '–'}</td>
                <td className="dim">{row.owner?.name ?? t('segments.nobody')}</td>
              </tr>
            ))}
          </tbody>
        </DataTable>
      )}
    </Panel>
  );
}

function Figures({ set, board }: { set: Segment; board: SegmentBoard }) {
  const format = useFormat();
  return (
    <dl className={page.figures}>
      <div>
        <dt>{t('segments.accounts')}</dt>
        <dd>
          <Link to="/accounts" search={{ segment: set.name }} className={page.value}>
            {format.number(set.accounts)}
          </Link>
          <span className={page.note}>
            {percentOf(set.accounts, board.accounts)}{' '}
            {t('segments.of', { count: board.accounts, shown: format.number(board.accounts) })}
          </span>
        </dd>
      </div>
      <div>
        <dt>{t('segments.arr')}</dt>
        <dd>
          <span className={page.value}>{set.arr ? format.moneyShort(set.arr) : '–'}</span>
          <span className={page.note}>
            {board.arr &&
              t('segments.ofArr', {
                percent: percentOf(set.arr?.minor ?? 0, board.arr.minor),
                arr: format.moneyShort(board.arr),
              })}
          </span>
        </dd>
      </div>
    </dl>
  );
}

function Head({ name, set }: { name: string; set: Segment | undefined }) {
  return (
    <header className={page.head}>
      <nav aria-label={t('segments.trail')} className={page.header}>
        <Link to="/segments">{t('segments.title')}</Link> <span aria-hidden="true">/</span>
        <h1>{name}</h1>
        {set?.model && (
          <span className="dim">
            {t('segments.model', { name: set.model })}
            {set.question !== 'none' && ` · ${t(`questions.ask.${set.question}`)}`}
          </span>
        )}
      </nav>
      {set?.doc && <p className={classes.says}>{set.doc}</p>}
      {set?.rule && (
        <p className={classes.rule}>
          <span className="dim">{t('segments.rule')}</span> <code>{set.rule}</code>
        </p>
      )}
      {set?.reads_state && <p className={page.note}>{t('segments.readsState')}</p>}
    </header>
  );
}

export function SegmentPage({ name, search }: { name: string; search: SegmentSearch }) {
  useTitle(name);
  useLiveSegments();
  const navigate = useNavigate();
  const { data: board, error, isPending, refetch } = useSegmentBoard();
  const set = board?.data.find(one => one.kind === 'segment' && one.name === name);
  const look = (days: string) =>
    void navigate({
      to: '/segments/$name',
      params: { name },
      search: days === '90' ? {} : { days },
      replace: true,
      resetScroll: false,
    });
  return (
    <article className={page.page} aria-label={name}>
      <Head name={name} set={set} />
      {error && <QueryFailure error={error} onRetry={() => void refetch()} />}
      {isPending && <LoadingLines lines={14} />}
      {board && !set && (
        <Empty title={t('segments.unknown')}>
          <p>{t('segments.unknownHelp')}</p>
          <Link to="/segments">{t('segments.back')}</Link>
        </Empty>
      )}
      {board && set && (
        <>
          <Figures set={set} board={board} />
          <div className={classes.two}>
            <div className={classes.side}>
              <Panel id="colours-title" title={t('segments.byColour')}>
                <ColourTable bands={set.bands} accounts={set.accounts} search={{ segment: name }} />
              </Panel>
              <Members name={name} accounts={set.accounts} />
            </div>
            <Moves name={name} accounts={set.accounts} days={search.days ?? '90'} onDays={look} />
          </div>
        </>
      )}
    </article>
  );
}
