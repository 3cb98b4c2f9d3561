// The program: its text at the left, what it does at the right.
import { useTitle } from '@/lib/title';
import './texts';
import { QueryFailure } from '@/features/session';
import { t } from '@/lib/i18n';
import { Empty, LoadingLines } from '@/ui/states';
import classes from './ProgramPage.module.css';
import { useProgram } from './queries';
import { Workbench } from './Workbench';

/** What the address says: the file, what stands beside it, and the version that is looked at. */
export interface ProgramView {
  file?: string | undefined;
  /** Where in the file to begin: taken out of the address once the cursor is there. */
  line?: string | undefined;
  panel?: string | undefined;
  version?: string | undefined;
}

export function ProgramPage({ view }: { view: ProgramView }) {
  useTitle(t('program.title'));
  const program = useProgram();
  if (program.data && program.data.files.length > 0) return <Workbench program={program.data} view={view} />;
  return (
    <section className={classes.notYet} aria-label={t('program.title')}>
      <h1>{t('program.title')}</h1>
      {program.error ? (
        <QueryFailure error={program.error} onRetry={() => void program.refetch()} />
      ) : program.data ? (
        <Empty title={t('program.noFiles')}>{t('program.noFilesHelp')}</Empty>
      ) : (
        <LoadingLines lines={16} height={12} />
      )}
    </section>
  );
}
