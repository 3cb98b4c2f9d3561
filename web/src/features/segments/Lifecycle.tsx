// The stages of accounts' lives with their goals, those that are stalled, and the renewal window beside.
import { Link } from '@tanstack/react-router';
import type { Segment } from '@/api/types';
import { useFormat } from '@/features/session';
import { t } from '@/lib/i18n';
import { DataTable } from '@/ui/DataTable';
import { Panel } from '@/ui/Page';
import page from '@/ui/page.module.css';
import { ColourBar } from './Colours';
import classes from './Segments.module.css';

function Goal({ goal, stage }: { goal: Segment; stage: Segment }) {
  const format = useFormat();
  return (
    <li title={goal.rule ?? undefined}>
      <Link to="/accounts" search={{ stage: stage.name, goal: goal.name }} className={page.name}>
        {t('segments.coverage.goalOf', {
          name: goal.name.slice(goal.name.indexOf('/') + 1),
          reached: format.number(goal.in_stage ?? 0),
          whole: format.number(stage.accounts),
        })}
      </Link>
      {goal.doc && <span className={page.doc}>{goal.doc}</span>}
    </li>
  );
}

function Row({ stage, goals }: { stage: Segment; goals: readonly Segment[] }) {
  const format = useFormat();
  return (
    <tr>
      <th scope="row">
        <strong>{stage.name}</strong>
        {stage.doc && <span className={page.doc}>{stage.doc}</span>}
      </th>
      <td className={page.end}>
        <Link to="/accounts" search={{ stage: stage.name }} className={page.number}>
          {format.number(stage.accounts)}
        </Link>
      </td>
      <td className={`${page.end} num`}>{stage.arr ? format.moneyShort(stage.arr) : '–'}</td>
      <td>
        {goals.length === 0 ? (
          <span className="dim">{t('segments.coverage.noGoals')}</span>
        ) : (
          <ul className={classes.goals}>
            {goals.map(goal => (
              <Goal key={goal.name} goal={goal} stage={stage} />
            ))}
          </ul>
        )}
      </td>
      <td className={page.wide}>
        <ColourBar bands={stage.bands} />
      </td>
    </tr>
  );
}

function Flag({ set, label }: { set: Segment; label: string }) {
  const format = useFormat();
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <Link to="/accounts" search={{ flag: set.name }} className={page.value}>
          {format.number(set.accounts)}
        </Link>
        <span className={page.note}>{set.arr ? format.moneyShort(set.arr) : ''}</span>
      </dd>
    </div>
  );
}

export function Lifecycle({ sets }: { sets: readonly Segment[] }) {
  const stages = sets.filter(set => set.kind === 'stage');
  const flag = (name: string) => sets.find(set => set.kind === 'flag' && set.name === name);
  const stalled = flag('stalled');
  const renewal = flag('renewal-window');
  return (
    <Panel id="lifecycle-title" title={t('segments.coverage.lifecycle')}>
      {(stalled || renewal) && (
        <dl className={page.figures}>
          {stalled && <Flag set={stalled} label={t('segments.coverage.stalled')} />}
          {renewal && <Flag set={renewal} label={t('segments.coverage.renewal')} />}
        </dl>
      )}
      {stages.length === 0 ? (
        <p className={page.note}>{t('segments.coverage.lifecycleNone')}</p>
      ) : (
        <DataTable
          label={t('table.of', { title: t('segments.coverage.lifecycle') })}
          className={classes.tallRows}
          columns={[
            t('segments.coverage.stage'),
            { end: t('segments.accounts') },
            { end: t('segments.arr') },
            t('segments.coverage.goals'),
            { wide: t('segments.colours') },
          ]}
        >
          <tbody>
            {stages.map(stage => (
              <Row
                key={stage.name}
                stage={stage}
                goals={sets.filter(set => set.kind === 'goal' && set.stage === stage.name)}
              />
            ))}
          </tbody>
        </DataTable>
      )}
      <p className={page.note}>
        {stalled && t('segments.coverage.stalledWhy')}{' '}
        {renewal?.rule && (
          <>
            {t('segments.coverage.renewalWhy')} <code>{renewal.rule}</code>
          </>
        )}
      </p>
    </Panel>
  );
}
