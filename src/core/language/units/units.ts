/** The one table of units: a number and a unit as written in, the value in the base unit of its quantity out. */

/** Base units: duration in seconds, bytes, bit rate in bits per second, money in dollars, ratio as a fraction. */
export type QuantityName = 'duration' | 'bytes' | 'bitrate' | 'money' | 'ratio' | 'count';

interface UnitRow {
  readonly quantity: QuantityName;
  readonly times: number;
  /** Dividing keeps decimals exact: 30 / 100 is the nearest number to 0.3, 30 * 0.01 is not. */
  readonly over: number;
}

const units: Readonly<Record<string, UnitRow>> = {
  ms: unit('duration', 1, 1_000),
  s: unit('duration'),
  m: unit('duration', 60),
  h: unit('duration', 3_600),
  d: unit('duration', 86_400),
  B: unit('bytes'),
  KB: unit('bytes', 1e3),
  MB: unit('bytes', 1e6),
  GB: unit('bytes', 1e9),
  TB: unit('bytes', 1e12),
  // Written out: JavaScript lets engines calculate powers as exactly as they like.
  KiB: unit('bytes', 1_024),
  MiB: unit('bytes', 1_048_576),
  GiB: unit('bytes', 1_073_741_824),
  TiB: unit('bytes', 1_099_511_627_776),
  bps: unit('bitrate'),
  Kbps: unit('bitrate', 1e3),
  Mbps: unit('bitrate', 1e6),
  Gbps: unit('bitrate', 1e9),
  Tbps: unit('bitrate', 1e12),
  $: unit('money'),
  '%': unit('ratio', 1, 100),
};

/** How an example of each quantity is written; also the unit offered when another one was written. */
const everydayUnit: Readonly<Record<QuantityName, string>> = {
  duration: 's',
  bytes: 'MB',
  bitrate: 'Mbps',
  money: '$',
  ratio: '%',
  count: '',
};

export const unitNames: readonly string[] = Object.keys(units);

export function quantityOfUnit(name: string): QuantityName | undefined {
  return Object.hasOwn(units, name) ? units[name]?.quantity : undefined;
}

/** 5 and `GB` give 5e9. A number without a unit stays as it is. */
export function inBaseUnit(amount: number, unitName: string): number {
  const row = Object.hasOwn(units, unitName) ? units[unitName] : undefined;
  return row === undefined ? amount : (amount * row.times) / row.over;
}

/** How an amount is written in the everyday unit of a quantity: `5MB`, `$5`, `5%`, `5`. */
export function writtenInEverydayUnit(amount: string, quantity: QuantityName): string {
  const name = everydayUnit[quantity];
  return name === '$' ? `$${amount}` : `${amount}${name}`;
}

/** A value in base units in words, in the largest unit that keeps it at or above 1: 1e9 bytes is `1GB`. */
export function formatQuantity(value: number, quantity: QuantityName): string {
  if (quantity === 'count') return trimmed(value);
  if (quantity === 'money') return value < 0 ? `-$${trimmed(-value)}` : `$${trimmed(value)}`;
  const rows = Object.entries(units).filter(
    ([name, row]) => row.quantity === quantity && !name.includes('i'),
  );
  const fitting = rows.findLast(([, row]) => Math.abs(value) >= row.times / row.over) ?? rows[0];
  if (fitting === undefined) return trimmed(value);
  return `${trimmed((value * fitting[1].over) / fitting[1].times)}${fitting[0]}`;
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function unit(quantity: QuantityName, times = 1, over = 1): UnitRow {
  return { quantity, times, over };
}
