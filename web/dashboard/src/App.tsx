// Everything that wraps the pages, in one place so that tests wrap them the same way.

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import type { Link } from './api/link';
import { SessionProvider } from './api/session';
import { useLanguage } from './language';
import type { makeRouter } from './router';

interface AppProps {
  readonly client: QueryClient;
  readonly link: Link;
  readonly router: ReturnType<typeof makeRouter>;
}

export function App({ client, link, router }: AppProps) {
  return (
    <QueryClientProvider client={client}>
      <SessionProvider link={link}>
        <Pages router={router} />
      </SessionProvider>
    </QueryClientProvider>
  );
}

/** The pages, all of them drawn anew in another language: what is kept of a text anywhere below would stay in the former one. */
function Pages({ router }: Pick<AppProps, 'router'>) {
  return <RouterProvider key={useLanguage()} router={router} />;
}

export function makeClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // A failure shows at once, in its panel; the panel's own interval retries what may be retried.
        retry: false,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        // The browser's idea of being offline says nothing about a gateway on the same machine or network.
        networkMode: 'always',
      },
    },
  });
}
