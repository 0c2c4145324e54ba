/**
 * An expected failure whose reason is mistakes in a source: the message says it in one sentence, and the diagnostics go
 * along as values, to be shown with their lines in a terminal and listed in a document.
 */
import { DreamnetError, type ErrorDetails } from '../core/errors.js';
import type { Diagnostic } from '../core/language/diagnostics/diagnostics.js';

export interface DiagnosedSource {
  readonly name: string;
  readonly source: string;
  readonly diagnostics: readonly Diagnostic[];
}

export class DiagnosedError extends DreamnetError {
  readonly about: DiagnosedSource;

  constructor(details: ErrorDetails & { readonly about: DiagnosedSource }) {
    super(details);
    this.name = 'DiagnosedError';
    this.about = details.about;
  }
}
