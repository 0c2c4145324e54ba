/** What `check` found in, its document out. */
import type { SignatureResult } from '../../core/bytecode/signature.js';
import type { AppliedFix } from '../../core/language/fix-source.js';
import type { CheckedFile } from '../check-files.js';
import type { DiagnosedSource } from '../diagnosed-error.js';
import { describeFailure, type Failure } from '../failure.js';
import {
  type DiagnosticDocument,
  diagnosticDocument,
  type SuggestionDocument,
} from './diagnostics-document.js';

export interface CheckDocument {
  readonly ok: boolean;
  readonly files: readonly CheckedFileDocument[];
  /** A file that cannot be read or written counts as one error. */
  readonly errors: number;
  readonly warnings: number;
  readonly fixed: number;
  /** What `--fix` would mend. */
  readonly fixable: number;
  /** Warnings about the file of --capabilities; only when there are some. They count for nothing here. */
  readonly aboutCapabilities?: readonly DiagnosticDocument[];
}

export interface CheckedFileDocument {
  readonly file: string;
  readonly ok: boolean;
  readonly kind: CheckedFile['kind'];
  /** What is wrong now, after the fixes. A program file has no lines: its diagnostics are at its first byte. */
  readonly diagnostics: readonly DiagnosticDocument[];
  readonly fixed: number;
  /** In the order in which they were applied; places are those before. */
  readonly fixes: readonly FixDocument[];
  /** Only of a program file whose structure is in order. */
  readonly program?: {
    readonly name: string;
    readonly digest: string;
    readonly costPerTask: { readonly min: number; readonly max: number };
    readonly signature: SignatureResult;
  };
  /** Only with `--fix -`: the text of standard input with the fixes. */
  readonly source?: string;
  readonly error?: Failure;
}

export type FixDocument = SuggestionDocument & { readonly code: string; readonly message: string };

export interface CheckSettings {
  /** Warnings count as errors. */
  readonly strict: boolean;
  readonly fix: boolean;
  /** The file of --capabilities, when there is something to say about it. */
  readonly aboutCapabilities?: DiagnosedSource | undefined;
}

export function checkDocument(checked: readonly CheckedFile[], settings: CheckSettings): CheckDocument {
  const files = checked.map((file) => fileDocument(file, settings));
  const severities = files.flatMap(({ diagnostics }) => diagnostics.map(({ severity }) => severity));
  const count = (wanted: string) => severities.filter((severity) => severity === wanted).length;
  return {
    ok: files.every(({ ok }) => ok),
    files,
    errors: count('error') + files.filter(({ error }) => error !== undefined).length,
    warnings: count('warning'),
    fixed: files.reduce((sum, { fixed }) => sum + fixed, 0),
    fixable: checked.reduce((sum, file) => sum + ('fixable' in file ? file.fixable : 0), 0),
    ...aboutCapabilities(settings),
  };
}

function aboutCapabilities({ aboutCapabilities: about }: CheckSettings): Partial<CheckDocument> {
  if (about === undefined) return {};
  const { name: file, source, diagnostics } = about;
  return { aboutCapabilities: diagnostics.map((one) => diagnosticDocument(one, { file, source })) };
}

function fileDocument(file: CheckedFile, { strict, fix }: CheckSettings): CheckedFileDocument {
  const diagnostics = diagnosticsOf(file);
  const isBad = ({ severity }: DiagnosticDocument) => strict || severity === 'error';
  const fixes = 'fixes' in file ? fixesOf(file.name, file.fixes) : [];
  return {
    file: file.name,
    ok: file.kind !== 'unreadable' && !diagnostics.some(isBad),
    kind: file.kind,
    diagnostics,
    fixed: fixes.length,
    fixes,
    ...(file.kind === 'program' && file.program !== undefined ? { program: file.program } : {}),
    ...('fixes' in file && fix && file.path === '-' ? { source: file.source } : {}),
    ...(file.kind === 'unreadable' ? { error: failureOf(file.error) } : {}),
  };
}

function diagnosticsOf(file: CheckedFile): readonly DiagnosticDocument[] {
  const { name } = file;
  switch (file.kind) {
    case 'source':
    case 'capabilities':
      return file.diagnostics.map((one) => diagnosticDocument(one, { file: name, source: file.source }));
    case 'program':
      return file.problems.map((problem) => ({ ...problem, file: name, ...firstPlace, related: [] }));
    case 'unreadable':
      return [];
    default:
      return file satisfies never;
  }
}

const firstPlace = { line: 1, column: 1, endLine: 1, endColumn: 1, offset: 0, length: 0 } as const;

function fixesOf(file: string, fixes: readonly AppliedFix[]): FixDocument[] {
  return fixes.map(({ diagnostic, text }) => {
    const { code, message, suggestion } = diagnosticDocument(diagnostic, { file, source: text });
    if (suggestion === undefined) throw new Error(`${code} was fixed without a suggestion`);
    return { code, message, ...suggestion };
  });
}

function failureOf(error: unknown): Failure {
  return describeFailure(error, { helpCommand: 'dreamnet check --help', flagNames: [] });
}
