// A member's artwork or trailer, large: a picture, or a video with controls.

import { type RefObject, useState } from 'react';
import { t } from '../language';
import './Preview.css';

interface PreviewProps {
  readonly src: string | null;
  /** The accessible name of a video. */
  readonly label: string;
  /** For a page that controls the playback itself. */
  readonly video?: RefObject<HTMLVideoElement | null> | ((element: HTMLVideoElement | null) => void);
}

export function Preview({ src, label, video }: PreviewProps) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <div className="preview">
      {src === null || broken === src ? (
        <p className="preview-none">{t(src === null ? 'preview.none' : 'preview.broken')}</p>
      ) : isVideo(src) ? (
        // Captions come from the model, which has no key for them.
        // oxlint-disable-next-line jsx-a11y/media-has-caption
        <video ref={video} src={src} controls preload="metadata" playsInline aria-label={label} onError={() => setBroken(src)} />
      ) : (
        // Its label is next to it.
        <img src={src} alt="" decoding="async" onError={() => setBroken(src)} />
      )}
    </div>
  );
}

/** Whether the address of a preview is that of a video. */
export function isVideo(src: string): boolean {
  return /\.(mp4|m4v|webm|mov|ogv)$/i.test(src.split(/[?#]/)[0] ?? '');
}
