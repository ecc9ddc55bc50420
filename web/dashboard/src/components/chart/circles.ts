// Two circles whose areas and overlap are in the proportion of three numbers. This decides where circles are drawn, and
// changes no number.

export interface Circles {
  readonly left: number;
  readonly right: number;
  /** Between the centres. */
  readonly apart: number;
}

/** The area that two circles share. */
export function sharedArea(left: number, right: number, apart: number): number {
  if (apart >= left + right) return 0;
  const small = Math.min(left, right);
  if (apart <= Math.abs(left - right)) return Math.PI * small ** 2;
  const angle = (a: number, b: number) => Math.acos(Math.max(-1, Math.min(1, (apart ** 2 + a ** 2 - b ** 2) / (2 * apart * a))));
  const [one, two] = [angle(left, right), angle(right, left)];
  return left ** 2 * (one - Math.sin(2 * one) / 2) + right ** 2 * (two - Math.sin(2 * two) / 2);
}

/** The overlap shrinks as the circles move apart, so bisection finds the distance. */
export function circlesOf(left: number, right: number, both: number, largest: number): Circles {
  const unit = largest / Math.sqrt(Math.max(left, right, 1));
  const radii = { left: Math.sqrt(Math.max(0, left)) * unit, right: Math.sqrt(Math.max(0, right)) * unit };
  const target = Math.PI * Math.max(0, both) * unit ** 2;
  let near = Math.abs(radii.left - radii.right);
  let far = radii.left + radii.right;
  for (let step = 0; step < 60; step += 1) {
    const middle = (near + far) / 2;
    if (sharedArea(radii.left, radii.right, middle) > target) near = middle;
    else far = middle;
  }
  return { ...radii, apart: (near + far) / 2 };
}
