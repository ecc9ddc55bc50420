// Before every component's own, which may change it.
import './styles/index.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ask } from './api/client';
import { AddLinkDocument } from './api/generated';
import { linkAddress, openLink } from './api/link';
import { App, makeClient } from './App';
import { applyTheme } from './components/ThemeSwitch';
import { preferredLanguage, showLanguage } from './language';
import { makeRouter } from './router';
import { shortHistory } from './shortHistory';

applyTheme();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element #root');
const shorten = async (address: string) => (await ask(AddLinkDocument, { link: { address } })).addLink.id;
// Nothing is drawn before there are texts to draw.
await showLanguage(preferredLanguage());
createRoot(root).render(
  <StrictMode>
    <App client={makeClient()} link={openLink(linkAddress(location))} router={makeRouter(shortHistory(shorten))} />
  </StrictMode>,
);
