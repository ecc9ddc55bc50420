// The preview of a member, in a box of fixed size, so that nothing moves when it comes or when it is broken.

import { useState } from 'react';
import './Thumbnail.css';

export function Thumbnail({ src }: { readonly src: string | null }) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <span className="thumbnail">
      {src !== null && broken !== src && (
        // The label beside it says the same in words.
        <img src={src} alt="" loading="lazy" decoding="async" onError={() => setBroken(src)} />
      )}
    </span>
  );
}
