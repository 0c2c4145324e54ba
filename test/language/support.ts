/** What the tests of this folder share: checking a source and looking at what was said about it. */
import { readFileSync } from 'node:fs';
import { checkSource } from '../../src/core/language/check-source.js';
import type { CheckedProgram } from '../../src/core/language/checked-tree.js';
import type { Diagnostic } from '../../src/core/language/diagnostics/diagnostics.js';

export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
}

/** Errors and warnings, in order of position. */
export function diagnosticsOf(source: string): readonly Diagnostic[] {
  const result = checkSource(source, { fileName: 'test.dream' });
  return result.ok ? result.warnings : result.diagnostics;
}

export function codesOf(source: string): string[] {
  return diagnosticsOf(source).map(({ code }) => code);
}

/** The only thing said about a source. */
export function onlyDiagnostic(source: string): Diagnostic {
  const [first, ...more] = diagnosticsOf(source);
  if (first === undefined || more.length > 0) {
    throw new Error(`one diagnostic was expected, and there are: ${codesOf(source).join(', ') || 'none'}`);
  }
  return first;
}

export function checkedProgram(source: string): CheckedProgram {
  const result = checkSource(source, { fileName: 'test.dream' });
  if (result.ok) return result.program;
  throw new Error(result.diagnostics.map(({ code, message }) => `${code} ${message}`).join('\n'));
}

export function inLoop(statements: string): string {
  return `FUNC test() { FOR EACH task IN task_queue { ${statements} } }`;
}

/** A condition in an otherwise good program. */
export function ifCondition(condition: string): string {
  return inLoop(`IF ${condition} THEN ROUTE_TO_CHEAPER_REGION(task)`);
}

/** The source with the diagnostic's suggestion applied. */
export function applied(source: string, { suggestion }: Diagnostic): string {
  if (suggestion === undefined) throw new Error('there is no suggestion');
  const { span, replacement } = suggestion;
  return source.slice(0, span.offset) + replacement + source.slice(span.offset + span.length);
}
