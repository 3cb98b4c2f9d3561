// The text on the page: the active version's, or a draft over it that this browser keeps.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ProgramFile, ProgramNow } from '@/api/types';
import { changesOf, type Draft, type FileChange, keepDraft, loadDraft } from './draft';
import type { Revision } from './queries';

let _revision = 0;

export interface DraftState {
  revision: Revision;
  /** The version that the text began with. */
  base: number;
  /** Against the active version. */
  changes: FileChange[];
  isDraft: boolean;
  /** When it was last written; null without a draft. */
  at: number | null;
  /** False if the browser refuses to keep it: then leaving would lose it. */
  isKept: boolean;
  edit: (change: (files: readonly ProgramFile[]) => ProgramFile[]) => void;
  /** The draft's text over another version. */
  moveTo: (base: number, files: ProgramFile[]) => void;
  discard: () => void;
}

export function useDraft(program: ProgramNow, user: string): DraftState {
  const [draft, setDraft] = useState<Draft | null>(() => loadDraft(localStorage, user));
  const [isKept, setKept] = useState(true);
  const active = useRef(program);
  active.current = program;

  const files = draft?.files ?? program.files;
  const revision = useMemo(() => ({ id: ++_revision, files }), [files]);
  const changes = useMemo(() => changesOf(program.files, files), [program.files, files]);

  // What was a draft is the active version now.
  const isApplied = draft !== null && draft.base !== program.version && changes.length === 0;
  useEffect(() => {
    if (isApplied) setDraft(null);
  }, [isApplied]);
  useEffect(() => setKept(keepDraft(localStorage, user, draft)), [draft, user]);

  const edit = useCallback((change: (files: readonly ProgramFile[]) => ProgramFile[]) => {
    setDraft(old => {
      const { version, files: activeFiles } = active.current;
      const base = old?.base ?? version;
      const made = change(old?.files ?? activeFiles);
      // Written back to what it was: no draft any more.
      if (base === version && changesOf(activeFiles, made).length === 0) return null;
      return { base, files: made, at: Date.now() };
    });
  }, []);
  const moveTo = useCallback((base: number, made: ProgramFile[]) => {
    const same = base === active.current.version && changesOf(active.current.files, made).length === 0;
    setDraft(same ? null : { base, files: made, at: Date.now() });
  }, []);
  const discard = useCallback(() => setDraft(null), []);

  return {
    revision,
    base: draft?.base ?? program.version,
    changes,
    isDraft: draft !== null,
    at: draft?.at ?? null,
    isKept,
    edit,
    moveTo,
    discard,
  };
}
