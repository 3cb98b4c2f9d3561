// A new rule from another page: into the draft that the program's page shows, tries and applies.
import { useSession } from '@/features/session';
import { keepDraft, loadDraft, textOf, withFile } from './draft';
import { useProgram, useScope } from './queries';
import { addRule, type NewRule, type Placed, ruleNameFault } from './rules';

export interface DraftedRules {
  /** Whether a draft is there already, which the rule is added to. */
  isDraft: boolean;
  /** Whether the name cannot be that of a new rule. */
  isFault: (rule: Pick<NewRule, 'kind' | 'name'>) => boolean;
  /** Where it stands now; null if the browser keeps no drafts. */
  add: (rule: NewRule) => Placed | null;
  /** A whole new file; one of that name stays as it is.  False if the browser keeps no drafts. */
  addFile: (name: string, text: string) => boolean;
}

/** `rules` is null until the program is read. */
export function useDraftedRules(): { rules: DraftedRules | null; error: Error | null; retry: () => void } {
  const { user } = useSession();
  const { data: program, error, refetch } = useProgram();
  const scope = useScope();
  const retry = () => void refetch();
  if (!program) return { rules: null, error, retry };
  // Read each time: another tab may write it, too.
  const now = () => loadDraft(localStorage, user.id) ?? { base: program.version, files: program.files };
  const rules: DraftedRules = {
    isDraft: loadDraft(localStorage, user.id) !== null,
    isFault: rule => ruleNameFault(now().files, rule),
    add: rule => {
      const { base, files } = now();
      const placed = addRule(scope, files, '', rule);
      const isKept = keepDraft(localStorage, user.id, { base, files: placed.files, at: Date.now() });
      return isKept ? placed : null;
    },
    addFile: (name, text) => {
      const { base, files } = now();
      if (textOf(files, name) !== undefined) return true;
      return keepDraft(localStorage, user.id, { base, files: withFile(files, name, text), at: Date.now() });
    },
  };
  return { rules, error: null, retry };
}
