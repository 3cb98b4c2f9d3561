// The frame of a page, and a part of it with a title.
import type { ReactNode } from 'react';
import page from './page.module.css';

interface PageProps {
  title: string;
  /** Stands beside the title. */
  aside?: ReactNode;
  /** Stands below it: what the page is for. */
  lead?: string;
  /** Sets the measures of its tables. */
  className?: string | undefined;
  children: ReactNode;
}

export function Page({ title, aside, lead, className, children }: PageProps) {
  return (
    <section className={[page.page, className].filter(Boolean).join(' ')} aria-label={title}>
      <header className={page.head}>
        <div className={page.header}>
          <h1>{title}</h1>
          {aside}
        </div>
        {lead && <p className="dim">{lead}</p>}
      </header>
      {children}
    </section>
  );
}

interface PanelProps {
  /** Of its title, on the page but once. */
  id: string;
  title: string;
  /** Stands at the end of the title's line. */
  aside?: ReactNode;
  /** Stands below it, in small letters. */
  note?: string | undefined;
  children: ReactNode;
}

export function Panel({ id, title, aside, note, children }: PanelProps) {
  const heading = <h2 id={id}>{title}</h2>;
  return (
    <section className={page.panel} aria-labelledby={id}>
      {aside ? (
        <header className={page.panelHead}>
          {heading}
          {aside}
        </header>
      ) : (
        heading
      )}
      {note && <p className={page.note}>{note}</p>}
      {children}
    </section>
  );
}
