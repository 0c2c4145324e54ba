/** Files in, what is wrong with each out; with `fix`, what is certain is mended and written back before. */
import { compileSource } from '../core/bytecode/compile.js';
import { DreamnetError } from '../core/errors.js';
import type { Capabilities } from '../core/language/capabilities.js';
import type { Diagnostic } from '../core/language/diagnostics/diagnostics.js';
import { type AppliedFix, certainFixes, fixSource } from '../core/language/fix-source.js';
import { readCapabilities } from '../core/language/read-capabilities.js';
import { checkProgram, type KnownKeys, type ProgramVerdict } from './check-program.js';
import { isProgramFile } from './compiled-program.js';
import { type InputFile, readInput } from './input-file.js';
import { type ProgramPath, programPaths } from './program-paths.js';
import { replaceFile } from './replace-file.js';
import { sourceText } from './source-text.js';

export interface CheckRequest {
  /** Files, directories, and `-` for standard input. */
  readonly files: readonly string[];
  readonly capabilities: Capabilities;
  readonly fix: boolean;
  /** Asked when the first program file is checked. */
  readonly known: () => KnownKeys;
}

/** `path` is as given, `name` as shown. */
export type CheckedFile = { readonly path: string; readonly name: string } & (
  | CheckedSource
  | ({ readonly kind: 'program' } & ProgramVerdict)
  | { readonly kind: 'unreadable'; readonly error: DreamnetError }
);

export interface CheckedSource {
  readonly kind: 'source' | 'capabilities';
  /** As it is now: after the fixes. */
  readonly source: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly fixes: readonly AppliedFix[];
  /** Certain fixes that were not applied. */
  readonly fixable: number;
}

/** One result per file, in order; a file that cannot be read is a result too. A file that is named twice is checked once. */
export function checkFiles(request: CheckRequest): CheckedFile[] {
  return programPaths(request.files, { acceptsPipes: true }).map((program) => checkFile(program, request));
}

function checkFile({ path, error: noFile }: ProgramPath, request: CheckRequest): CheckedFile {
  try {
    if (noFile !== undefined) throw noFile;
    const input = readInput(path);
    const { name, bytes } = input;
    if (isProgramFile(path, bytes)) {
      return { path, name, kind: 'program', ...checkProgram(bytes, request.known()) };
    }
    return { path, name, ...checkText(path, input, request) };
  } catch (error) {
    if (!(error instanceof DreamnetError)) throw error;
    return { path, name: path === '-' ? 'standard input' : path, kind: 'unreadable', error };
  }
}

function checkText(path: string, { name: fileName, bytes }: InputFile, request: CheckRequest): CheckedSource {
  const { capabilities, fix } = request;
  const kind = path.endsWith('.json') ? 'capabilities' : 'source';
  const diagnose = (text: string): readonly Diagnostic[] => {
    const result =
      kind === 'source'
        ? compileSource(text, { fileName, capabilities })
        : readCapabilities(text, { fileName });
    return result.ok ? result.warnings : result.diagnostics;
  };
  const text =
    kind === 'source' ? sourceText({ name: fileName, bytes }) : Buffer.from(bytes).toString('utf8');
  // What is not UTF-8 was replaced while decoding: written back, it would be lost.
  const isWhole = Buffer.from(text).equals(bytes);
  const { source, fixes } = fix && isWhole ? fixSource(text, diagnose) : { source: text, fixes: [] };
  if (source !== text && path !== '-') replaceFile({ path, before: bytes, after: source });
  const diagnostics = diagnose(source);
  return { kind, source, diagnostics, fixes, fixable: certainFixes(diagnostics).length };
}
