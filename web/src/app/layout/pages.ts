// The pages of the navigation; "key" follows g on the keyboard.  Those that are not "main" stand behind
// "More" on a phone.
import { useCan } from '@/features/session';
import { t } from '@/lib/i18n';
import type { IconName } from '@/ui/Icon';

export interface Page {
  to:
    | '/portfolio'
    | '/signals'
    | '/accounts'
    | '/segments'
    | '/coverage'
    | '/scorecards'
    | '/backtest'
    | '/program'
    | '/sources'
    | '/users'
    | '/api-keys';
  key: string;
  label: string;
  icon: IconName;
  main?: boolean;
}

const PAGES: readonly Page[] = [
  { to: '/portfolio', key: 'p', label: t('portfolio.title'), icon: 'portfolio', main: true },
  { to: '/signals', key: 'i', label: t('signals.title'), icon: 'signals', main: true },
  { to: '/accounts', key: 'a', label: t('accounts.title'), icon: 'accounts', main: true },
  { to: '/segments', key: 'e', label: t('pages.segments'), icon: 'segments' },
  { to: '/coverage', key: 'c', label: t('pages.coverage'), icon: 'coverage' },
  { to: '/scorecards', key: 'o', label: t('pages.scorecards'), icon: 'scorecards' },
  { to: '/backtest', key: 'b', label: t('pages.backtest'), icon: 'backtest' },
  { to: '/program', key: 'r', label: t('pages.program'), icon: 'program' },
  { to: '/sources', key: 's', label: t('sources.title'), icon: 'sources' },
  { to: '/users', key: 'u', label: t('users.title'), icon: 'user' },
  { to: '/api-keys', key: 'k', label: t('access.keys.title'), icon: 'key' },
];

/** The pages that the user's role may see. */
export function usePages(): readonly Page[] {
  const operates = useCan('operate');
  const administers = useCan('administer');
  const tries = useCan('try');
  const hidden: ReadonlySet<Page['to']> = new Set([
    ...(operates ? [] : ['/sources' as const]),
    ...(administers ? [] : (['/users', '/api-keys'] as const)), // one's own keys: in the user's menu
    ...(tries ? [] : ['/backtest' as const]),
  ]);
  return PAGES.filter(page => !hidden.has(page.to));
}
