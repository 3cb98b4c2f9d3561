// A health score as shape, number and word: never by colour alone.
import { memo } from 'react';
import type { Band, Score } from '@/api/types';
import { t } from '@/lib/i18n';
import classes from './HealthMark.module.css';

export type Shade = Band | 'grey' | 'none';

export function shadeOf(score: Score | null): Shade {
  if (score === null) return 'none';
  return score.grey ? 'grey' : score.band;
}

/** Circle, triangle and diamond differ in outline; grey is a hollow, dashed circle. */
export const HealthShape = memo(function HealthShape({ shade, size = 12 }: { shade: Shade; size?: number }) {
  const props = {
    width: size,
    height: size,
    viewBox: '0 0 12 12',
    'aria-hidden': true,
    className: classes[shade],
  };
  if (shade === 'green') {
    return (
      <svg {...props} aria-hidden="true">
        <circle cx="6" cy="6" r="4.8" fill="currentColor" />
      </svg>
    );
  }
  if (shade === 'yellow') {
    return (
      <svg {...props} aria-hidden="true">
        <path d="M6 1 11.3 10.6H.7z" fill="currentColor" />
      </svg>
    );
  }
  if (shade === 'red') {
    return (
      <svg {...props} aria-hidden="true">
        <path d="M6 .4 11.6 6 6 11.6.4 6z" fill="currentColor" />
      </svg>
    );
  }
  return (
    <svg {...props} aria-hidden="true">
      <circle
        cx="6"
        cy="6"
        r="4.6"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        strokeDasharray="2.2 1.6"
      />
    </svg>
  );
});

/** What the scorecard calls the score, of which it is a view: the whole point stands beside it. */
export function Grade({ score, named = false }: { score: Score; named?: boolean }) {
  const { grade, whole } = score;
  return (
    <span className={classes.grade} title={t('health.gradeWhy', { points: whole })}>
      {named ? t('health.grade', { grade: grade ?? '–' }) : grade}
    </span>
  );
}

/** `graded`: with what the scorecard calls it, unless that stands elsewhere. */
export function HealthMark({ score, graded = true }: { score: Score | null; graded?: boolean }) {
  const shade = shadeOf(score);
  const title =
    shade === 'grey' && score
      ? t('health.greyWhy', { percent: Math.round(score.confidence * 100) })
      : score?.by_hand
        ? t('health.byHand', { computed: score.computed === null ? '–' : Math.round(score.computed) })
        : t('health.scale');
  return (
    <span className={classes.mark} title={title}>
      <HealthShape shade={shade} />
      <span className={classes.points}>{score ? score.whole : '–'}</span>
      {graded && score?.grade && <Grade score={score} />}
      {score && score.override !== null && (
        <abbr
          className={classes.hand}
          title={score.by_hand ? title : t('health.beside', { points: score.override })}
        >
          {score.by_hand
            ? t('health.handMark')
            : t('health.besideMark', { points: Math.round(score.override) })}
        </abbr>
      )}
      <span className={classes.word} data-shade={shade}>
        {t(`health.band.${shade}`)}
      </span>
    </span>
  );
}
