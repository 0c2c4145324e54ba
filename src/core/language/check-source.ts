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
  if (refuseTooLarge(source, options, diagnostics)) return { ok: false, diagnostics: diagnostics.all() };
  const tree = parse(lex(source, diagnostics), diagnostics);
  const context = new CheckContext(source, options.capabilities ?? referenceFleet, diagnostics);
  const program = tree === undefined ? undefined : check(tree, context);
  if (program === undefined || diagnostics.hasErrors) return { ok: false, diagnostics: diagnostics.all() };
  return { ok: true, program, warnings: diagnostics.warnings() };
}

/** True, with a diagnostic, for a source that is not even looked at. */
export function refuseTooLarge(
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
