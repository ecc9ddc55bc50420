// The pages and their addresses.

import {
  createRootRoute,
  createRoute,
  createRouter,
  type RouterHistory,
  type SearchSchemaInput,
} from '@tanstack/react-router';
import { Failure } from './components/Panel';
import { asGatewayError } from './api/client';
import { type Address, readAddress } from './pages/explore/address';
import { ExplorePage } from './pages/explore/ExplorePage';
import { NotFoundPage } from './pages/notFound/NotFoundPage';
import { Shell } from './components/Shell';
import { parseSearch, type RawSearch, stringifySearch, textsOf } from './search';
import './components/Panel.css';
import './components/Shell.css';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const explore = createRoute({
  getParentRoute: () => root,
  path: '/',
  // Under a name of its own, since the router lays what is read here over the texts that it was read from.
  validateSearch: (search: RawSearch & SearchSchemaInput): { readonly asked: Address } => ({
    asked: readAddress(textsOf(search)),
  }),
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
