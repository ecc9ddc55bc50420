// One line under the top bar when the page cannot be up to date, in words for who reads it; the cause is folded away.

import type { LinkState } from '../api/link';
import type { Snapshot } from '../api/session';
import { Details } from './Details';
import { linkWord } from './SnapshotBadge';
import './LinkBanner.css';

interface LinkBannerProps {
  readonly link: LinkState;
  readonly snapshot: Snapshot | null;
  readonly behind: Snapshot | null;
}

export function LinkBanner(props: LinkBannerProps) {
  const banner = bannerOf(props);
  return (
    <div role="alert">
      {banner !== null && (
        <div className="banner">
          <p>{banner.text}</p>
          <Details text={banner.details} />
        </div>
      )}
    </div>
  );
}

interface Banner {
  readonly text: string;
  readonly details: string | null;
}

function bannerOf({ link, snapshot, behind }: LinkBannerProps): Banner | null {
  const details = link.status?.message ?? null;
  const kept = snapshot === null ? '' : ` Numbers shown stay those of snapshot ${snapshot.version}.`;
  switch (linkWord(link, behind)) {
    case 'reconnecting':
      return {
        text: `The link to Clio is down; it is retried automatically.${kept}`,
        details: `The gateway at ${location.host} does not answer.`,
      };
    case 'down':
      return {
        text: `The service that answers questions is down.${kept} The page resumes automatically when it is back.`,
        details,
      };
    case 'stale':
      return behind === null
        ? { text: `A newer snapshot could not be taken in.${kept}`, details }
        : {
            text: `The service that answers questions is behind this page, at snapshot ${behind.version}.${kept} New questions wait until it has caught up.`,
            details,
          };
    default:
      return null;
  }
}
