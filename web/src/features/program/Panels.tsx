// What stands beside the text (on a phone: also the text itself), one thing at a time.
import { Tabs } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ProgramNow } from '@/api/types';
import { t } from '@/lib/i18n';
import { ChangesPanel, NoChanges } from './ChangesPanel';
import { MatchPanel } from './MatchPanel';
import classes from './ProgramPage.module.css';
import type { useRunTests } from './queries';
import { TestsPanel } from './TestsPanel';
import type { DraftState } from './useDraft';
import { VersionsPanel } from './VersionsPanel';
import type { Said } from './Workbench';

export const PANELS = ['text', 'match', 'changes', 'tests', 'versions'] as const;
export type Panel = (typeof PANELS)[number];

interface Props {
  panel: Panel;
  /** On a phone only. */
  text: ReactNode;
  program: ProgramNow;
  draft: DraftState;
  said: Said;
  tests: ReturnType<typeof useRunTests>;
  mayTry: boolean;
  mayApply: boolean;
  version: string | undefined;
  onPanel: (panel: Panel) => void;
  onVersion: (version: number | null) => void;
  onRollback: (version: number) => void;
  onRun: () => void;
  onGo: (file: string, line: number) => void;
}

/** Trying is for those who may; a phone has the text as one more of them. */
function panelsFor(mayTry: boolean, hasText: boolean): Panel[] {
  return PANELS.filter(one => {
    if (one === 'text') return hasText;
    return mayTry || one === 'versions';
  });
}

export function Panels(props: Props) {
  const { program, draft, said, tests, mayTry } = props;
  const shown = panelsFor(mayTry, props.text !== null);
  const panel = shown.includes(props.panel) ? props.panel : (shown[0] ?? 'versions');
  const choose = (value: string | null) => {
    const chosen = shown.find(one => one === value);
    if (chosen) props.onPanel(chosen);
  };
  const version = props.version && /^\d+$/.test(props.version) ? Number(props.version) : null;
  return (
    <Tabs value={panel} onChange={choose} keepMounted={false} className={classes.panels}>
      <Tabs.List aria-label={t('program.panel.label')} className={classes.tabs}>
        {shown.map(one => (
          <Tabs.Tab key={one} value={one}>
            {t(`program.panel.${one}`)}
            {one === 'changes' && draft.changes.length > 0 && (
              <span className={classes.badge}>{draft.changes.length}</span>
            )}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {props.text !== null && (
        <Tabs.Panel value="text" className={classes.textPanel}>
          {props.text}
        </Tabs.Panel>
      )}
      <Tabs.Panel value="match" className={classes.panel}>
        <MatchPanel match={said.match} />
      </Tabs.Panel>
      <Tabs.Panel value="changes" className={classes.panel}>
        {draft.isDraft && draft.changes.length > 0 ? (
          <ChangesPanel
            before={program.files}
            after={draft.revision.files}
            effects={said.effects}
            isBroken={said.isBroken}
          />
        ) : (
          <NoChanges />
        )}
      </Tabs.Panel>
      <Tabs.Panel value="tests" className={classes.panel}>
        <TestsPanel
          tests={tests}
          revision={draft.revision.id}
          mayTry={mayTry}
          onRun={props.onRun}
          onGo={props.onGo}
        />
      </Tabs.Panel>
      <Tabs.Panel value="versions" className={classes.panel}>
        <VersionsPanel
          open={version}
          mayRollBack={props.mayApply}
          onOpen={props.onVersion}
          onRollback={props.onRollback}
        />
      </Tabs.Panel>
    </Tabs>
  );
}
