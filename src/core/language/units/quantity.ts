/**
 * Types of expressions: which physical quantity a value is, how quantities combine, and how they are named in messages.
 * Dimensions are exponents of time, data and money, as in Numbat; numbers without dimension are told apart as count and ratio.
 */
import type { FieldCapability, FieldUnit } from '../capabilities.js';
import type { QuantityName } from './units.js';

/** `plain` says what a dimensionless value counts as: a bare number fits where a count or a ratio is wanted. */
export interface Quantity {
  readonly kind: 'quantity';
  readonly time: number;
  readonly data: number;
  readonly money: number;
  readonly plain: 'number' | 'count' | 'ratio';
}

/** `unknown` is the type of what was already reported: it goes with everything, so that no error causes another. */
export type ValueType =
  | Quantity
  | { readonly kind: 'condition' }
  | { readonly kind: 'name'; readonly field: FieldCapability | undefined }
  | { readonly kind: 'unknown' };

export const condition: ValueType = { kind: 'condition' };
export const unknown: ValueType = { kind: 'unknown' };
export const bareNumber: Quantity = { kind: 'quantity', time: 0, data: 0, money: 0, plain: 'number' };

const named: Readonly<Record<QuantityName, Quantity>> = {
  duration: { ...bareNumber, time: 1 },
  bytes: { ...bareNumber, data: 1 },
  bitrate: { ...bareNumber, data: 1, time: -1 },
  money: { ...bareNumber, money: 1 },
  ratio: { ...bareNumber, plain: 'ratio' },
  count: { ...bareNumber, plain: 'count' },
};

export function quantityNamed(name: QuantityName): Quantity {
  return named[name];
}

export function typeOfField(field: FieldCapability): ValueType {
  return field.unit === 'name' ? { kind: 'name', field } : named[field.unit];
}

/** The name of a quantity that has one; `number` counts as a count. */
export function nameOfQuantity(quantity: Quantity): QuantityName | undefined {
  if (isPlain(quantity)) return quantity.plain === 'ratio' ? 'ratio' : 'count';
  const names: QuantityName[] = ['duration', 'bytes', 'bitrate', 'money'];
  return names.find((name) => sameDimension(named[name], quantity));
}

/** True when the two can be compared, added, or given one for the other. */
export function goTogether(one: Quantity, other: Quantity): boolean {
  if (!sameDimension(one, other)) return false;
  return !isPlain(one) || one.plain === other.plain || one.plain === 'number' || other.plain === 'number';
}

/** The type of a sum, a minimum or a maximum of two that go together. */
export function merged(one: Quantity, other: Quantity): Quantity {
  return one.plain === 'number' ? other : one;
}

export function isPlain(quantity: Quantity): boolean {
  return quantity.time === 0 && quantity.data === 0 && quantity.money === 0;
}

export interface Combined {
  readonly type: Quantity;
  /** What the plain result is multiplied by to be in the base unit: bits and bytes differ by 8. */
  readonly factor: number;
}

/** Beyond cubes nothing that is measured has a meaning; undefined then. */
export function combined(operator: '*' | '/', left: Quantity, right: Quantity): Combined | undefined {
  const sign = operator === '*' ? 1 : -1;
  const type: Quantity = {
    kind: 'quantity',
    time: left.time + sign * right.time,
    data: left.data + sign * right.data,
    money: left.money + sign * right.money,
    plain: plainResult(operator, left, right),
  };
  if (Math.max(Math.abs(type.time), Math.abs(type.data), Math.abs(type.money)) > 3) return undefined;
  const [one, other] = [bytesPerUnit(left), bytesPerUnit(right)];
  return { type, factor: (operator === '*' ? one * other : one / other) / bytesPerUnit(type) };
}

/** Names a type with its unit, for messages: `bytes (B)`. */
export function describeType(type: ValueType): string {
  switch (type.kind) {
    case 'condition':
      return 'a condition';
    case 'name':
      return 'a name';
    case 'unknown':
      return 'something unknown';
    case 'quantity':
      return describeQuantity(type);
    default:
      return type satisfies never;
  }
}

const described: Readonly<Record<FieldUnit, string>> = {
  duration: 'a duration (s)',
  bytes: 'bytes (B)',
  bitrate: 'a bit rate (bps)',
  money: 'money ($)',
  ratio: 'a ratio (%)',
  count: 'a count',
  name: 'a name',
};

export function describeUnit(unit: FieldUnit): string {
  return described[unit];
}

function describeQuantity(quantity: Quantity): string {
  if (isPlain(quantity) && quantity.plain === 'number') return 'a number without a unit';
  const name = nameOfQuantity(quantity);
  return name === undefined ? `a quantity in ${formula(quantity)}` : described[name];
}

function formula({ time, data, money }: Quantity): string {
  const parts: [string, number][] = [
    ['$', money],
    ['B', data],
    ['s', time],
  ];
  const over = parts.filter(([, exponent]) => exponent > 0).map(power);
  const under = parts
    .filter(([, exponent]) => exponent < 0)
    .map(([unit, exponent]) => power([unit, -exponent]));
  return [over.length === 0 ? '1' : over.join('·'), ...under].join('/');
}

function power([unit, exponent]: [string, number]): string {
  return exponent === 1 ? unit : `${unit}${exponent === 2 ? '²' : '³'}`;
}

function sameDimension(one: Quantity, other: Quantity): boolean {
  return one.time === other.time && one.data === other.data && one.money === other.money;
}

/** Ratio times ratio is a ratio; a ratio of a count, or anything with a bare number in it, fits as either. */
function plainResult(operator: '*' | '/', left: Quantity, right: Quantity): Quantity['plain'] {
  const isSameSort = operator === '*' && isPlain(left) && isPlain(right) && left.plain === right.plain;
  return isSameSort ? left.plain : 'number';
}

/** A bit rate is kept in bits per second; everything else with data in it in bytes. */
function bytesPerUnit(quantity: Quantity): number {
  return sameDimension(quantity, named.bitrate) ? 1 / 8 : 1;
}
