// Picks all signals of the list that are on screen, or none.
import type { Signal } from '@/api/types';
import { t } from '@/lib/i18n';
import classes from './SignalsPage.module.css';

/** As many as one request may name. */
const MAX = 500;

interface Props {
  signals: readonly Signal[];
  chosen: readonly Signal[];
  /** There are more than those. */
  more: boolean;
  onPick: (ids: readonly string[]) => void;
}

export function PickAll({ signals, chosen, more, onPick }: Props) {
  const shown = signals.slice(0, MAX);
  const all = chosen.length >= shown.length;
  return (
    <label className={classes.all}>
      <input
        type="checkbox"
        checked={all}
        ref={box => {
          if (box) box.indeterminate = !all && chosen.length > 0;
        }}
        onChange={() => onPick(all ? [] : shown.map(({ id }) => id))}
      />
      {t(more || shown.length < signals.length ? 'signals.pickFirst' : 'signals.pickAll', {
        count: shown.length,
      })}
    </label>
  );
}
