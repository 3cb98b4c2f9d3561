// How the editor looks: the variables of app/theme.css, which reach into its shadow tree.
import { EditorView } from '@codemirror/view';

// The library's own marks are data: images, which the content security policy forbids.
const WAVE = (color: string) => ({
  backgroundImage: 'none',
  textDecoration: `underline wavy ${color} 1.5px`,
  textDecorationSkipInk: 'none',
  textUnderlineOffset: '3px',
});

export const editorTheme = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--bg)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.6', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)', padding: '8px 0' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft-hover)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--bg-hover)' },
  '.cm-gutters': { backgroundColor: 'var(--bg)', color: 'var(--text-3)', border: 'none' },
  '.cm-lintRange': { padding: '0' },
  '.cm-lintRange-error': WAVE('var(--red)'),
  '.cm-lintRange-warning': WAVE('var(--yellow)'),
  '.cm-lintRange-active': { backgroundColor: 'var(--bg-mark)' },
  '.cm-lintPoint:after': { borderBottomColor: 'var(--red)' },
  '.cm-lintPoint-warning:after': { borderBottomColor: 'var(--yellow)' },
  '.cm-tooltip': {
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
    backgroundColor: 'var(--bg-raised)',
    color: 'var(--text)',
    boxShadow: 'var(--shadow)',
    overflow: 'hidden',
    maxWidth: 'min(460px, 92vw)',
    zIndex: '50',
  },
  '.cm-tooltip-autocomplete.cm-tooltip > ul': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    fontSize: '12px',
    maxHeight: '15em',
  },
  '.cm-tooltip-autocomplete.cm-tooltip > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete.cm-tooltip > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-fill)',
    color: '#fff',
  },
  '.cm-completionDetail': { color: 'var(--text-2)', fontStyle: 'normal', marginLeft: '1.2em' },
  'li[aria-selected] .cm-completionDetail': { color: '#fff' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '650' },
  '.cm-completionIcon': { opacity: '0.8', paddingRight: '1em' },
  '.cm-tooltip.cm-completionInfo': { padding: '8px 10px', fontFamily: 'var(--mantine-font-family)' },
  '.cm-meaning': { padding: '6px 8px', fontFamily: 'var(--mantine-font-family)' },
  '.cm-completionInfo .cm-meaning': { padding: '0' },
  '.cm-meaning code': { color: 'var(--accent)', fontSize: '12px' },
  '.cm-diagnostic': { padding: '7px 10px', fontFamily: 'var(--mantine-font-family)' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--red)' },
  '.cm-diagnostic-warning': { borderLeft: '3px solid var(--yellow)' },
  '.cm-diagnosticAction': {
    marginLeft: '10px',
    padding: '2px 8px',
    borderRadius: '4px',
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--accent)',
    font: 'inherit',
    cursor: 'pointer',
  },
  '.cm-panels': { backgroundColor: 'var(--bg-side)', color: 'var(--text)' },
  '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--line)' },
  '.cm-panel.cm-search label': { fontSize: '12px' },
  '.cm-textfield': {
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
    backgroundColor: 'var(--bg)',
  },
  '.cm-button': {
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
    backgroundImage: 'none',
    backgroundColor: 'var(--bg-raised)',
  },
  '.cm-searchMatch': { backgroundColor: 'var(--bg-mark)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: 'transparent',
    outline: '1px solid var(--line-strong)',
  },
});
