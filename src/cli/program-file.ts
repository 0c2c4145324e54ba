/** A path as typed in, a program.bc or a source; its bytes, or what the compiler says about it, out. */
import { type CompileResult, compileSource } from '../core/bytecode/compile.js';
import { type VerifiedProgram, verifyProgram } from '../core/bytecode/verify.js';
import { DreamnetError } from '../core/errors.js';
import type { Capabilities } from '../core/language/capabilities.js';
import type { Diagnostic } from '../core/language/diagnostics/diagnostics.js';
import { renderDiagnostics } from '../core/language/diagnostics/render-diagnostic.js';
import { readInput } from './input-file.js';

export type ProgramFile =
  | { readonly kind: 'program'; readonly name: string; readonly bytes: Uint8Array }
  | {
      readonly kind: 'source';
      readonly name: string;
      readonly source: string;
      readonly result: CompileResult;
    };

/** A program begins with a NUL byte, which no source has. */
export function readProgramFile(path: string, capabilities: Capabilities): ProgramFile {
  const { name, bytes } = readInput(path);
  if (bytes[0] === 0) return { kind: 'program', name, bytes };
  const source = Buffer.from(bytes).toString('utf8');
  return { kind: 'source', name, source, result: compileSource(source, { fileName: name, capabilities }) };
}

/** Why a source does not compile, with its lines: the first `shownMax` errors. */
export function whyNotCompiled(
  diagnostics: readonly Diagnostic[],
  file: { readonly name: string; readonly source: string },
  shownMax: number,
): string {
  const shown = renderDiagnostics(diagnostics.slice(0, shownMax), {
    source: file.source,
    fileName: file.name,
  });
  const others = diagnostics.length - shownMax;
  return `it does not compile.\n${shown}${others > 0 ? `\nand ${others} more` : ''}`;
}

export interface RunnableProgram {
  /** As shown in messages. */
  readonly file: string;
  readonly program: VerifiedProgram;
  /** Warnings of the compiler, with source lines; empty when there are none. */
  readonly warnings: string;
}

/** Compiled, if it is a source, and verified. Throws DN950 with everything that is wrong. */
export function loadProgram(path: string, capabilities: Capabilities): RunnableProgram {
  const file = readProgramFile(path, capabilities);
  if (file.kind === 'program')
    return { file: file.name, program: verified(file.bytes, file.name), warnings: '' };
  const { name, source, result } = file;
  if (!result.ok) throw notRunnable(name, whyNotCompiled(result.diagnostics, file, errorsShownMax));
  return {
    file: name,
    program: verified(result.program.bytes, name),
    warnings: renderDiagnostics(result.warnings, { source, fileName: name }),
  };
}

const errorsShownMax = 20;

function verified(bytes: Uint8Array, name: string): VerifiedProgram {
  const verdict = verifyProgram(bytes);
  if (verdict.ok) return verdict.program;
  throw notRunnable(name, `agents would refuse it: ${verdict.code} ${verdict.reason}.`);
}

function notRunnable(name: string, why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN950',
    kind: 'bad-input',
    message: `${name} cannot be simulated: ${why}`,
    hint: 'Give a program.bc, or a source file that `dreamnet compile` accepts.',
  });
}
