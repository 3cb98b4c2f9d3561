// A failed query in the words of the server's problem document.
import { ApiProblem } from '@/api/errors';
import { t } from '@/lib/i18n';
import { Failure } from '@/ui/states';

export function QueryFailure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (error instanceof ApiProblem) {
    return <Failure title={error.title} detail={error.detail} onRetry={onRetry} />;
  }
  return <Failure title={t('state.unreachable')} detail={t('state.unreachableDetail')} onRetry={onRetry} />;
}
