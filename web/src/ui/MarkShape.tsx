// The small shapes that mark moments on a time line; the chart draws the same ones.
export type Shape = 'square' | 'diamond' | 'triangle' | 'ring' | 'bell' | 'cross';

/** Of a box of 10 by 10. */
export const SHAPE_PATHS: Record<Shape, string> = {
  square: 'M1.5 1.5h7v7h-7z',
  diamond: 'M5 .3 9.7 5 5 9.7.3 5z',
  triangle: 'M5 .8 9.6 9.2H.4z',
  bell: 'M5 .5c2.2 0 3.5 1.6 3.5 3.6v2.1L9.7 8H.3l1.2-1.8V4.1C1.5 2.1 2.8 .5 5 .5ZM3.6 8.6h2.8a1.4 1.4 0 0 1-2.8 0Z',
  cross: 'M3.5 .5h3v3h3v3h-3v3h-3v-3h-3v-3h3z',
  ring: 'M5 1a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0 2a2 2 0 1 1 0 4 2 2 0 0 1 0-4Z',
};

export function MarkShape({ shape, color }: { shape: Shape; color: string }) {
  return (
    <svg width="9" height="9" viewBox="0 0 10 10" aria-hidden="true" focusable="false">
      <path d={SHAPE_PATHS[shape]} style={{ fill: `var(${color})` }} fillRule="evenodd" />
    </svg>
  );
}
