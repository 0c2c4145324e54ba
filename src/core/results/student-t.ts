/**
 * Degrees of freedom in, a quantile of Student's t out: half-widths of 95 % and 99.9 % intervals in standard errors.
 * Hill, "Algorithm 396: Student's t-quantiles", Communications of the ACM 13 (1970) 619; degrees need not be whole.
 */

interface Level {
  /** Both tails outside the interval. */
  readonly tails: number;
  /** Quantile of the standard normal at the lower end. */
  readonly normalQuantile: number;
}

/** `degrees` of 1 or more, else infinite: nothing is known then. */
export function tQuantile95(degrees: number): number {
  return quantileOf(degrees, { tails: 0.05, normalQuantile: -1.959963984540054 });
}

/** The same for 99.9 %. */
export function tQuantile999(degrees: number): number {
  return quantileOf(degrees, { tails: 0.001, normalQuantile: -3.2905267314919255 });
}

function quantileOf(degrees: number, level: Level): number {
  const { tails, normalQuantile } = level;
  if (!(degrees >= 1)) return Number.POSITIVE_INFINITY;
  if (degrees === 1) return 1 / Math.tan((tails * Math.PI) / 2);
  if (degrees === 2) return Math.sqrt(2 / (tails * (2 - tails)) - 2);
  if (degrees > 1e6) return -normalQuantile;
  return Math.sqrt(degrees * expansion(degrees, level));
}

/** The polynomials of the paper, with its letters. */
function expansion(n: number, { tails, normalQuantile: x }: Level): number {
  const a = 1 / (n - 0.5);
  const b = 48 / (a * a);
  let c = (((20_700 * a) / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * n;
  const y = (d * tails) ** (2 / n);
  if (y <= 0.05 + a) {
    const inner = 1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4);
    return ((inner * y - 1) * (n + 1)) / (n + 2) + 1 / y;
  }
  const square = x * x;
  if (n < 5) c += 0.3 * (n - 4.5) * (x + 0.6);
  c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
  const root = (((((0.4 * square + 6.3) * square + 36) * square + 94.5) / c - square - 3) / b + 1) * x;
  const power = a * root * root;
  return power > 0.002 ? Math.expm1(power) : 0.5 * power * power + power;
}
