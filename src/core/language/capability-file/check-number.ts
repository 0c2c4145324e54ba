/** A value that should be a number in; it is reported when it is none, or one that its key does not take. */
import { amountOf } from './check-amount.js';
import type { FileContext } from './file-context.js';
import type { JsonNode } from './json-source.js';
import { capabilityFileVersion, type NumberShape } from './shape.js';

/** What a number may be, in words. */
export function describeNumber({ min, max, above, whole }: NumberShape): string {
  const sort = whole === true ? 'a whole number' : 'a number';
  if (above !== undefined) return `${sort} above ${above}`;
  return min === undefined || max === undefined ? sort : `${sort} from ${min} to ${max}`;
}

export function checkNumber(node: JsonNode, shape: NumberShape, place: string, context: FileContext): void {
  const expected = describeNumber(shape);
  if (node.type !== 'number') {
    reportNoNumber(node, expected, place, context);
    return;
  }
  const value: number = node.value;
  const {
    min = Number.NEGATIVE_INFINITY,
    max = Number.POSITIVE_INFINITY,
    above = min,
    whole = false,
  } = shape;
  const fits =
    value >= min && value <= max && (value > above || above === min) && (!whole || Number.isInteger(value));
  if (Number.isFinite(value) && fits) return;
  const message = Number.isFinite(value)
    ? `${place} cannot be ${context.textOf(node)}`
    : `${place} is too large for a number`;
  context.report(node, { code: 'DN060', message, found: context.textOf(node), expected });
}

function reportNoNumber(node: JsonNode, expected: string, place: string, context: FileContext): void {
  const meant = node.type === 'string' ? amountOf(String(node.value)) : undefined;
  context.report(node, {
    code: 'DN055',
    message: `${place} must be a number`,
    found: context.textOf(node),
    expected,
    hint: meant === undefined ? undefined : `write ${meant.value}, without quotes`,
  });
}

export function checkVersion(node: JsonNode, context: FileContext): void {
  if (node.type === 'number' && node.value === capabilityFileVersion) return;
  context.report(node, {
    code: 'DN056',
    message: isLaterVersion(node)
      ? 'this dreamnet is older than the version of this file'
      : 'this version of capability files does not exist',
    found: context.textOf(node),
    expected: String(capabilityFileVersion),
    hint: isLaterVersion(node) ? 'use the dreamnet that the file was written for, or a newer one' : undefined,
  });
}

export function isLaterVersion({ type, value }: JsonNode): boolean {
  return type === 'number' && Number.isInteger(value) && value > capabilityFileVersion;
}
