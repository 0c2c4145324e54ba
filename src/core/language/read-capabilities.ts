/**
 * The text of a capability file in, what a fleet offers to programs out, or every mistake in it. Never throws. The file is
 * JSON, with comments and trailing commas allowed; docs/capabilities.md explains its keys.
 */
import type { ActionCapability, ArgumentCapability, Capabilities, FieldCapability } from './capabilities.js';
import { checkActions } from './capability-file/check-actions.js';
import { amountAt } from './capability-file/check-amount.js';
import { checkFields } from './capability-file/check-fields.js';
import { checkVersion, isLaterVersion } from './capability-file/check-number.js';
import { checkShape } from './capability-file/check-shape.js';
import { FileContext } from './capability-file/file-context.js';
import { items, type JsonNode, member, parseJson } from './capability-file/json-source.js';
import { Places } from './capability-file/places.js';
import { capabilityFileShape } from './capability-file/shape.js';
import { DiagnosticList } from './diagnostics/diagnostic-list.js';
import type { Diagnostic } from './diagnostics/diagnostics.js';
import { languageLimits } from './limits.js';

export interface ReadOptions {
  /** Only shown in messages. */
  readonly fileName: string;
}

export type ReadCapabilitiesResult =
  | { readonly ok: true; readonly capabilities: Capabilities; readonly warnings: Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: Diagnostic[] };

export function readCapabilities(text: string, options: ReadOptions): ReadCapabilitiesResult {
  const diagnostics = new DiagnosticList();
  if (tooLarge(text, options, diagnostics)) return { ok: false, diagnostics: diagnostics.all() };
  const places = new Places(text);
  const tree = parseJson(text, places, diagnostics);
  if (tree !== undefined) checkFile(tree, new FileContext(text, places, diagnostics));
  if (tree === undefined || diagnostics.hasErrors) return { ok: false, diagnostics: diagnostics.all() };
  return { ok: true, capabilities: capabilitiesFrom(tree), warnings: diagnostics.warnings() };
}

function tooLarge(text: string, { fileName }: ReadOptions, diagnostics: DiagnosticList): boolean {
  const bytes = Buffer.byteLength(text);
  if (bytes <= languageLimits.capabilityFileBytesMax) return false;
  diagnostics.add({
    code: 'DN050',
    message: `${fileName} has ${bytes} bytes, and a capability file has at most ${languageLimits.capabilityFileBytesMax}`,
    span: { offset: 0, line: 1, column: 1, length: 0 },
    hint: 'is this the right file?',
  });
  return true;
}

/**
 * Each value by itself first; then, of those that nothing was said about, what must hold between them. Of a file of a
 * later version nothing is known, so nothing further is said about it.
 */
function checkFile(tree: JsonNode, context: FileContext): void {
  const version = member(tree, 'version');
  if (version !== undefined && isLaterVersion(version)) {
    checkVersion(version, context);
    return;
  }
  checkShape(tree, capabilityFileShape, 'a capability file', context);
  const fields = context.sound(member(tree, 'fields'));
  checkFields(items(fields), context);
  checkActions(items(member(tree, 'actions')), fields && items(fields), context);
}

/** Of a tree without errors: every value is of the type that its key takes. */
function capabilitiesFrom(tree: JsonNode): Capabilities {
  return {
    version: member(tree, 'version')?.value,
    name: member(tree, 'name')?.value,
    fields: items(member(tree, 'fields')).map(fieldFrom),
    actions: items(member(tree, 'actions')).map(actionFrom),
  };
}

function fieldFrom(field: JsonNode): FieldCapability {
  const names = member(field, 'names');
  return {
    name: member(field, 'name')?.value,
    unit: member(field, 'unit')?.value,
    about: aboutOf(field),
    ...(names === undefined ? {} : { names: items(names).map(({ value }) => value) }),
  };
}

function actionFrom(action: JsonNode): ActionCapability {
  return {
    name: member(action, 'name')?.value,
    code: member(action, 'code')?.value,
    about: aboutOf(action),
    arguments: items(member(action, 'arguments')).map(argumentFrom),
    risk: member(action, 'risk')?.value,
    effects: items(member(action, 'effects')).map((effect) => ({
      metric: member(effect, 'metric')?.value,
      perUnit: member(effect, 'perUnit')?.value,
      uncertainty: member(effect, 'uncertainty')?.value,
    })),
  };
}

function argumentFrom(argument: JsonNode): ArgumentCapability {
  const dose = member(argument, 'dose');
  return {
    name: member(argument, 'name')?.value,
    unit: member(argument, 'unit')?.value,
    min: amountIn(argument, 'min'),
    max: amountIn(argument, 'max'),
    ...(dose === undefined ? {} : { dose: dose.value }),
  };
}

function amountIn(argument: JsonNode, key: 'min' | 'max'): number {
  const node = member(argument, key);
  return (node && amountAt(node)?.value) ?? 0;
}

function aboutOf(node: JsonNode): string {
  return member(node, 'about')?.value ?? '';
}
