// How urgent a signal is, as bars and a word: never by colour alone.
import { t } from '@/lib/i18n';
import classes from './SignalsPage.module.css';
import { SEVERITIES, type Severity } from './search';

const BARS = SEVERITIES.length;

export function SeverityMark({ severity }: { severity: Severity }) {
  const strength = BARS - SEVERITIES.indexOf(severity);
  return (
    <span className={classes.severity} data-severity={severity}>
      <svg width="14" height="12" viewBox="0 0 14 12" aria-hidden="true" focusable="false">
        {SEVERITIES.map((name, i) => (
          <rect
            key={name}
            x={i * 3.6}
            y={9 - i * 2.8}
            width="2.4"
            height={3 + i * 2.8}
            rx="0.8"
            fill="currentColor"
            opacity={i < strength ? 1 : 0.22}
          />
        ))}
      </svg>
      {t(`signals.severity.${severity}`)}
    </span>
  );
}
