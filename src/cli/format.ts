/**
 * Measured values → short text for people: always a unit, never more digits than the value deserves. A value that is
 * missing or not finite shows as a dash. JSON documents carry the numbers themselves instead.
 */

const MISSING = '–';

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** 12847 → `12,847`; fractions are kept to the given number of digits: 0.4567, 2 → `0.46`. */
export function formatNumber(value: number | undefined, fractionDigits = 0): string {
  if (!isFiniteNumber(value)) return MISSING;
  return withoutNegativeZero(value, fractionDigits).toLocaleString('en-US', {
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  });
}

/** `formatCount(1, 'batch', 'batches')` → `1 batch`; without a plural, an s is added. */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(count)} ${count === 1 ? singular : plural}`;
}

/** Bytes in powers of 1,000, as in the language's KB and MB: 1536 → `1.54 KB`. */
export function formatBytes(bytes: number | undefined): string {
  if (!isFiniteNumber(bytes)) return MISSING;
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${bytes < 0 ? '-' : ''}${threeDigits(value)} ${BYTE_UNITS[unit]}`;
}

/** Milliseconds → `0.25 ms`, `350 ms`, `1.20 s`, `2 m 05 s`, `2 h 03 m`, `3 d 04 h`. */
export function formatDuration(ms: number | undefined): string {
  if (!isFiniteNumber(ms)) return MISSING;
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 999.5) return `${threeDigits(ms)} ms`;
  if (ms < 59_950) return `${threeDigits(ms / SECOND_MS)} s`;
  const seconds = Math.round(ms / SECOND_MS);
  if (seconds * SECOND_MS < HOUR_MS) return twoUnits(seconds, 60, 'm', 's');
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes * MINUTE_MS < DAY_MS) return twoUnits(minutes, 60, 'h', 'm');
  return twoUnits(Math.round(ms / HOUR_MS), 24, 'd', 'h');
}

/** Dollars → `$8,500`, `$12.30`, `$0.0042`, `-$3.00`. */
export function formatMoney(dollars: number | undefined): string {
  if (!isFiniteNumber(dollars)) return MISSING;
  const amount = Math.abs(dollars);
  let digits = 2;
  if (amount >= 1000) digits = 0;
  else if (amount > 0 && amount < 0.1) digits = 4;
  const text = formatNumber(amount, digits);
  return dollars < 0 && Number(text.replaceAll(',', '')) !== 0 ? `-$${text}` : `$${text}`;
}

/** Percent points, as in `reductionPct`: 14.96 → `15.0 %`. */
export function formatPercent(percent: number | undefined, fractionDigits = 1): string {
  return isFiniteNumber(percent) ? `${formatNumber(percent, fractionDigits)} %` : MISSING;
}

/** A share of one, as in `successRate`: 0.9997 → `99.97 %`. Never rounds up to a full 100 or down to 0. */
export function formatShare(share: number | undefined, fractionDigits = 2): string {
  if (!isFiniteNumber(share)) return MISSING;
  const step = 10 ** -fractionDigits;
  let percent = share * 100;
  if (share < 1 && share > 0) percent = Math.min(100 - step, Math.max(step, percent));
  return formatPercent(percent, fractionDigits);
}

/** A change in percent points with its sign: -14.96 → `-15.0 %`, 2 → `+2.0 %`. */
export function formatChange(percent: number | undefined, fractionDigits = 1): string {
  const text = formatPercent(percent, fractionDigits);
  return isFiniteNumber(percent) && percent > 0 && !/^0(\.0+)? /.test(text) ? `+${text}` : text;
}

/** Wall-clock time of a moment in milliseconds: `14:03:09`, in the user's time zone. */
export function formatTime(atMs: number | undefined): string {
  if (!isFiniteNumber(atMs)) return MISSING;
  const date = new Date(atMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad2(part)).join(':');
}

function isFiniteNumber(value: number | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function threeDigits(value: number): string {
  if (value === 0) return '0';
  if (value >= 99.95 || Number.isInteger(value)) return formatNumber(value);
  if (value >= 9.995) return formatNumber(value, 1);
  return formatNumber(value, 2);
}

function twoUnits(count: number, perUnit: number, unit: string, smaller: string): string {
  return `${formatNumber(Math.floor(count / perUnit))} ${unit} ${pad2(count % perUnit)} ${smaller}`;
}

function pad2(value: number): string {
  return String(value).padStart(2, '0');
}

function withoutNegativeZero(value: number, fractionDigits: number): number {
  return Math.abs(value) < 0.5 * 10 ** -fractionDigits ? 0 : value;
}
