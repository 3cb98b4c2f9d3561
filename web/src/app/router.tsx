// The addresses of the app.  Every page but sign-in is below the guard, which knows who is signed in.
import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router';
import { hasStatus } from '@/api/errors';
import { readSearch } from '@/features/accounts';
import { readBacktestSearch, readComparisonSearch } from '@/features/backtest';
import { readPortfolioSearch } from '@/features/portfolio';
import type { ProgramView } from '@/features/program/ProgramPage';
import { readScorecardsSearch } from '@/features/scorecards';
import { readSegmentSearch, readSegmentsSearch } from '@/features/segments';
import { QueryFailure, sessionQuery } from '@/features/session';
import { readSignalSearch } from '@/features/signals';
import { type AsOfSearch, readAsOf } from '@/lib/asOf';
import { part } from '@/lib/part';
import { type FlatSearch, only, parseSearch, stringifySearch } from '@/lib/search';
import { NotFound } from './layout/NotFound';
import { Shell } from './layout/Shell';

interface Context {
  cache: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet });

const parts = {
  pages: part(() => import('./pages')),
  segments: part(() => import('./segments')),
  scorecards: part(() => import('./scorecards')),
  backtest: part(() => import('./backtest')),
  program: part(() => import('./program')),
};

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/signin',
  validateSearch: only((search): { next?: string } => (search.next ? { next: search.next } : {})),
  component: lazyRouteComponent(
    part(() => import('./layout/SignIn')),
    'SignIn',
  ),
});

const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  // The past moment stays in the address from page to page, until one goes back to now.
  validateSearch: (search: FlatSearch): AsOfSearch => readAsOf(search),
  search: { middlewares: [retainSearchParams<AsOfSearch>(['as_of'])] },
  beforeLoad: async ({ context, location }) => {
    try {
      await context.cache.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!hasStatus(error, 401)) throw error;
      throw redirect({ to: '/signin', search: location.href === '/' ? {} : { next: location.href } });
    }
  },
  component: Shell,
});

const index = createRoute({
  getParentRoute: () => app,
  path: '/',
  beforeLoad: async ({ context }) => {
    const { user } = await context.cache.ensureQueryData(sessionQuery);
    throw redirect({ to: user.role === 'leader' ? '/portfolio' : '/accounts' });
  },
});

const accounts = createRoute({
  getParentRoute: () => app,
  path: '/accounts',
  validateSearch: only(readSearch),
  component: lazyRouteComponent(parts.pages, 'Accounts'),
});

export interface AccountView {
  tab?: string | undefined;
  since?: string | undefined;
  to?: string | undefined;
  range?: string | undefined;
  data?: string | undefined;
}

const account = createRoute({
  getParentRoute: () => app,
  path: '/accounts/$accountId',
  validateSearch: only(
    (search): AccountView => ({
      ...(search.tab ? { tab: search.tab } : {}),
      ...(search.since ? { since: search.since } : {}),
      ...(search.to ? { to: search.to } : {}),
      ...(search.range ? { range: search.range } : {}),
      ...(search.data ? { data: search.data } : {}),
    }),
  ),
  component: lazyRouteComponent(parts.pages, 'Account'),
});

const sources = createRoute({
  getParentRoute: () => app,
  path: '/sources',
  validateSearch: only((search): { source?: string } => (search.source ? { source: search.source } : {})),
  component: lazyRouteComponent(parts.pages, 'Sources'),
});

const users = createRoute({
  getParentRoute: () => app,
  path: '/users',
  component: lazyRouteComponent(parts.pages, 'Users'),
});

const apiKeys = createRoute({
  getParentRoute: () => app,
  path: '/api-keys',
  component: lazyRouteComponent(parts.pages, 'ApiKeys'),
});

const sessions = createRoute({
  getParentRoute: () => app,
  path: '/sessions',
  component: lazyRouteComponent(parts.pages, 'Sessions'),
});

const portfolio = createRoute({
  getParentRoute: () => app,
  path: '/portfolio',
  validateSearch: only(readPortfolioSearch),
  component: lazyRouteComponent(parts.pages, 'Portfolio'),
});

const signals = createRoute({
  getParentRoute: () => app,
  path: '/signals',
  validateSearch: only(readSignalSearch),
  component: lazyRouteComponent(parts.pages, 'Signals'),
});

const segments = createRoute({
  getParentRoute: () => app,
  path: '/segments',
  validateSearch: only(readSegmentsSearch),
  component: lazyRouteComponent(parts.segments, 'Segments'),
});

const segment = createRoute({
  getParentRoute: () => app,
  path: '/segments/$name',
  validateSearch: only(readSegmentSearch),
  component: lazyRouteComponent(parts.segments, 'Segment'),
});

const coverage = createRoute({
  getParentRoute: () => app,
  path: '/coverage',
  component: lazyRouteComponent(parts.segments, 'Coverage'),
});

const scorecards = createRoute({
  getParentRoute: () => app,
  path: '/scorecards',
  validateSearch: only(readScorecardsSearch),
  component: lazyRouteComponent(parts.scorecards, 'Scorecards'),
});

const backtest = createRoute({
  getParentRoute: () => app,
  path: '/backtest',
  validateSearch: only(readBacktestSearch),
  component: lazyRouteComponent(parts.backtest, 'Backtest'),
});

const comparison = createRoute({
  getParentRoute: () => app,
  path: '/comparison',
  validateSearch: only(readComparisonSearch),
  component: lazyRouteComponent(parts.backtest, 'Comparison'),
});

const notifications = createRoute({
  getParentRoute: () => app,
  path: '/notifications',
  component: lazyRouteComponent(parts.pages, 'Notifications'),
});

const program = createRoute({
  getParentRoute: () => app,
  path: '/program',
  validateSearch: only(
    (search): ProgramView => ({
      ...(search.file ? { file: search.file } : {}),
      ...(search.line ? { line: search.line } : {}),
      ...(search.panel ? { panel: search.panel } : {}),
      ...(search.version ? { version: search.version } : {}),
    }),
  ),
  component: lazyRouteComponent(parts.program, 'Program'),
});

const unknown = createRoute({ getParentRoute: () => app, path: '$', component: NotFound });

const tree = root.addChildren([
  signIn,
  app.addChildren([
    index,
    portfolio,
    signals,
    accounts,
    account,
    segments,
    segment,
    coverage,
    scorecards,
    backtest,
    comparison,
    program,
    sources,
    users,
    apiKeys,
    sessions,
    notifications,
    unknown,
  ]),
]);

export function createAppRouter(cache: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { cache },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPendingMs: 200,
    // In the frame of the app, so that its other pages can be reached.
    defaultErrorComponent: ({ error, reset }) => <QueryFailure error={error} onRetry={reset} />,
  });
}
