// A part of the page that scrolls by itself, reachable by key and named for screen readers.  Where more stands
// beside what is seen, that edge fades.
import { type ReactNode, useEffect, useRef } from 'react';
import classes from './ScrollRegion.module.css';

interface Props {
  label: string;
  className?: string | undefined;
  children: ReactNode;
}

/** Which edges hide something: "", "left", "right" or "left right". */
function hiddenEdges({ scrollLeft, clientWidth, scrollWidth }: HTMLElement): string {
  const isLeft = scrollLeft > 1;
  const isRight = scrollLeft + clientWidth < scrollWidth - 1; // fractions of a pixel are none
  return [isLeft && 'left', isRight && 'right'].filter(Boolean).join(' ');
}

export function ScrollRegion({ label, className, children }: Props) {
  const region = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = region.current;
    if (!element) return;
    const look = () => {
      element.dataset.hides = hiddenEdges(element);
    };
    const sizes = new ResizeObserver(look); // tells of the first sizes, too
    for (const one of [element, ...element.children]) sizes.observe(one);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      sizes.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  return (
    <section
      ref={region}
      className={[classes.region, className].filter(Boolean).join(' ')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
      tabIndex={0}
      aria-label={label}
    >
      {children}
    </section>
  );
}
