// How much room the screen has, where styles alone do not do: a phone is shown other parts.
import { useMediaQuery } from '@mantine/hooks';

/** Whether the window is at most so many pixels wide; known when the page is first drawn. */
export function useNarrow(pixels: number): boolean {
  return useMediaQuery(`(max-width: ${pixels}px)`, undefined, { getInitialValueInEffect: false }) ?? false;
}

/** As in the styles. */
export const usePhone = () => useNarrow(640);
