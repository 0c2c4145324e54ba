/** Counts in, how likely chance alone makes as much or more out: chi-squared tails, and exact tests of two by two tables. Pure. */

/**
 * Upper tail of the chi-squared distribution: the regularised incomplete gamma function Q(k/2, x/2), by its series below and
 * its continued fraction above (Press et al., Numerical Recipes, section 6.2).
 */
export function chiSquaredTail(value: number, degrees: number): number {
  if (!(value > 0)) return 1;
  const [shape, x] = [degrees / 2, value / 2];
  const front = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  return Math.min(1, x < shape + 1 ? 1 - front * seriesOf(shape, x) : front * fractionOf(shape, x));
}

/** A table of two by two counts, as `[[with, without], [with, without]]` of one kind and of the other. */
export type Table = readonly [readonly [number, number], readonly [number, number]];

/** Pearson's, one degree of freedom; 0 when a row or a column is empty. `expectedMin`: the smallest count expected. */
export function pearson([[a, b], [c, d]]: Table): { value: number; expectedMin: number } {
  const [row0, row1, column0, column1] = [a + b, c + d, a + c, b + d];
  const all = row0 + row1;
  const product = row0 * row1 * column0 * column1;
  const expectedMin = all === 0 ? 0 : (Math.min(row0, row1) * Math.min(column0, column1)) / all;
  return { value: product === 0 ? 0 : (all * (a * d - b * c) ** 2) / product, expectedMin };
}

/** Fisher's exact test, both sides: all tables with the same margins that are no likelier than this one. */
export function fisherBothSides(table: Table): number {
  const own = tableLogProbability(table, table[0][0]);
  return sumOver(table, (first, log) => (log <= own + 1e-7 || first === table[0][0] ? Math.exp(log) : 0));
}

/** Fisher's exact test, one side: as many or more of the first kind with it. */
export function fisherUpper(table: Table): number {
  return sumOver(table, (first, log) => (first >= table[0][0] ? Math.exp(log) : 0));
}

function sumOver(table: Table, share: (first: number, logProbability: number) => number): number {
  const [[a, b], [c, d]] = table;
  const [from, to] = [Math.max(0, a - d), Math.min(a + b, a + c)];
  let sum = 0;
  for (let first = from; first <= to; first++) sum += share(first, tableLogProbability(table, first));
  return Math.min(1, sum);
}

/** Hypergeometric: that `first` of the first kind have it, given the margins. */
function tableLogProbability([[a, b], [c, d]]: Table, first: number): number {
  const [kind, other, having] = [a + b, c + d, a + c];
  return logChoose(kind, first) + logChoose(other, having - first) - logChoose(kind + other, having);
}

function logChoose(from: number, chosen: number): number {
  return logGamma(from + 1) - logGamma(chosen + 1) - logGamma(from - chosen + 1);
}

/** Lanczos (SIAM Journal on Numerical Analysis B 1, 1964, 86), 15 digits. */
function logGamma(x: number): number {
  const [first, ...rest] = lanczos;
  const series = rest.reduce((sum, coefficient, at) => sum + coefficient / (x + at), first as number);
  const shifted = x + 6.5;
  return (x - 0.5) * Math.log(shifted) - shifted + Math.log(Math.sqrt(2 * Math.PI) * series);
}

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

function seriesOf(shape: number, x: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let at = 1; at < 1_000 && term > sum * 1e-15; at++) {
    term *= x / (shape + at);
    sum += term;
  }
  return sum;
}

function fractionOf(shape: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - shape;
  let c = 1 / tiny;
  let d = 1 / b;
  let result = d;
  for (let at = 1; at < 1_000; at++) {
    const a = -at * (at - shape);
    b += 2;
    d = 1 / (a * d + b || tiny);
    c = b + a / c || tiny;
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return result;
}
