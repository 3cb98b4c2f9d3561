import classes from './Segments.module.css';

/** Names of segments that hold at once. */
export function Tags({ names }: { names: readonly string[] }) {
  return (
    <span className={classes.tags}>
      {names.map(name => (
        <span key={name} className={classes.tag}>
          {name}
        </span>
      ))}
    </span>
  );
}
