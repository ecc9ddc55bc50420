// One line under the top bar when the page cannot be up to date, with the cause in the gateway's words.

import type { LinkState } from '../api/link';
import { sentence } from './Panel';
import { linkWord } from './SnapshotBadge';

export function LinkBanner({ link, hasSnapshot }: { readonly link: LinkState; readonly hasSnapshot: boolean }) {
  const text = bannerText(link, hasSnapshot);
  return (
    <div className="banners" role="alert">
      {text !== null && <p className="banner">{text}</p>}
    </div>
  );
}

function bannerText(link: LinkState, hasSnapshot: boolean): string | null {
  const message = link.status?.message ?? null;
  switch (linkWord(link)) {
    case 'reconnecting':
      return `The link to the gateway at ${location.host} is down; it is tried again by itself. ${
        hasSnapshot ? 'Numbers shown are those of the snapshot named above.' : ''
      }`;
    case 'down':
      return `${sentence(message === null ? 'serving is down' : `serving is down: ${message}`)} The page goes on by itself when it is back.`;
    case 'stale':
      return `Serving shows its last good snapshot. ${message === null ? '' : sentence(message)}`;
    default:
      return null;
  }
}
