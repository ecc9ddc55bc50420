// The pages and their addresses.

import { createRootRoute, createRoute, createRouter, type RouterHistory } from '@tanstack/react-router';
import { Failure } from './components/Panel';
import { asGatewayError } from './api/client';
import { ExplorePage } from './pages/explore/ExplorePage';
import { NotFoundPage } from './pages/notFound/NotFoundPage';
import { Shell } from './components/Shell';
import { parseSearch, type RawSearch, stringifySearch } from './search';


const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const explore = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: (search: Record<string, unknown>) => search as RawSearch,
  component: ExplorePage,
  errorComponent: ({ error, reset }) => (
    <main className="page" id="main">
      <div className="panel panel-start">
        <Failure error={asGatewayError(error)} retry={reset} retrying={false} />
      </div>
    </main>
  ),
});

export function makeRouter(history?: RouterHistory) {
  return createRouter({
    routeTree: root.addChildren([explore]),
    parseSearch,
    stringifySearch,
    ...(history && { history }),
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
