// What a text would do to the book: first in words, then what stands behind them.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Band, ProgramDiff } from '@/api/types';
import { HealthShape, type Shade } from '@/features/health';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { ScrollRegion } from '@/ui/ScrollRegion';
import classes from './Effects.module.css';
import { useMoney } from './useMoney';

type Money = (amount: number) => string;

function Colour({ name }: { name: Band | null }) {
  const shade: Shade = name ?? 'none';
  return (
    <span className={classes.colour}>
      <HealthShape shade={shade} />
      {t(`health.band.${shade}`)}
    </span>
  );
}

interface TableProps {
  title: string;
  /** A column with a trailing # holds numbers. */
  heads: readonly string[];
  children: ReactNode;
}

function Table({ title, heads, children }: TableProps) {
  return (
    <section className={classes.part} aria-label={title}>
      <h3>{title}</h3>
      <ScrollRegion className={classes.scroll} label={title}>
        <table className={classes.table}>
          <thead>
            <tr>
              {heads.map(head => (
                <th key={head} scope="col" className={head.endsWith('#') ? classes.end : undefined}>
                  {head.replace('#', '')}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </ScrollRegion>
    </section>
  );
}

interface Move {
  key: string;
  from: ReactNode;
  to: ReactNode;
  count: number;
  arr: number;
}

function Moves({ title, moves, money }: { title: string; moves: readonly Move[]; money: Money }) {
  const format = useFormat();
  if (moves.length === 0) return null;
  const heads = [
    t('program.effects.from'),
    t('program.effects.to'),
    `${t('program.effects.accountsCount')}#`,
    `${t('program.effects.arr')}#`,
  ];
  return (
    <Table title={title} heads={heads}>
      {moves.map(move => (
        <tr key={move.key}>
          <td>{move.from}</td>
          <td>{move.to}</td>
          <td className={classes.end}>{format.number(move.count)}</td>
          <td className={classes.end}>{money(move.arr)}</td>
        </tr>
      ))}
    </Table>
  );
}

/** "new" or "gone"; a rule that stays needs no word. */
function Change({ change }: { change: 'new' | 'gone' | 'same' }) {
  return change === 'same' ? null : <span className={classes.tag}>{t(`program.effects.${change}`)}</span>;
}

/** What the text changes stands before what it leaves as it was; each in the order of the program. */
function changedFirst<T>(rules: readonly T[], isChanged: (rule: T) => boolean): readonly T[] {
  return rules.toSorted((a, b) => Number(isChanged(b)) - Number(isChanged(a)));
}

const isSegmentMoved = ({ change, entered, left }: ProgramDiff['segments'][number]) =>
  change !== 'same' || entered > 0 || left > 0;

const isSignalMoved = ({ change, would_raise, would_clear }: ProgramDiff['signals'][number]) =>
  change !== 'same' || would_raise > 0 || would_clear > 0;

function Segments({ segments, money }: { segments: ProgramDiff['segments']; money: Money }) {
  const format = useFormat();
  if (segments.length === 0) return null;
  const heads = (['name', 'before#', 'after#', 'entered#', 'left#'] as const).map(head =>
    head.endsWith('#')
      ? `${t(`program.effects.${head.slice(0, -1) as 'before'}`)}#`
      : t('program.effects.name'),
  );
  const moved = (count: number, arr: number) =>
    count === 0 ? '–' : `${format.number(count)} (${money(arr)})`;
  return (
    <Table title={t('program.effects.segments')} heads={heads}>
      {changedFirst(segments, isSegmentMoved).map(segment => (
        <tr key={segment.name}>
          <th scope="row">
            {segment.name} <Change change={segment.change} />
          </th>
          <td className={classes.end}>{format.number(segment.before)}</td>
          <td className={classes.end}>{format.number(segment.after)}</td>
          <td className={classes.end}>{moved(segment.entered, segment.entered_arr)}</td>
          <td className={classes.end}>{moved(segment.left, segment.left_arr)}</td>
        </tr>
      ))}
    </Table>
  );
}

function Signals({ signals, money }: { signals: ProgramDiff['signals']; money: Money }) {
  const format = useFormat();
  if (signals.length === 0) return null;
  const heads = [
    t('program.effects.name'),
    `${t('program.effects.raise')}#`,
    `${t('program.effects.clear')}#`,
    `${t('program.effects.already')}#`,
    `${t('program.effects.arr')}#`,
  ];
  return (
    <>
      <Table title={t('program.effects.signals')} heads={heads}>
        {changedFirst(signals, isSignalMoved).map(signal => (
          <tr key={signal.name}>
            <th scope="row">
              {signal.name} <Change change={signal.change} />
            </th>
            <td className={classes.end}>{format.number(signal.would_raise)}</td>
            <td className={classes.end}>{format.number(signal.would_clear)}</td>
            <td className={classes.end}>{format.number(signal.already_true)}</td>
            <td className={classes.end}>{money(signal.arr)}</td>
          </tr>
        ))}
      </Table>
      {signals.some(signal => signal.already_true > 0) && (
        <p className="dim">{t('program.effects.alreadyHelp')}</p>
      )}
    </>
  );
}

type AccountEffect = ProgramDiff['accounts'][number];

function StandingText({ standing }: { standing: AccountEffect['before'] }) {
  const format = useFormat();
  return (
    <span className={classes.standing} title={standing.scorecard ?? undefined}>
      <Colour name={standing.colour} /> {standing.points === null ? '' : format.points(standing.points)}
    </span>
  );
}

function otherEffects(account: AccountEffect): string {
  return (['enters', 'leaves', 'raises', 'clears'] as const)
    .map(what => {
      const names = {
        enters: account.entered,
        leaves: account.left,
        raises: account.raises,
        clears: account.clears,
      }[what];
      return names.length > 0 ? t(`program.effects.${what}`, { names: names.join(', ') }) : '';
    })
    .filter(Boolean)
    .join('; ');
}

function Accounts({ accounts, money }: { accounts: readonly AccountEffect[]; money: Money }) {
  if (accounts.length === 0) return null;
  const heads = [
    t('program.match.account'),
    `${t('program.effects.arr')}#`,
    t('program.effects.before'),
    t('program.effects.after'),
  ];
  return (
    <Table title={t('program.effects.accounts')} heads={heads}>
      {accounts.map(account => (
        <tr key={account.id}>
          <th scope="row">
            <Link to="/accounts/$accountId" params={{ accountId: account.id }}>
              {account.name}
            </Link>
            {otherEffects(account) && <div className="dim">{otherEffects(account)}</div>}
          </th>
          <td className={classes.end}>{money(account.arr)}</td>
          <td>
            <StandingText standing={account.before} />
          </td>
          <td>
            <StandingText standing={account.after} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The words alone: for dialogs. */
export function EffectWords({ diff }: { diff: ProgramDiff }) {
  const words = diff.words.length > 0 ? diff.words : [t('program.effects.nothing')];
  return (
    <ul className={classes.words}>
      {words.map(line => (
        <li key={line}>{sentence(line)}</li>
      ))}
      {diff.needs_scan.length > 0 && (
        <li>{t('program.effects.scan', { names: diff.needs_scan.join(', ') })}</li>
      )}
    </ul>
  );
}

export function Effects({ diff }: { diff: ProgramDiff }) {
  const money = useMoney(diff.currency);
  const colours = diff.colours.map(move => ({
    ...move,
    key: `${move.from} ${move.to}`,
    from: <Colour name={move.from} />,
    to: <Colour name={move.to} />,
  }));
  const models = diff.models.map(move => ({
    ...move,
    key: `${move.from} ${move.to}`,
    from: move.from ?? '–',
    to: move.to ?? '–',
  }));
  return (
    <div className={classes.effects}>
      <EffectWords diff={diff} />
      <Moves title={t('program.effects.colours')} moves={colours} money={money} />
      <Moves title={t('program.effects.models')} moves={models} money={money} />
      <Segments segments={diff.segments} money={money} />
      <Signals signals={diff.signals} money={money} />
      <Accounts accounts={diff.accounts} money={money} />
    </div>
  );
}
