// Colours in the one form that every program which opens an SVG knows.

let pixel: CanvasRenderingContext2D | null = null;

/** As `rgb()` or `rgba()`; null where there is nothing to see. Mixed colours are computed by the browser in forms of their own. */
export function solid(colour: string): string | null {
  if (colour === 'transparent' || colour === 'none' || /^rgba\(.*, 0\)$/.test(colour)) return null;
  if (colour === '' || /^rgba?\(/.test(colour)) return colour === '' ? null : colour;
  pixel ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (pixel === null) return colour;
  pixel.clearRect(0, 0, 1, 1);
  // What is no colour leaves the one before in place.
  pixel.fillStyle = 'transparent';
  pixel.fillStyle = colour;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha = 0] = pixel.getImageData(0, 0, 1, 1).data;
  if (alpha === 0) return null;
  return alpha === 255 ? `rgb(${red}, ${green}, ${blue})` : `rgba(${red}, ${green}, ${blue}, ${(alpha / 255).toFixed(3)})`;
}
