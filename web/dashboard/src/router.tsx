// The pages and their addresses.

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
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

/** The parent of all pages: it reads the address into a type before any of them sees it. */
const pages = createRoute({
  getParentRoute: () => root,
  id: 'pages',
  // Under a name of its own, since the router merges the result into the raw texts.
  validateSearch: (search: RawSearch & SearchSchemaInput): { readonly asked: Address } => ({
    asked: readAddress(textsOf(search)),
  }),
  errorComponent: ({ error, reset }: { readonly error: unknown; readonly reset: () => void }) => (
    <main className="page" id="main">
      <div className="panel panel-start">
        <Failure error={asGatewayError(error)} retry={reset} retrying={false} />
      </div>
    </main>
  ),
});
const inPages = { getParentRoute: () => pages };

const explore = createRoute({ ...inPages, path: '/', component: ExplorePage });
const asset = createRoute({
  ...inPages,
  path: '/assets/$member',
  component: lazyRouteComponent(() => import('./pages/asset/AssetPage'), 'AssetPage'),
});
const title = createRoute({
  ...inPages,
  path: '/titles/$member',
  component: lazyRouteComponent(() => import('./pages/title/TitlePage'), 'TitlePage'),
});
const compare = createRoute({
  ...inPages,
  path: '/compare',
  component: lazyRouteComponent(() => import('./pages/compare/ComparePage'), 'ComparePage'),
});
const status = createRoute({
  ...inPages,
  path: '/status',
  component: lazyRouteComponent(() => import('./pages/status/StatusPage'), 'StatusPage'),
});

const views = createRoute({
  ...inPages,
  path: '/views',
  component: lazyRouteComponent(() => import('./pages/views/ViewsPage'), 'ViewsPage'),
});

const outliers = createRoute({
  getParentRoute: () => root,
  path: '/outliers',
  validateSearch: (search: RawSearch & SearchSchemaInput): RawSearch => textsOf(search),
  component: lazyRouteComponent(() => import('./pages/outliers/OutliersPage'), 'OutliersPage'),
});

const link = createRoute({
  getParentRoute: () => root,
  path: '/l/$id',
  component: lazyRouteComponent(() => import('./pages/link/LinkPage'), 'LinkPage'),
});

/** The components in all their states, for those who work on the dashboard: no part of the build. */
const components = createRoute({
  getParentRoute: () => root,
  path: '/dev/components',
  component: import.meta.env.DEV ? lazyRouteComponent(() => import('./pages/components/ComponentsPage'), 'ComponentsPage') : NotFoundPage,
});

const help = createRoute({
  getParentRoute: () => root,
  path: '/help',
  component: lazyRouteComponent(() => import('./pages/help/HelpPage'), 'HelpPage'),
});

export function makeRouter(history?: RouterHistory) {
  return createRouter({
    routeTree: root.addChildren([pages.addChildren([explore, asset, title, compare, views, status]), outliers, link, help, components]),
    parseSearch,
    stringifySearch,
    ...(history && { history }),
  });
}

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The id of the link by which one came to this address. */
    sent?: string;
  }
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
