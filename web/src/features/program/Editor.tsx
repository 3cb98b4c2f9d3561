// The text of a file, in CodeMirror.  Loaded only by the program page (see ProgramPage).  It stands in a
// shadow tree: there CodeMirror's styles are style sheets of the tree, not style elements, which the
// content security policy forbids.
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { type Diagnostic, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useMemo, useRef } from 'react';
import type { ProgramProblem } from '@/api/types';
import { t } from '@/lib/i18n';
import { programCompletion, programMeanings } from './assist';
import classes from './Editor.module.css';
import { editorTheme } from './editorTheme';
import { programLanguage } from './language';
import { nextIndent, placeAt, valueEnd, yamlText } from './place';
import { offsetOf, placeOf } from './positions';
import { holdsExpression, type Scope } from './scope';

export interface EditorHandle {
  /** Puts an expression where the cursor is: in place of the value, where one stands. */
  insertExpression(text: string): void;
  focus(): void;
}

interface Props {
  /** The file that is open; each keeps its own history of changes. */
  name: string;
  text: string;
  readOnly: boolean;
  /** What is wrong with exactly these files; null while that is not known. */
  problems: readonly ProgramProblem[] | null;
  scope: Scope;
  handle: Ref<EditorHandle>;
  /** Where to put the cursor, once. */
  target: { line: number; column: number } | null;
  onTarget: () => void;
  onChange: (text: string) => void;
  onCursor: (line: number, column: number) => void;
  onSave: () => void;
  onFix: (problem: ProgramProblem) => void;
}

function diagnosticsOf(
  text: string,
  problems: readonly ProgramProblem[],
  onFix: (problem: ProgramProblem) => void,
): Diagnostic[] {
  return problems.map(problem => {
    const from = offsetOf(text, problem.line, problem.column);
    const { fix } = problem;
    return {
      from,
      to: Math.max(from, offsetOf(text, problem.end_line, problem.end_column)),
      severity: problem.severity,
      message: problem.message,
      ...(fix ? { actions: [{ name: fix.label, apply: () => onFix(problem) }] } : {}),
    };
  });
}

/** Makes the document this text, as the smallest change, so that cursor and history stay. */
function become(view: EditorView, text: string): void {
  const old = view.state.doc.toString();
  if (old === text) return;
  let from = 0;
  const most = Math.min(old.length, text.length);
  while (from < most && old[from] === text[from]) from++;
  let kept = 0;
  while (kept < most - from && old[old.length - 1 - kept] === text[text.length - 1 - kept]) kept++;
  view.dispatch({ changes: { from, to: old.length - kept, insert: text.slice(from, text.length - kept) } });
}

function tellCursor({ state }: { state: EditorState }, onCursor: Props['onCursor']): void {
  const { line, column } = placeOf(state.doc.toString(), state.selection.main.head);
  onCursor(line, column);
}

function insertExpression(view: EditorView, scope: Scope, expression: string): void {
  const text = view.state.doc.toString();
  const { head } = view.state.selection.main;
  const place = placeAt(text, head);
  const replaces = place.part === 'value' && holdsExpression(scope, text, place.path);
  const from = replaces ? place.from : head;
  const to = replaces ? Math.max(from, valueEnd(text, place)) : head;
  const needsSpace = replaces && text[from - 1] === ':';
  const insert = `${needsSpace ? ' ' : ''}${replaces ? yamlText(expression) : expression}`;
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length } });
  view.focus();
}

export default function Editor(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const states = useRef(new Map<string, EditorState>());
  const shown = useRef(props.name);
  /** What was typed and has not come back yet: while there is some, `text` is behind the editor. */
  const sent = useRef<string[]>([]);
  const now = useRef(props);
  now.current = props;
  const { name, text, readOnly, problems, target } = props;
  const own = useMemo(() => problems?.filter(one => one.file === name), [problems, name]);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    states.current.clear();
    shown.current = now.current.name;
    const made = new EditorView({
      state: EditorState.create({ doc: now.current.text, extensions: extensions(readOnly, now, sent) }),
      parent: root,
      root,
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
  }, [readOnly]);

  useEffect(() => {
    const current = view.current;
    if (!current) return;
    const back = shown.current === name ? sent.current.lastIndexOf(text) : -1;
    sent.current = back < 0 ? [] : sent.current.slice(back + 1);
    if (sent.current.length > 0) return;
    if (shown.current !== name) {
      states.current.set(shown.current, current.state);
      shown.current = name;
      const kept = states.current.get(name);
      current.setState(
        kept ?? EditorState.create({ doc: text, extensions: extensions(readOnly, now, sent) }),
      );
    }
    become(current, text);
    tellCursor(current, now.current.onCursor);
  }, [name, text, readOnly]);

  useEffect(() => {
    const current = view.current;
    if (!current || !own || current.state.doc.toString() !== text) return;
    const marks = diagnosticsOf(text, own, problem => now.current.onFix(problem));
    current.dispatch(setDiagnostics(current.state, marks));
  }, [own, text]);

  useEffect(() => {
    const current = view.current;
    if (!current || !target) return;
    const anchor = offsetOf(current.state.doc.toString(), target.line, target.column);
    current.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
    current.focus();
    now.current.onTarget();
  }, [target]);

  useImperativeHandle(props.handle, () => ({
    insertExpression(expression) {
      if (view.current) insertExpression(view.current, now.current.scope, expression);
    },
    focus: () => view.current?.focus(),
  }));

  return (
    <div className={classes.frame}>
      <div ref={host} className={classes.host} />
    </div>
  );
}

/** YAML's indentation cannot be told from a tree while a line is still being written. */
function newLine({ state, dispatch }: EditorView): boolean {
  if (state.readOnly) return false;
  const { from, to } = state.selection.main;
  const line = state.doc.lineAt(from);
  const insert = `${state.lineBreak}${nextIndent(line.text.slice(0, from - line.from))}`;
  const selection = { anchor: from + insert.length };
  dispatch(
    state.update({ changes: { from, to, insert }, selection, scrollIntoView: true, userEvent: 'input' }),
  );
  return true;
}

const save = (now: { current: Props }) => () => {
  now.current.onSave();
  return true;
};

function extensions(readOnly: boolean, now: { current: Props }, sent: { current: string[] }): Extension[] {
  const scopeNow = () => now.current.scope;
  return [
    lineNumbers(),
    history(),
    drawSelection(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    bracketMatching(),
    closeBrackets(),
    indentUnit.of('  '),
    programLanguage,
    editorTheme,
    autocompletion({ override: [programCompletion(scopeNow)], icons: true }),
    programMeanings(scopeNow),
    EditorState.readOnly.of(readOnly),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({
      'aria-label': t('program.editor', { name: now.current.name }),
      tabindex: '0',
    }),
    keymap.of([
      { key: 'Mod-s', preventDefault: true, run: save(now) },
      {
        key: 'Mod-.',
        preventDefault: true,
        run: ({ state }) => {
          const { line } = placeOf(state.doc.toString(), state.selection.main.head);
          const fixable = now.current.problems?.find(
            one => one.fix && one.line <= line && line <= one.end_line,
          );
          if (fixable) now.current.onFix(fixable);
          return true;
        },
      },
      { key: 'Enter', run: newLine },
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...completionKeymap,
      ...lintKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of(update => {
      if (update.docChanged) {
        const text = update.state.doc.toString();
        sent.current.push(text);
        now.current.onChange(text);
      }
      if (update.docChanged || update.selectionSet) tellCursor(update, now.current.onCursor);
    }),
  ];
}
