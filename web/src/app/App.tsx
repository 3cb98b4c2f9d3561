// The providers around the pages.
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { ApiProblem, hasStatus } from '@/api/errors';
import { sessionEnded, sessionKeys } from '@/features/session';
import { createAppRouter } from './router';
import { theme } from './theme';

const MAX_RETRIES = 2;

const cache = new QueryClient({
  mutationCache: new MutationCache({
    onError: (error, _, __, mutation) => {
      if (hasStatus(error, 401) && !mutation.meta?.signsIn) sessionEnded();
    },
  }),
  queryCache: new QueryCache({
    // A session that ended is noticed by whichever call comes next.
    onError: (error, query) => {
      if (hasStatus(error, 401) && query.queryKey !== sessionKeys.session) {
        sessionEnded();
        // What is on the page stays, and with it what was typed there.
        if (query.state.data !== undefined) query.setState({ status: 'success', error: null });
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the server refused it will refuse again; only a lost connection and a busy server are retried.
      retry: (count, error) => count < MAX_RETRIES && (!(error instanceof ApiProblem) || error.status >= 500),
      refetchOnWindowFocus: false,
    },
  },
});

const router = createAppRouter(cache);

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

export function App() {
  return (
    // No style element is injected: variables and classes come from CSS files (see theme.css).
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
      deduplicateCssVariables={false}
    >
      <QueryClientProvider client={cache}>
        <Notifications position="bottom-right" limit={4} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
