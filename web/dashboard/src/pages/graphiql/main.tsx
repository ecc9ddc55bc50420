// GraphiQL as a page of its own: everything comes from the binary, so that it works without internet access.

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { GraphiQL } from 'graphiql';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { linkAddress } from '../../api/link';
import 'graphiql/graphiql.css';
import './graphiql.css';

const root = document.getElementById('graphiql');
if (!root) throw new Error('graphiql.html has no element #graphiql');

const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  wsClient: createClient({ url: linkAddress(location), keepAlive: 15_000 }),
});

const EXAMPLE = `# Ctrl+Enter runs the query, Ctrl+Space completes.
{
  dataset {
    name
    fields { name enumName label multi }
    measures { name enumName kind expr }
  }
  serving { state message snapshot { version lastDay } }
}
`;

createRoot(root).render(
  <StrictMode>
    <GraphiQL fetcher={fetcher} defaultQuery={EXAMPLE} />
  </StrictMode>,
);
