/** The manifest section: what a program says about itself. Parsed strictly, trusted for nothing that safety rests on. */
import type { FieldUnit } from '../language/capabilities.js';
import type { QuantityName } from '../language/units/units.js';
import { Malformed } from './byte-reader.js';
import { bytecodeLimits } from './limits.js';

export interface ManifestParameter {
  readonly name: string;
  readonly unit: QuantityName;
  readonly default: number;
  /** Equal to `default`, like `max`, when the parameter cannot be tuned. */
  readonly min: number;
  readonly max: number;
}

export interface ManifestField {
  readonly name: string;
  readonly unit: FieldUnit;
}

export interface ManifestArgument {
  readonly name: string;
  readonly unit: QuantityName;
  readonly min: number;
  readonly max: number;
}

export interface ManifestAction {
  readonly code: number;
  readonly name: string;
  readonly arguments: readonly ManifestArgument[];
}

export interface Manifest {
  readonly name: string;
  /** Of the file format. */
  readonly version: number;
  readonly languageVersion: number;
  readonly limitsVersion: number;
  readonly parameters: readonly ManifestParameter[];
  /** In column order; only those that the program reads. */
  readonly fields: readonly ManifestField[];
  /** Only those that the program can cause. */
  readonly actions: readonly ManifestAction[];
  /** `defaultReportIntervalMs` when the program names none. */
  readonly reportIntervalMs: number;
  /** Of the source text, UTF-8. */
  readonly sourceDigest: string;
}

export const manifestVersion = 1;

/** For programs without REPORT_METRICS_EVERY. */
export const defaultReportIntervalMs = 5_000;

export function encodeManifest(manifest: Manifest): Uint8Array {
  return Buffer.from(JSON.stringify(manifest), 'utf8');
}

/** Throws `Malformed` (DN104) naming what is wrong and where. */
export function parseManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > bytecodeLimits.manifestBytesMax) throw refuse('the manifest', 'is too large');
  const manifest = keys(
    parseJson(bytes),
    [
      'name',
      'version',
      'languageVersion',
      'limitsVersion',
      'parameters',
      'fields',
      'actions',
      'reportIntervalMs',
      'sourceDigest',
    ],
    'manifest',
  );
  const { parametersMax, fieldsMax, actionsMax } = bytecodeLimits;
  const version = whole(manifest.version, { min: 1, max: manifestVersion }, 'version');
  return {
    name: name(manifest.name, 'name'),
    version,
    languageVersion: whole(manifest.languageVersion, { min: 1, max: 1_000 }, 'languageVersion'),
    limitsVersion: whole(manifest.limitsVersion, { min: 1, max: 1_000 }, 'limitsVersion'),
    parameters: unique(list(manifest.parameters, parametersMax, 'parameters').map(parameter), 'parameters'),
    fields: unique(list(manifest.fields, fieldsMax, 'fields').map(field), 'fields'),
    actions: uniqueCodes(unique(list(manifest.actions, actionsMax, 'actions').map(action), 'actions')),
    reportIntervalMs: whole(manifest.reportIntervalMs, { min: 1, max: 86_400_000 }, 'reportIntervalMs'),
    sourceDigest: sourceDigest(manifest.sourceDigest),
  };
}

type Json = Readonly<Record<string, unknown>>;

const quantityNames: readonly string[] = ['duration', 'bytes', 'bitrate', 'money', 'ratio', 'count'];

function refuse(place: string, problem: string): Malformed {
  return new Malformed('DN104', `${place} ${problem}`);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse('the manifest', 'is not JSON in UTF-8');
  }
}

/** An object with exactly these keys. */
function keys(value: unknown, wanted: readonly string[], place: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(place, 'is not an object');
  const found = Object.keys(value);
  const missing = wanted.find((key) => !found.includes(key));
  if (missing !== undefined) throw refuse(place, `has no ${missing}`);
  if (found.length !== wanted.length) throw refuse(place, 'has keys that this version does not know');
  return value as Json;
}

function list(value: unknown, max: number, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw refuse(place, 'is not a list');
  if (value.length > max) throw refuse(place, `has ${value.length} entries, above the limit of ${max}`);
  return value;
}

function name(value: unknown, place: string): string {
  const fits = typeof value === 'string' && /^(?!__)[A-Za-z_]\w{0,63}$/.test(value);
  if (!fits) throw refuse(place, 'is not a name');
  return value;
}

function unit(value: unknown, place: string): QuantityName {
  if (typeof value !== 'string' || !quantityNames.includes(value)) throw refuse(place, 'is not a unit');
  return value as QuantityName;
}

function finite(value: unknown, place: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw refuse(place, 'is not a finite number');
  return value;
}

function whole(value: unknown, { min, max }: { min: number; max: number }, place: string): number {
  const number = finite(value, place);
  if (!Number.isInteger(number) || number < min || number > max) {
    throw refuse(place, `is ${number}, not a whole number from ${min} to ${max}`);
  }
  return number;
}

function parameter(value: unknown, index: number): ManifestParameter {
  const place = `parameters[${index}]`;
  const entry = keys(value, ['name', 'unit', 'default', 'min', 'max'], place);
  const parsed = {
    name: name(entry.name, `${place}.name`),
    unit: unit(entry.unit, `${place}.unit`),
    default: finite(entry.default, `${place}.default`),
    min: finite(entry.min, `${place}.min`),
    max: finite(entry.max, `${place}.max`),
  };
  if (parsed.default < parsed.min || parsed.default > parsed.max)
    throw refuse(place, 'has a default outside its range');
  return parsed;
}

function field(value: unknown, index: number): ManifestField {
  const place = `fields[${index}]`;
  const entry = keys(value, ['name', 'unit'], place);
  const fieldUnit = entry.unit === 'name' ? 'name' : unit(entry.unit, `${place}.unit`);
  return { name: name(entry.name, `${place}.name`), unit: fieldUnit };
}

function action(value: unknown, index: number): ManifestAction {
  const place = `actions[${index}]`;
  const entry = keys(value, ['code', 'name', 'arguments'], place);
  return {
    code: whole(entry.code, { min: 0, max: 0x7fff_ffff }, `${place}.code`),
    name: name(entry.name, `${place}.name`),
    arguments: list(entry.arguments, 1, `${place}.arguments`).map((one) => argument(one, place)),
  };
}

function argument(value: unknown, action: string): ManifestArgument {
  const place = `${action}.arguments[0]`;
  const entry = keys(value, ['name', 'unit', 'min', 'max'], place);
  const parsed = {
    name: name(entry.name, `${place}.name`),
    unit: unit(entry.unit, `${place}.unit`),
    min: finite(entry.min, `${place}.min`),
    max: finite(entry.max, `${place}.max`),
  };
  if (parsed.min > parsed.max) throw refuse(place, 'has an empty range');
  return parsed;
}

function sourceDigest(value: unknown): string {
  if (typeof value !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(value))
    throw refuse('sourceDigest', 'is no SHA-256');
  return value;
}

function unique<Entry extends { readonly name: string }>(
  entries: readonly Entry[],
  place: string,
): readonly Entry[] {
  const names = new Set(entries.map((entry) => entry.name));
  if (names.size !== entries.length) throw refuse(place, 'has a name twice');
  return entries;
}

function uniqueCodes(actions: readonly ManifestAction[]): readonly ManifestAction[] {
  if (new Set(actions.map(({ code }) => code)).size !== actions.length)
    throw refuse('actions', 'has a code twice');
  return actions;
}
