// The explanation of a score as a bill: rows that add up, each open to the facts behind it.
import { UnstyledButton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import type { AccountHealth, ExplainItem } from '@/api/types';
import { useFormat, When } from '@/features/session';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import classes from './Bill.module.css';
import { digitsOf, hasParts, longMinus, MINUS, visibleItems, words } from './explain';

function fixed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

function signed(value: number, digits: number): string {
  const text = fixed(value, digits);
  return value > 0 && Number(value.toFixed(digits)) !== 0 ? `+${text}` : text;
}

function Change({ value, digits }: { value: number | null; digits: number }) {
  if (value === 0) return <span className={classes.none}>0</span>;
  if (value === null) return <span className={classes.none}>–</span>;
  const way = value > 0 ? 'up' : value < 0 ? 'down' : 'flat';
  return (
    <span className={classes.change} data-way={way}>
      {signed(value, digits)}
    </span>
  );
}

function Facts({ item }: { item: ExplainItem }) {
  if (item.facts.length === 0 && !item.reason && !item.rule && !item.account_id)
    return <p className={classes.noFacts}>{t('bill.noFacts')}</p>;
  return (
    <div className={classes.facts}>
      {item.reason && <p>{item.reason}</p>}
      {item.account_id && (
        <p>
          <Link to="/accounts/$accountId" params={{ accountId: item.account_id }}>
            {t('bill.openChild', { name: item.name })}
          </Link>
        </p>
      )}
      {item.rule && (
        <p className="dim">
          {t('bill.rule')} <code className="mono">{item.rule}</code>
        </p>
      )}
      {item.facts.length > 0 && (
        <table className={classes.factTable} aria-label={t('bill.factsOf', { name: words(item.name) })}>
          <thead>
            <tr>
              <th scope="col">{t('bill.fact')}</th>
              <th scope="col">{t('bill.value')}</th>
              <th scope="col">{t('bill.source')}</th>
              <th scope="col">{t('bill.at')}</th>
            </tr>
          </thead>
          <tbody>
            {item.facts.map(fact => (
              <tr key={`${fact.name} ${fact.source} ${fact.at}`}>
                <td className={classes.at}>{fact.name}</td>
                <td className={`num ${classes.at}`}>{longMinus(fact.value_text)}</td>
                <td className="dim">{fact.source}</td>
                <td className={`dim ${classes.at}`}>{fact.at ? <When at={fact.at} exact /> : '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** Behind a name, in the next line where there is no room. */
function Tag({ children }: { children: string }) {
  return (
    <>
      {' '}
      <span className={classes.tag}>{children}</span>
    </>
  );
}

interface RowProps {
  item: ExplainItem;
  opened: boolean;
  parts: boolean;
  digits: number;
  onToggle: (path: string) => void;
}

/** What the measure read, and what it had read before. */
function Raw({ item, parts }: { item: ExplainItem; parts: boolean }) {
  const now = longMinus(item.raw_text);
  const was = item.was_text === item.raw_text ? null : longMinus(item.was_text);
  if (now === null) return parts || item.kind !== 'measure' ? null : <span className={classes.none}>–</span>;
  return (
    <>
      {was && (
        <>
          <span className={classes.none} title={t('bill.was', { was })}>
            {was}
          </span>{' '}
          <span aria-hidden="true">→</span>{' '}
        </>
      )}
      {now}
    </>
  );
}

function BillRow({ item, opened, parts, digits, onToggle }: RowProps) {
  const format = useFormat();
  return (
    <tr className={classes.row} data-kind={item.kind} data-missing={item.missing} data-depth={item.depth}>
      <th scope="row" data-depth={Math.min(item.depth, 5)}>
        <UnstyledButton className={classes.toggle} aria-expanded={opened} onClick={() => onToggle(item.path)}>
          <span className={classes.chevron} data-open={opened}>
            <Icon name="chevron" size={12} />
          </span>
          <span>
            {item.account_id ? item.name : words(item.name)}
            {item.kind === 'exception' && <Tag>{t('bill.exception')}</Tag>}
            {item.kind === 'bound' && <Tag>{t('bill.bound')}</Tag>}
            {item.kind === 'judgement' && <Tag>{t('bill.judgement')}</Tag>}
            {item.missing && <Tag>{t('bill.missing')}</Tag>}
          </span>
        </UnstyledButton>
        {item.raw_text && (
          <span className={classes.under}>
            <Raw item={item} parts={parts} />
          </span>
        )}
      </th>
      <td className={`${classes.raw} ${classes.wide}`}>
        <Raw item={item} parts={parts} />
      </td>
      <td className={`num ${classes.end} ${classes.wide}`}>
        {item.value === null ? (
          <span className={classes.none}>{parts ? '' : '–'}</span>
        ) : (
          format.number(item.value, 1)
        )}
      </td>
      <td className={`num ${classes.end} ${classes.wide}`}>
        {item.weight === null ? (
          <span className={classes.none}>–</span>
        ) : (
          `${format.number(100 * item.weight, 1)} %`
        )}
      </td>
      <td className={`num ${classes.end} ${classes.points}`}>{fixed(item.points, digits)}</td>
      <td className={`num ${classes.end}`}>
        <Change value={item.change} digits={digits} />
      </td>
    </tr>
  );
}

interface Props {
  health: AccountHealth;
  open: ReadonlySet<string>;
  onToggle: (path: string) => void;
}

export function Bill({ health, open, onToggle }: Props) {
  const format = useFormat();
  const { items, previous } = health;
  const digits = digitsOf(items);
  const since = previous ? t('bill.since', { date: format.date(previous.at) }) : t('bill.change');
  return (
    <table className={classes.bill} aria-label={t('bill.title')}>
      <thead>
        <tr>
          <th scope="col">{t('bill.measure')}</th>
          <th scope="col" className={classes.wide}>
            {t('bill.value')}
          </th>
          <th scope="col" className={`${classes.end} ${classes.wide}`}>
            {t('bill.of100')}
          </th>
          <th scope="col" className={`${classes.end} ${classes.wide}`}>
            {t('bill.weight')}
          </th>
          <th scope="col" className={classes.end}>
            {t('bill.points')}
          </th>
          <th scope="col" className={classes.end}>
            {since}
          </th>
        </tr>
      </thead>
      <tbody>
        {visibleItems(items, open).map(item => {
          const parts = hasParts(items, item);
          const opened = open.has(item.path);
          return (
            <Fragment key={item.path}>
              <BillRow item={item} opened={opened} parts={parts} digits={digits} onToggle={onToggle} />
              {opened && !parts && (
                <tr className={classes.factsRow}>
                  <td colSpan={6}>
                    <Facts item={item} />
                  </td>
                </tr>
              )}
            </Fragment>
          );
        })}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{t('bill.total')}</th>
          <td className={classes.wide} />
          <td className={classes.wide} />
          <td className={classes.wide} />
          <td className={`num ${classes.end}`}>{fixed(health.effective_points, digits)}</td>
          <td className={`num ${classes.end}`}>
            <Change
              value={previous ? health.effective_points - previous.effective_points : null}
              digits={digits}
            />
          </td>
        </tr>
      </tfoot>
    </table>
  );
}
