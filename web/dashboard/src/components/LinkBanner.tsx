// One line under the top bar when the page may be out of date, in words for analysts; the cause is folded away.

import type { LinkState } from '../api/link';
import type { Snapshot } from '../api/session';
import { t } from '../language';
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

function behindText(behind: string, version: string | null): string {
  return version === null ? t('link.behind', { behind }) : t('link.behindKept', { behind, version });
}

function bannerOf({ link, snapshot, behind }: LinkBannerProps): Banner | null {
  const details = link.status?.message ?? null;
  const version = snapshot === null ? null : String(snapshot.version);
  const kept = version === null ? '' : ` ${t('link.stillShows', { version })}`;
  switch (linkWord(link, behind)) {
    case 'reconnecting':
      return {
        text: `${t('link.reconnecting')}${kept}`,
        details: t('link.noAnswer', { gateway: location.host }),
      };
    case 'down':
      return {
        text: version === null ? t('link.down') : t('link.downKept', { version }),
        details,
      };
    case 'stale':
      return behind === null
        ? { text: `${t('link.notLoaded')}${kept}`, details }
        : {
            text: behindText(String(behind.version), version),
            details,
          };
    default:
      return null;
  }
}
