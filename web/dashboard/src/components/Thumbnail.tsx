// A member's preview in a box of fixed size, so that nothing moves when it loads or fails to load.

import { useState } from 'react';
import { isVideo } from './Preview';
import './Thumbnail.css';

export function Thumbnail({ src }: { readonly src: string | null }) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <span className="thumbnail">
      {src !== null && broken !== src && <Still src={src} onError={() => setBroken(src)} />}
    </span>
  );
}

function Still({ src, onError }: { readonly src: string; readonly onError: () => void }) {
  // The label beside it says the same in words. For a video the first frame is enough.
  if (isVideo(src)) return <video src={src} preload="metadata" muted playsInline tabIndex={-1} aria-hidden="true" onError={onError} />;
  return <img src={src} alt="" loading="lazy" decoding="async" onError={onError} />;
}
