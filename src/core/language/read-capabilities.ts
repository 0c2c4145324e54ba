/** The text of a capability file in, what a fleet offers to programs out, or every mistake in it. Never throws. */
import { getNodeValue } from 'jsonc-parser';
import type { Capabilities } from './capabilities.js';
import { DiagnosticList } from './diagnostic-list.js';
import type { Diagnostic } from './diagnostics.js';
import { Places, parseJson } from './json-source.js';
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
  const places = new Places(text);
  if (tooLarge(text, options, diagnostics)) return { ok: false, diagnostics: diagnostics.all() };
  const tree = parseJson(text, places, diagnostics);
  if (tree !== undefined && tree.type !== 'object')
    diagnostics.add({
      code: 'DN055',
      message: 'a capability file is an object',
      span: places.span(tree.offset, 1),
    });
  if (tree === undefined || diagnostics.hasErrors) return { ok: false, diagnostics: diagnostics.all() };
  return { ok: true, capabilities: getNodeValue(tree) as Capabilities, warnings: diagnostics.warnings() };
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
