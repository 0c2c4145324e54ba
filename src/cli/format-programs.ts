/** Paths in, each program in its one form out: written back into its file when asked for, or why it was left as it is. */
import { DreamnetError } from '../core/errors.js';
import type { Diagnostic } from '../core/language/diagnostics/diagnostics.js';
import { formatSource } from '../core/language/format-source.js';
import { requireSource } from './compiled-program.js';
import { type InputFile, readInput } from './input-file.js';
import { type ProgramPath, programPaths } from './program-paths.js';
import { replaceFile } from './replace-file.js';

export interface FormatRequest {
  /** Files and directories, or `-` alone for standard input. */
  readonly paths: readonly string[];
  /** Into the files; otherwise they stay as they are. */
  readonly write: boolean;
}

/** `path` is as given, `name` as shown. */
export type FormattedProgram = { readonly path: string; readonly name: string } & (
  | { readonly kind: 'formatted'; readonly text: string; readonly changed: boolean }
  | { readonly kind: 'mistaken'; readonly source: string; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'failed'; readonly error: DreamnetError }
);

/** One result per program; one that cannot be formatted is a result too. Throws DN941 when `-` is not alone. */
export function formatPrograms({ paths, write }: FormatRequest): FormattedProgram[] {
  if (paths.includes('-') && paths.some((path) => path !== '-')) throw notAlone();
  return programPaths(paths, { acceptsPipes: false }).map((program) => formatProgram(program, write));
}

function formatProgram({ path, error }: ProgramPath, write: boolean): FormattedProgram {
  const name = path === '-' ? 'standard input' : path;
  if (error !== undefined) return { path, name, kind: 'failed', error };
  try {
    const input = readInput(path);
    const source = sourceIn(path, input);
    const result = formatSource(source, { fileName: name });
    if (!result.ok) return { path, name, kind: 'mistaken', source, diagnostics: result.diagnostics };
    const changed = result.text !== source;
    if (changed && write && path !== '-') replaceFile({ path, before: input.bytes, after: result.text });
    return { path, name, kind: 'formatted', text: result.text, changed };
  } catch (thrown) {
    if (!(thrown instanceof DreamnetError)) throw thrown;
    return { path, name, kind: 'failed', error: thrown };
  }
}

/** What is not UTF-8 would be replaced while decoding: written back, it would be lost. */
function sourceIn(path: string, { name, bytes }: InputFile): string {
  requireSource({ path, name, bytes }, 'Format the source that it was compiled from.');
  const source = Buffer.from(bytes).toString('utf8');
  if (Buffer.from(source).equals(bytes)) return source;
  throw refused('DN943', `${name} is not UTF-8.`, 'Save it as UTF-8; what cannot be read could be lost.');
}

function notAlone(): DreamnetError {
  const message = 'Standard input and files cannot be formatted together.';
  return refused('DN941', message, 'Give - alone: its text goes to standard output.');
}

function refused(code: string, message: string, hint: string): DreamnetError {
  return new DreamnetError({ code, kind: 'bad-input', message, hint });
}
