// A share as a bar; the number stands beside it.
import page from './page.module.css';

interface Props {
  part: number;
  whole: number;
  /** Of health; without, the bar is plain. */
  shade?: string;
}

export function ShareBar({ part, whole, shade }: Props) {
  return (
    <span className={page.track} aria-hidden="true">
      <span
        className={page.bar}
        data-shade={shade}
        style={{ width: `${whole === 0 ? 0 : (100 * part) / whole}%` }}
      />
    </span>
  );
}
