/** Collects the diagnostics of one source in order of position, without repeating a place and without flooding. */

import { languageLimits } from '../limits.js';
import { diagnosticCodes } from './diagnostic-codes.js';
import type { Diagnostic, DiagnosticDetails } from './diagnostics.js';
import { keptApart } from './kept-apart.js';

export class DiagnosticList {
  readonly #found: Diagnostic[] = [];
  readonly #places = new Set<string>();
  readonly #errorLines = new Set<number>();
  #errors = 0;
  #warnings = 0;
  readonly #source: string;

  /** Of a source with edits that may be applied without a look; they are kept apart from what stands beside them. */
  constructor(source = '') {
    this.#source = source;
  }

  get hasErrors(): boolean {
    return this.#errors > 0;
  }

  /** True when nothing more would be kept, so that a stage can stop looking. */
  get isFull(): boolean {
    return this.#errors >= languageLimits.diagnosticsMax;
  }

  hasErrorOn(line: number): boolean {
    return this.#errorLines.has(line);
  }

  /** Keeps the diagnostic unless the same code was reported at the same place. Of warnings the first hundred are kept. */
  add(details: DiagnosticDetails): void {
    const place = `${details.code}:${details.span.offset}`;
    if (this.isFull || this.#places.has(place)) return;
    const isError = diagnosticCodes[details.code].severity === 'error';
    if (!isError && this.#warnings >= languageLimits.diagnosticsMax) return;
    this.#places.add(place);
    const { suggestion } = details;
    const kept = suggestion === undefined ? undefined : keptApart(suggestion, this.#source);
    this.#found.push(toDiagnostic({ ...details, suggestion: kept }));
    if (isError) this.#errorLines.add(details.span.line);
    if (isError) this.#errors += 1;
    else this.#warnings += 1;
    if (this.isFull) this.#found.push(floodNotice(details));
  }

  /** Where the whole is something else, what is said about its details does not help. */
  forgetFrom(offset: number): void {
    const kept = this.#found.filter(({ span }) => span.offset < offset);
    this.#found.splice(0, this.#found.length, ...kept);
    const errors = kept.filter(({ severity }) => severity === 'error');
    this.#errors = errors.length;
    this.#errorLines.clear();
    for (const { span } of errors) this.#errorLines.add(span.line);
    this.#warnings = kept.length - this.#errors;
  }

  all(): Diagnostic[] {
    return this.#found.toSorted((one, other) => one.span.offset - other.span.offset);
  }

  warnings(): Diagnostic[] {
    return this.all().filter((diagnostic) => diagnostic.severity === 'warning');
  }
}

function toDiagnostic(details: DiagnosticDetails): Diagnostic {
  const { code, message, span, found, expected, hint, related, suggestion } = details;
  return {
    code,
    severity: diagnosticCodes[code].severity,
    message: readable(message),
    span,
    ...(found === undefined ? {} : { found: readable(found) }),
    ...(expected === undefined ? {} : { expected: readable(expected) }),
    ...(hint === undefined ? {} : { hint: readable(hint) }),
    related: related ?? [],
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** Messages quote the source, where a name may have as many characters as a file. */
function readable(text: string): string {
  return text.length <= textLengthMax ? text : `${text.slice(0, textLengthMax).toWellFormed()}…`;
}

const textLengthMax = 2_000;

function floodNotice(last: DiagnosticDetails): Diagnostic {
  return toDiagnostic({
    code: 'DN010',
    message: `more than ${languageLimits.diagnosticsMax} errors; the rest is not shown`,
    span: last.span,
    hint: 'mend the first ones and check again',
  });
}
