// One line under the top bar when the page may be out of date, in words for analysts; the cause is folded away.

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
  const kept = snapshot === null ? '' : ` The page still shows snapshot ${snapshot.version}.`;
  switch (linkWord(link, behind)) {
    case 'reconnecting':
      return {
        text: `The connection to Clio is lost; reconnecting automatically.${kept}`,
        details: `The gateway at ${location.host} does not answer.`,
      };
    case 'down':
      return {
        text: `The query service is down.${kept} The page resumes automatically when it is back.`,
        details,
      };
    case 'stale':
      return behind === null
        ? { text: `A newer snapshot could not be loaded.${kept}`, details }
        : {
            text: `The query service is behind this page, at snapshot ${behind.version}.${kept} New questions wait until it has caught up.`,
            details,
          };
    default:
      return null;
  }
}
