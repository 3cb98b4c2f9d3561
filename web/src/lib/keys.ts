// Keyboard shortcuts of one key or of two in a row ("g a").  Silent while text is being typed.
import { useLayoutEffect, useRef } from 'react';

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

const SEQUENCE_MS = 1200;
const WIDGETS = '[role="dialog"],[role="menu"],[role="listbox"]';

/** The innermost target: the window only sees the host of an element in a shadow tree. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest(WIDGETS)) return true;
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox';
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Calls the handler of the key pressed; the map may change from render to render.  Listens as soon as what
 * it moves is on screen, not a moment later: a quick key would be lost. */
export function useKeys(map: KeyMap): void {
  const current = useRef(map);
  useLayoutEffect(() => {
    current.current = map;
  });
  useLayoutEffect(() => {
    let first = '';
    let firstAt = 0;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.composedPath()[0] ?? null)) return;
      const pair = event.timeStamp - firstAt < SEQUENCE_MS ? `${first} ${event.key}` : '';
      const handler = current.current[pair] ?? current.current[event.key];
      first = event.key;
      firstAt = event.timeStamp;
      if (handler) handler(event);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
