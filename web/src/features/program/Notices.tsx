// What stands above the text: a version that builds, a draft that an other version overtook.
import { Button } from '@mantine/core';
import type { ProgramNow } from '@/api/types';
import { t } from '@/lib/i18n';
import { Icon } from '@/ui/Icon';
import { say, sayFailure } from '@/ui/say';
import { rebase } from './draft';
import classes from './Notices.module.css';
import { useReadVersion } from './queries';
import type { DraftState } from './useDraft';

export function Building({ building }: { building: NonNullable<ProgramNow['building']> }) {
  return (
    <section className={classes.notice} role="status" aria-label={t('program.versions.state.building')}>
      <p>{t('program.building.title', { version: building.version })}</p>
      {building.metrics.map(metric => {
        const words = t('program.building.days', {
          name: metric.name,
          done: metric.done_days,
          total: metric.total_days,
        });
        return (
          <p key={metric.name} className={classes.progress}>
            <progress aria-label={words} max={Math.max(metric.total_days, 1)} value={metric.done_days} />
            <span className="num">{words}</span>
          </p>
        );
      })}
    </section>
  );
}

interface BehindProps {
  program: ProgramNow;
  draft: DraftState;
  onBoth: (names: string[]) => void;
}

export function Behind({ program, draft, onBoth }: BehindProps) {
  const read = useReadVersion();
  const { version } = program;
  const move = async () => {
    try {
      const base = await read(draft.base);
      const moved = rebase(base, draft.revision.files, program.files);
      draft.moveTo(version, moved.files);
      onBoth(moved.both);
      if (moved.both.length === 0) say(t('program.draft.moved', { version }));
    } catch (error) {
      sayFailure(error);
    }
  };
  return (
    <section
      className={classes.notice}
      role="status"
      aria-label={t('program.draft.behind', { version, base: draft.base })}
    >
      <Icon name="warning" />
      <p>{t('program.draft.behind', { version, base: draft.base })}</p>
      <Button size="compact-xs" variant="default" onClick={() => void move()}>
        {t('program.draft.move', { version })}
      </Button>
    </section>
  );
}

export function Notice({ text }: { text: string }) {
  return (
    <section className={classes.notice} role="status" aria-label={text}>
      <Icon name="warning" />
      <p>{text}</p>
    </section>
  );
}
