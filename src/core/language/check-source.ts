/** The language from end to end: source text in, checked program or every diagnostic out. Never throws. */
import { type Capabilities, referenceFleet } from './capabilities.js';
import { check } from './check/check.js';
import { CheckContext } from './check/check-context.js';
import type { CheckedProgram } from './checked-tree.js';
import { DiagnosticList } from './diagnostics/diagnostic-list.js';
import type { Diagnostic } from './diagnostics/diagnostics.js';
import { languageLimits } from './limits.js';
import { lex } from './syntax/lex.js';
import { parse } from './syntax/parse.js';

export interface CheckOptions {
  /** Only shown in messages; it changes nothing else. */
  readonly fileName: string;
  /** What the agents offer; the reference fleet's when absent. */
  readonly capabilities?: Capabilities;
}

export type CheckResult =
  | { readonly ok: true; readonly program: CheckedProgram; readonly warnings: Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: Diagnostic[] };

export function checkSource(source: string, options: CheckOptions): CheckResult {
  const diagnostics = new DiagnosticList(source);
  if (refuseSource(source, options, diagnostics)) return { ok: false, diagnostics: diagnostics.all() };
  const capabilities = options.capabilities ?? referenceFleet;
  const tree = parse(lex(source, diagnostics), diagnostics, plainActions(capabilities));
  const context = new CheckContext(source, capabilities, diagnostics);
  const program = tree === undefined ? undefined : check(tree, context);
  if (program === undefined || diagnostics.hasErrors) return { ok: false, diagnostics: diagnostics.all() };
  return { ok: true, program, warnings: diagnostics.warnings() };
}

function plainActions({ actions }: Capabilities): ReadonlySet<string> {
  return new Set(actions.filter((action) => action.arguments.length === 0).map(({ name }) => name));
}

/** True, with a diagnostic, for a source that is not even looked at. */
export function refuseSource(
  source: string,
  options: Pick<CheckOptions, 'fileName'>,
  diagnostics: DiagnosticList,
): boolean {
  return refuseTooLarge(source, options, diagnostics) || refuseOtherEncoding(source, diagnostics);
}

function refuseTooLarge(
  source: string,
  { fileName }: Pick<CheckOptions, 'fileName'>,
  diagnostics: DiagnosticList,
): boolean {
  const bytes = Buffer.byteLength(source);
  if (bytes <= languageLimits.sourceBytesMax) return false;
  diagnostics.add({
    code: 'DN001',
    message: `${fileName} has ${bytes} bytes, and a program has at most ${languageLimits.sourceBytesMax}`,
    span: { offset: 0, line: 1, column: 1, length: 0 },
    hint: 'is this the right file?',
  });
  return true;
}

/** UTF-16 is recognised by its byte order mark, which is nothing in UTF-8, or by a NUL byte in most of its characters. */
function refuseOtherEncoding(source: string, diagnostics: DiagnosticList): boolean {
  const beginning = source.slice(0, charactersLookedAt);
  const nulBytes = beginning.split('\0').length - 1;
  const isOther = source.startsWith('\ufffd\ufffd') || (nulBytes > 1 && nulBytes * 3 > beginning.length);
  if (!isOther) return false;
  diagnostics.add({
    code: 'DN002',
    message: 'this is not UTF-8 text',
    span: { offset: 0, line: 1, column: 1, length: 0 },
    found: nulBytes > 1 ? 'NUL bytes, as in UTF-16' : undefined,
    hint: 'save it as UTF-8',
  });
  return true;
}

const charactersLookedAt = 1_000;
