// A failed query in the words of the server's problem document.
import { ApiProblem } from '@/api/errors';
import { t } from '@/lib/i18n';
import { Failure } from '@/ui/states';

/** What another try would not change: not allowed, not there. */
const FINAL: ReadonlySet<number> = new Set([403, 404]);

export function QueryFailure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (error instanceof ApiProblem && error.status === 401) {
    return <Failure title={t('state.ended')} detail={t('state.endedDetail')} />;
  }
  if (error instanceof ApiProblem) {
    const final = FINAL.has(error.status);
    return <Failure title={error.title} detail={error.detail} onRetry={final ? undefined : onRetry} />;
  }
  return <Failure title={t('state.unreachable')} detail={t('state.unreachableDetail')} onRetry={onRetry} />;
}
