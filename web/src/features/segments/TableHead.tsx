import classes from './Segments.module.css';

/** A name alone is left-aligned text; `end`: numbers, `wide`: a bar. */
type Column = string | { end: string } | { wide: string };

function shown(column: Column) {
  if (typeof column === 'string') return { name: column, className: undefined };
  return 'end' in column
    ? { name: column.end, className: classes.end }
    : { name: column.wide, className: classes.wide };
}

/** The head of a table. */
export function TableHead({ columns }: { columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map(shown).map(({ name, className }) => (
          <th key={name} scope="col" className={className}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
