/** What `fmt` did in, its document out. */
import type { FailureKind } from '../../core/errors.js';
import { describeFailure, type Failure } from '../failure.js';
import type { FormattedProgram } from '../format-programs.js';
import { type DiagnosticDocument, diagnosticDocument } from './diagnostics-document.js';

export interface FormatDocument {
  readonly files: readonly FormattedFileDocument[];
  /** Files that were not in the one form: they are now, and with `--check` they would be. */
  readonly changed: number;
  /** Files that cannot be formatted; they are as they were. */
  readonly failed: number;
}

export interface FormattedFileDocument {
  readonly file: string;
  readonly changed: boolean;
  readonly ok: boolean;
  /** Why it does not parse. */
  readonly diagnostics: readonly DiagnosticDocument[];
  /** Why it cannot be read or written. */
  readonly error?: Failure;
  /** Only of standard input. */
  readonly text?: string;
}

export function formatDocument(programs: readonly FormattedProgram[]): FormatDocument {
  const files = programs.map(fileDocument);
  return {
    files,
    changed: files.filter(({ changed }) => changed).length,
    failed: files.filter(({ ok }) => !ok).length,
  };
}

/** Undefined: all is well. What the user can mend comes before what the system refused. */
export function formatFailure(
  programs: readonly FormattedProgram[],
  { isCheck }: { readonly isCheck: boolean },
): FailureKind | undefined {
  const kinds = programs.flatMap((program): FailureKind[] => {
    if (program.kind === 'formatted') return isCheck && program.changed ? ['failed'] : [];
    return program.kind === 'failed' ? [program.error.kind] : ['bad-input'];
  });
  return kinds.includes('bad-input') ? 'bad-input' : kinds[0];
}

function fileDocument(program: FormattedProgram): FormattedFileDocument {
  const { path, name: file } = program;
  switch (program.kind) {
    case 'formatted': {
      const { changed, text } = program;
      return { file, changed, ok: true, diagnostics: [], ...(path === '-' ? { text } : {}) };
    }
    case 'mistaken': {
      const { source } = program;
      const diagnostics = program.diagnostics.map((one) => diagnosticDocument(one, { file, source }));
      return { file, changed: false, ok: false, diagnostics };
    }
    case 'failed':
      return { file, changed: false, ok: false, diagnostics: [], error: failureOf(program.error) };
    default:
      return program satisfies never;
  }
}

function failureOf(error: unknown): Failure {
  return describeFailure(error, { helpCommand: 'dreamnet fmt --help', flagNames: [] });
}
