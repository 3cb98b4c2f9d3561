// The head of the page: which version is active, what the draft is, and what can be done with it.
import { Button } from '@mantine/core';
import type { ProgramNow } from '@/api/types';
import { When } from '@/features/session';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import classes from './ProgramPage.module.css';
import type { DraftState } from './useDraft';

interface Props {
  program: ProgramNow;
  draft: DraftState;
  mayEdit: boolean;
  mayApply: boolean;
  isTesting: boolean;
  onApply: () => void;
  onDiscard: () => void;
  onTests: () => void;
  onBuild: () => void;
}

function DraftWords({ draft }: { draft: DraftState }) {
  const count = draft.changes.length;
  return (
    <p className={classes.draft} role="status">
      {draft.isDraft && (
        <>
          <strong>{count > 0 ? t('program.draft.files', { count }) : t('program.draft.none')}</strong>{' '}
          {draft.isKept && t('program.draft.kept', { base: draft.base })}
        </>
      )}
    </p>
  );
}

export function Head(props: Props) {
  const { program, draft, mayEdit, mayApply } = props;
  return (
    <header className={classes.head}>
      <h1>{t('program.title')}</h1>
      <p className={classes.version} title={program.note}>
        {t('program.version', { version: program.version })}{' '}
        <span className="dim">
          {t('program.by', { name: program.author?.name ?? t('program.server') })} <When at={program.at} />
        </span>
      </p>
      <DraftWords draft={draft} />
      {mayEdit && (
        <div className={classes.deeds}>
          {draft.isDraft && (
            <Button size="xs" variant="subtle" onClick={props.onDiscard}>
              {t('program.draft.discard')}
            </Button>
          )}
          <Button size="xs" variant="default" onClick={props.onBuild}>
            {t('program.builder.open')}
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="play" size={12} />}
            loading={props.isTesting}
            onClick={props.onTests}
          >
            {t('program.tests.run')}
          </Button>
          {mayApply && (
            <Button size="xs" disabled={!draft.isDraft} onClick={props.onApply}>
              {t('program.apply.open')}
            </Button>
          )}
        </div>
      )}
    </header>
  );
}
