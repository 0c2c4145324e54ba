/** What people write for a unit in, the unit that is meant out. */
import { nearestWord } from '../suggest.js';
import { unitNames } from './units.js';

/** Words and abbreviations, before spelling is compared. */
const spokenUnits: Readonly<Record<string, string>> = {
  msec: 'ms',
  msecs: 'ms',
  millis: 'ms',
  millisecond: 'ms',
  milliseconds: 'ms',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  min: 'm',
  mins: 'm',
  minute: 'm',
  minutes: 'm',
  hr: 'h',
  hrs: 'h',
  hour: 'h',
  hours: 'h',
  day: 'd',
  days: 'd',
  byte: 'B',
  bytes: 'B',
  kilobytes: 'KB',
  megabytes: 'MB',
  gigabytes: 'GB',
  terabytes: 'TB',
  k: 'KB',
  g: 'GB',
  t: 'TB',
  kbit: 'Kbps',
  mbit: 'Mbps',
  gbit: 'Gbps',
  percent: '%',
  usd: '$',
  dollar: '$',
  dollars: '$',
};

/** Several quantities, or bits and bytes, could be meant by these. */
const doubtful: readonly string[] = ['k', 'g', 't', 'kbit', 'mbit', 'gbit'];

/** Only where nothing else can be meant: a spoken word, or a unit of bytes in small letters; `Gb` may be bits, `M` mega. */
export function surelyMeant(unit: string): string | undefined {
  const lower = unit.toLowerCase();
  if (Object.hasOwn(spokenUnits, lower)) return doubtful.includes(lower) ? undefined : spokenUnits[lower];
  return /^[kmgt](?:i?b|B|iB)$/.test(unit) ? spelledOut(unit) : undefined;
}

export function nearestUnit(unit: string): string | undefined {
  return spelledOut(unit) ?? nearestWord(unit, unitNames);
}

/** Only for what is surely a unit: a word from the list above, or one that differs from a unit in capitals. */
export function spelledOut(unit: string): string | undefined {
  const lower = unit.toLowerCase();
  if (Object.hasOwn(spokenUnits, lower)) return spokenUnits[lower];
  return unitNames.find((name) => name.toLowerCase() === lower);
}
