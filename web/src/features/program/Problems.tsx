// Below the text: whether it is right, every mistake with its place, and its fix as a button.
import { Button } from '@mantine/core';
import type { ProgramProblem } from '@/api/types';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import { ScrollRegion } from '@/ui/ScrollRegion';
import classes from './Problems.module.css';
import type { useCheck } from './queries';

interface Props {
  check: ReturnType<typeof useCheck>;
  onGo: (file: string, line: number, column: number) => void;
  onFix: (problem: ProgramProblem) => void;
}

function Item({ problem, onGo, onFix }: { problem: ProgramProblem } & Pick<Props, 'onGo' | 'onFix'>) {
  const { file, line, column, fix } = problem;
  return (
    <li className={classes.item} data-severity={problem.severity}>
      <Icon name="warning" size={14} />
      <span className={classes.message}>
        {problem.severity === 'warning'
          ? `${t('program.check.warning')}: ${problem.message}`
          : problem.message}{' '}
        <button type="button" className={classes.place} onClick={() => onGo(file, line, column)}>
          {t('program.check.place', { file, line })}
        </button>
      </span>
      {fix && (
        <Button size="compact-xs" variant="light" onClick={() => onFix(problem)}>
          {fix.label}
        </Button>
      )}
    </li>
  );
}

export function Problems({ check, onGo, onFix }: Props) {
  if (check.error) {
    return (
      <div className={classes.problems}>
        <QueryFailure error={check.error} onRetry={() => void check.refetch()} />
      </div>
    );
  }
  const problems = check.data?.problems ?? [];
  const errors = problems.filter(one => one.severity === 'error').length;
  return (
    <div className={classes.problems}>
      <p className={classes.state} role="status" data-errors={errors > 0}>
        <Icon name={errors > 0 ? 'warning' : 'check'} size={14} />
        {!check.data
          ? t('program.check.pending')
          : errors > 0
            ? t('program.check.count', { count: errors })
            : t('program.check.ok', { ...check.data.summary })}
      </p>
      {problems.length > 0 && (
        <ScrollRegion className={classes.scroll} label={t('program.check.list')}>
          <ul className={classes.list}>
            {problems.map(problem => (
              <Item
                key={`${problem.file}:${problem.line}:${problem.column}:${problem.message}`}
                problem={problem}
                onGo={onGo}
                onFix={onFix}
              />
            ))}
          </ul>
        </ScrollRegion>
      )}
    </div>
  );
}
