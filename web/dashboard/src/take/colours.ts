// Colours in the one form that every SVG program understands.

let pixel: CanvasRenderingContext2D | null = null;

/** As `rgb()` or `rgba()`; null if fully transparent. Browsers compute mixed colours in other forms, which are converted. */
export function solid(colour: string): string | null {
  if (colour === 'transparent' || colour === 'none' || /^rgba\(.*, 0\)$/.test(colour)) return null;
  if (colour === '' || /^rgba?\(/.test(colour)) return colour === '' ? null : colour;
  pixel ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (pixel === null) return colour;
  pixel.clearRect(0, 0, 1, 1);
  // An invalid colour leaves the one before in place.
  pixel.fillStyle = 'transparent';
  pixel.fillStyle = colour;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha = 0] = pixel.getImageData(0, 0, 1, 1).data;
  if (alpha === 0) return null;
  return alpha === 255 ? `rgb(${red}, ${green}, ${blue})` : `rgba(${red}, ${green}, ${blue}, ${(alpha / 255).toFixed(3)})`;
}
