// A part of the page that scrolls by itself, reachable by key and named for screen readers.
import type { ReactNode } from 'react';

interface Props {
  label: string;
  className?: string | undefined;
  children: ReactNode;
}

export function ScrollRegion({ label, className, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
    <section className={className} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
