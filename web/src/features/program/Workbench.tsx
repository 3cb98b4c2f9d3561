// The page once the program is there: puts text, panels and dialogs together.
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { lazy, type RefObject, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import type { ProgramNow, ProgramProblem } from '@/api/types';
import { useCan, useSession } from '@/features/session';
import { t } from '@/lib/i18n';
import { part } from '@/lib/part';
import { useNarrow, usePhone } from '@/lib/screen';
import { say } from '@/ui/say';
import { LoadingLines } from '@/ui/states';
import { ApplyDialog, RollbackDialog } from './ApplyDialog';
import { Builder } from './Builder';
import { textOf, withFile, withoutFile } from './draft';
import type { EditorHandle } from './Editor';
import { Files } from './Files';
import { Head } from './Head';
import { LeaveDialog } from './LeaveDialog';
import { Behind, Building, Notice } from './Notices';
import { PANELS, type Panel, Panels } from './Panels';
import { Problems } from './Problems';
import type { ProgramView } from './ProgramPage';
import classes from './ProgramPage.module.css';
import { applyEdits } from './positions';
import { type Spot, useCheck, useEffects, useMatch, useProgram, useRunTests, useScope } from './queries';
import { addRule, type NewRule } from './rules';
import { type DraftState, useDraft } from './useDraft';

const Editor = lazy(part(() => import('./Editor')));

const TYPING_MS = 300;
const MOVING_MS = 150;
/** A column that no line reaches: its end. */
const LINE_END = 1000;

/** Ctrl S anywhere on the page. */
function useSaveKey(save: () => void): void {
  const current = useRef(save);
  current.current = save;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.defaultPrevented)
        return;
      event.preventDefault();
      current.current();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

/** Everything that the server says of the text. */
function useSaid(draft: DraftState, spot: Spot, panel: Panel, mayTry: boolean) {
  const [revision] = useDebouncedValue(draft.revision, TYPING_MS);
  const [settled] = useDebouncedValue(spot, MOVING_MS);
  const check = useCheck(revision, mayTry);
  const match = useMatch(
    revision,
    settled,
    mayTry && panel === 'match' && textOf(revision.files, settled.file) !== undefined,
  );
  const isBroken = check.data?.ok === false;
  const effects = useEffects(
    revision,
    mayTry && panel === 'changes' && draft.isDraft && check.data?.ok === true,
  );
  return { check, match, effects, isBroken, isCurrent: check.data?.of.id === draft.revision.id };
}

/** Changes to the text that begin elsewhere than in the editor. */
function useChanges(
  draft: DraftState,
  open: (file: string) => void,
  editor: RefObject<EditorHandle | null>,
  begin: Spot | null,
) {
  /** Where to go when the editor shows that file. */
  const [target, setTarget] = useState(begin);
  const go = useCallback(
    (file: string, line: number, column = 1) => {
      open(file);
      setTarget({ file, line, column });
    },
    [open],
  );
  const fix = useCallback(
    ({ fix: mend }: ProgramProblem) => {
      const edits = mend?.edits ?? [];
      draft.edit(files =>
        files.map(file => ({
          ...file,
          text: applyEdits(
            file.text,
            edits.filter(edit => edit.file === file.name),
          ),
        })),
      );
      editor.current?.focus();
    },
    [draft.edit, editor],
  );
  return { target, setTarget, go, fix };
}

interface Dialogs {
  kind: 'apply' | 'rollback' | 'builder';
  version?: number;
}

export function Workbench({ program, view }: { program: ProgramNow; view: ProgramView }) {
  const navigate = useNavigate();
  const { user } = useSession();
  const mayTry = useCan('try');
  const mayApply = useCan('operate');
  const isPhone = usePhone();
  const isNarrow = useNarrow(1180);
  const draft = useDraft(program, user.id);
  const scope = useScope();
  const tests = useRunTests();
  const editor = useRef<EditorHandle>(null);
  const [dialog, setDialog] = useState<Dialogs | null>(null);
  /** The version that was applied last, which may not be active yet. */
  const [awaited, setAwaited] = useState(0);
  useProgram(awaited);
  const [both, setBoth] = useState<string[]>([]);
  const [cursor, setCursor] = useState({ line: 1, column: 1 });

  const { files } = draft.revision;
  const name = files.some(file => file.name === view.file) ? (view.file ?? '') : (files[0]?.name ?? '');
  const panel = PANELS.find(one => one === view.panel) ?? (isPhone ? 'text' : mayTry ? 'match' : 'versions');
  const mayEdit = mayTry && !isPhone;
  const isAwaited = awaited > program.version;
  const said = useSaid(draft, { file: name, ...cursor }, panel, mayTry);
  const show = useCallback(
    (part: ProgramView) => {
      void navigate({ to: '/program', search: old => ({ ...old, ...part }), replace: true });
    },
    [navigate],
  );
  const open = useCallback(
    (file: string) => show({ file, ...(isPhone ? { panel: 'text' } : {}) }),
    [show, isPhone],
  );
  const line = Number(view.line ?? 0);
  const begin = line > 0 ? { file: name, line, column: LINE_END } : null;
  const { target, setTarget, go, fix } = useChanges(draft, open, editor, begin);

  const apply = () => {
    if (!mayApply) say(t('program.apply.mayNot'));
    else if (isAwaited || program.building) say(t('program.apply.waits'));
    else if (!draft.isDraft) say(t('program.apply.nothing'));
    else if (said.isCurrent && said.isBroken) say(t('program.apply.refused'));
    else setDialog({ kind: 'apply' });
  };
  useSaveKey(apply);

  const runTests = () => {
    show({ panel: 'tests' });
    tests.mutate(draft.revision);
  };
  const addToFiles = (rule: NewRule) => {
    const placed = addRule(scope, files, name, rule);
    draft.edit(() => placed.files);
    go(placed.file, placed.line, LINE_END);
  };
  const discard = () => {
    const { files: lost } = draft.revision;
    draft.discard();
    setBoth([]);
    say(t('program.draft.discarded'), () => draft.moveTo(draft.base, lost));
  };
  const close = () => setDialog(null);

  const text = (
    <div className={classes.text}>
      <Files
        files={files}
        changes={draft.changes}
        problems={said.check.data?.problems ?? []}
        open={name}
        isNarrow={isNarrow}
        mayEdit={mayEdit}
        onOpen={open}
        onCreate={file => {
          draft.edit(old => withFile(old, file, ''));
          go(file, 1);
        }}
        onRemove={file => draft.edit(old => withoutFile(old, file))}
      />
      <div className={classes.editing}>
        <div className={classes.editor}>
          <Suspense fallback={<LoadingLines lines={14} height={12} />}>
            <Editor
              name={name}
              text={textOf(files, name) ?? ''}
              readOnly={!mayEdit}
              problems={said.isCurrent ? (said.check.data?.problems ?? null) : null}
              scope={scope}
              handle={editor}
              target={target?.file === name ? target : null}
              onTarget={() => {
                setTarget(null);
                if (view.line) show({ line: undefined });
              }}
              onChange={made => draft.edit(old => withFile(old, name, made))}
              onCursor={(line, column) => setCursor({ line, column })}
              onSave={apply}
              onFix={fix}
            />
          </Suspense>
        </div>
        <p className={classes.hint}>
          {t(mayEdit ? 'program.keys' : isPhone ? 'program.phoneReads' : 'program.readsOnly')}
        </p>
        {mayTry && <Problems check={said.check} onGo={go} onFix={fix} />}
      </div>
    </div>
  );

  return (
    <section className={classes.page} aria-label={t('program.title')}>
      <Head
        program={program}
        draft={draft}
        mayEdit={mayEdit}
        mayApply={mayApply}
        isTesting={tests.isPending}
        onApply={apply}
        onDiscard={discard}
        onTests={runTests}
        onBuild={() => setDialog({ kind: 'builder' })}
      />
      {program.building && <Building building={program.building} />}
      {!program.building && isAwaited && <Notice text={t('program.building.soon', { version: awaited })} />}
      {draft.isDraft && draft.base !== program.version && draft.changes.length > 0 && (
        <Behind program={program} draft={draft} onBoth={setBoth} />
      )}
      {both.length > 0 && draft.isDraft && (
        <Notice text={t('program.draft.both', { version: program.version, names: both.join(', ') })} />
      )}
      {!draft.isKept && <Notice text={t('program.draft.lost')} />}
      <div className={classes.body}>
        {!isPhone && text}
        <Panels
          panel={panel}
          text={isPhone ? text : null}
          program={program}
          draft={draft}
          said={said}
          tests={tests}
          mayTry={mayTry}
          mayApply={mayApply}
          version={view.version}
          onPanel={one => show({ panel: one, version: undefined })}
          onVersion={version => show({ version: version === null ? undefined : String(version) })}
          onRollback={version => setDialog({ kind: 'rollback', version })}
          onRun={runTests}
          onGo={go}
        />
      </div>
      {dialog?.kind === 'apply' && (
        <ApplyDialog
          revision={draft.revision}
          base={draft.base}
          next={Math.max(program.version, program.building?.version ?? 0) + 1}
          onClose={close}
          onApplied={applied => {
            close();
            // While it builds the draft stays, until its text is that of the active version.
            if (applied.state === 'active') draft.discard();
            else setAwaited(applied.version);
            setBoth([]);
          }}
        />
      )}
      {dialog?.kind === 'rollback' && dialog.version !== undefined && (
        <RollbackDialog
          version={dialog.version}
          hasDraft={draft.isDraft}
          onClose={close}
          onDone={setAwaited}
        />
      )}
      {dialog?.kind === 'builder' && (
        <Builder
          scope={scope}
          files={files}
          open={name}
          onClose={close}
          onExpression={expression => editor.current?.insertExpression(expression)}
          onRule={addToFiles}
        />
      )}
      <LeaveDialog isDraft={draft.isDraft} isKept={draft.isKept} />
    </section>
  );
}

export type Said = ReturnType<typeof useSaid>;
