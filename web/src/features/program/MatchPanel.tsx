// The accounts that the rule under the cursor matches now, and why.
import { Link } from '@tanstack/react-router';
import type { ProgramMatches } from '@/api/types';
import { QueryFailure, useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { ScrollRegion } from '@/ui/ScrollRegion';
import { Empty, LoadingLines } from '@/ui/states';
import table from './Effects.module.css';
import classes from './MatchPanel.module.css';
import type { useMatch } from './queries';
import { useMoney } from './useMoney';

type Rule = NonNullable<ProgramMatches['rule']>;
type Matched = ProgramMatches['accounts'][number];

/** A rule that is true or false matches accounts; any other has a value for them. */
const isCondition = (rule: Rule) => rule.type === 'bool';

interface RowProps {
  account: Matched;
  withValue: boolean;
  money: (amount: number) => string;
}

function Row({ account, withValue, money }: RowProps) {
  return (
    <tr>
      <th scope="row">
        <Link to="/accounts/$accountId" params={{ accountId: account.id }}>
          {account.name}
        </Link>
        <ul className={classes.why} aria-label={t('program.match.why')}>
          {account.why.map(fact => (
            <li key={fact.name}>
              <span className="mono">{fact.name}</span> <b>{fact.value_text}</b>
              {fact.source && <span className={classes.source}> · {fact.source}</span>}
            </li>
          ))}
        </ul>
      </th>
      {withValue && <td className={table.end}>{account.value_text}</td>}
      <td className={table.end}>{money(account.arr)}</td>
    </tr>
  );
}

function Count({ match, rule }: { match: ProgramMatches; rule: Rule }) {
  const format = useFormat();
  const money = useMoney(match.currency);
  const { matches, unknown } = match;
  const what = isCondition(rule) ? 'count' : 'values';
  return (
    <>
      <p className={classes.count} role="status">
        <strong className="num">
          {t(`program.match.${what}`, { count: matches, shown: format.number(matches) })}
        </strong>{' '}
        <span className="dim num">
          {t('program.match.of', { of: format.number(match.of), arr: money(match.arr) })}
        </span>
      </p>
      {unknown > 0 && (
        <p className={classes.unknown}>
          {t('program.match.unknown', { count: unknown, shown: format.number(unknown) })}
        </p>
      )}
    </>
  );
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function Matches({ match, rule }: { match: ProgramMatches; rule: Rule }) {
  const withValue = !isCondition(rule);
  const money = useMoney(match.currency);
  return (
    <>
      <h2 className={classes.rule}>
        {t(`program.match.kind.${rule.kind}`)} <span className={classes.name}>{rule.name}</span>
      </h2>
      <pre className={classes.expression}>{rule.expression}</pre>
      {match.problems.length > 0 ? (
        <p className="dim">{t('program.match.refused')}</p>
      ) : (
        <>
          {match.needs_scan.length === 0 && <Count match={match} rule={rule} />}
          {match.words.map(line => (
            <p key={line} className={classes.unknown}>
              {sentence(line)}.
            </p>
          ))}
          {rule.known_only && <p className={classes.unknown}>{t('program.match.knownOnly')}</p>}
          {match.needs_scan.length > 0 ? null : match.accounts.length === 0 ? (
            <p className="dim">{t(withValue ? 'program.match.nobodyValue' : 'program.match.nobody')}</p>
          ) : (
            <ScrollRegion className={table.scroll} label={t('program.match.first')}>
              <table className={table.table}>
                <thead>
                  <tr>
                    <th scope="col">{t('program.match.account')}</th>
                    {withValue && (
                      <th scope="col" className={table.end}>
                        {t('program.match.value')}
                      </th>
                    )}
                    <th scope="col" className={table.end}>
                      {t('program.match.arr')}
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {match.accounts.map(account => (
                    <Row key={account.id} account={account} withValue={withValue} money={money} />
                  ))}
                </tbody>
              </table>
            </ScrollRegion>
          )}
        </>
      )}
    </>
  );
}

export function MatchPanel({ match }: { match: ReturnType<typeof useMatch> }) {
  if (match.error) return <QueryFailure error={match.error} onRetry={() => void match.refetch()} />;
  if (!match.data) return <LoadingLines lines={6} />;
  const { rule } = match.data;
  if (!rule) return <Empty title={t('program.match.none')}>{t('program.match.noneHelp')}</Empty>;
  return (
    <div className={classes.panel} data-stale={match.isPlaceholderData}>
      <Matches match={match.data} rule={rule} />
    </div>
  );
}
