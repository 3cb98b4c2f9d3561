// Mantine's theme.  Colours and sizes are CSS variables in theme.css, so that no style element is
// injected and the strict content security policy holds.
import { createTheme, Menu, Modal, Tooltip } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'indigo',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withinPortal: true } }),
    Menu: Menu.extend({
      defaultProps: { shadow: 'md', position: 'bottom-start', offset: 4, withInitialFocusPlaceholder: false },
    }),
    // Locking the scroll of the page would inject a style element.
    Modal: Modal.extend({
      defaultProps: { lockScroll: false, radius: 8, transitionProps: { duration: 80 } },
    }),
  },
});
