/**
 * Quantities as `docs/language.md` has them: numbers as written in, results in base units out. The reference interpreter's
 * own table of units and own rules, so that a mistake of the compiler's shows.
 */

/** Exponents of seconds, of data and of dollars. */
export interface Dimension {
  readonly time: number;
  readonly data: number;
  readonly money: number;
}

/** `amount` is in seconds, bytes, dollars and products of them; a bit rate, and nothing else, is in bits. */
export interface Measured {
  readonly amount: number;
  readonly dimension: Dimension;
}

const none: Dimension = { time: 0, data: 0, money: 0 };
const seconds: Dimension = { ...none, time: 1 };
const bytes: Dimension = { ...none, data: 1 };
const bitsPerSecond: Dimension = { ...none, data: 1, time: -1 };
const dollars: Dimension = { ...none, money: 1 };

const dimensions: Readonly<Record<string, Dimension>> = {
  duration: seconds,
  bytes,
  bitrate: bitsPerSecond,
  money: dollars,
  ratio: none,
  count: none,
};

const factors: Readonly<Record<string, readonly [Dimension, times: number, over?: number]>> = {
  '': [none, 1],
  '%': [none, 1, 100],
  $: [dollars, 1],
  ms: [seconds, 1, 1_000],
  s: [seconds, 1],
  m: [seconds, 60],
  h: [seconds, 3_600],
  d: [seconds, 86_400],
  B: [bytes, 1],
  KB: [bytes, 1_000],
  MB: [bytes, 1_000_000],
  GB: [bytes, 1_000_000_000],
  TB: [bytes, 1_000_000_000_000],
  KiB: [bytes, 1_024],
  MiB: [bytes, 1_048_576],
  GiB: [bytes, 1_073_741_824],
  TiB: [bytes, 1_099_511_627_776],
  bps: [bitsPerSecond, 1],
  Kbps: [bitsPerSecond, 1_000],
  Mbps: [bitsPerSecond, 1_000_000],
  Gbps: [bitsPerSecond, 1_000_000_000],
  Tbps: [bitsPerSecond, 1_000_000_000_000],
};

export function numberWritten(amount: string, unit: string): Measured {
  const factor = factors[unit];
  if (factor === undefined) throw new Error(`no unit ${unit}`);
  const [dimension, times, over = 1] = factor;
  return { amount: (Number(amount.split('_').join('')) * times) / over, dimension };
}

/** A number that a field or a parameter holds, in the base unit of its quantity. */
export function measuredIn(quantity: string, amount: number): Measured {
  const dimension = dimensions[quantity];
  if (dimension === undefined) throw new Error(`no quantity ${quantity}`);
  return { amount, dimension };
}

export function opposite({ amount, dimension }: Measured): Measured {
  return { amount: -amount, dimension };
}

export function absolute({ amount, dimension }: Measured): Measured {
  const negative = amount < 0 || Object.is(amount, -0);
  return { amount: negative ? -amount : amount, dimension };
}

/** The least or most of two; no number when one is none; of two zeros -0 is less. */
export function extreme(which: 'MIN' | 'MAX', one: Measured, other: Measured): Measured {
  if (isNothing(one.amount) || isNothing(other.amount)) return { ...one, amount: Number.NaN };
  const isLess = one.amount < other.amount || (one.amount === other.amount && Object.is(one.amount, -0));
  return isLess === (which === 'MIN') ? one : other;
}

export function sum(sign: '+' | '-', one: Measured, other: Measured): Measured {
  const amount = sign === '+' ? one.amount + other.amount : one.amount - other.amount;
  return { amount, dimension: one.dimension };
}

/** The plain product or quotient first, then eight bits for a byte where a bit rate goes in or comes out. */
export function product(sign: '*' | '/', one: Measured, other: Measured): Measured {
  const turned = sign === '*' ? 1 : -1;
  const dimension = {
    time: one.dimension.time + turned * other.dimension.time,
    data: one.dimension.data + turned * other.dimension.data,
    money: one.dimension.money + turned * other.dimension.money,
  };
  const amount = sign === '*' ? one.amount * other.amount : one.amount / other.amount;
  const eights = isBitRate(dimension) - isBitRate(one.dimension) - turned * isBitRate(other.dimension);
  return { amount: eights === 0 ? amount : amount * 8 ** eights, dimension };
}

/** With no number on either side nothing holds but that they differ. */
export function compares(operator: string, one: number, other: number): boolean {
  if (isNothing(one) || isNothing(other)) return operator === '!=';
  if (operator === '<') return other > one;
  if (operator === '>') return one > other;
  if (operator === '<=') return !(one > other);
  if (operator === '>=') return !(other > one);
  const isSame = !(one > other) && !(other > one);
  return operator === '==' ? isSame : !isSame;
}

function isBitRate({ time, data, money }: Dimension): 0 | 1 {
  return data === 1 && time === -1 && money === 0 ? 1 : 0;
}

function isNothing(amount: number): boolean {
  return Number.isNaN(amount);
}
