/** A path as typed in, a program.bc or a source; its bytes, or what the compiler says about it, out. */
import { type CompileResult, compileSource } from '../core/bytecode/compile.js';
import { type VerifiedProgram, verifyProgram } from '../core/bytecode/verify.js';
import { DreamnetError } from '../core/errors.js';
import type { Capabilities } from '../core/language/capabilities.js';
import { isProgramFile } from './compiled-program.js';
import { DiagnosedError, type DiagnosedSource } from './diagnosed-error.js';
import { formatCount } from './format.js';
import { readInput } from './input-file.js';
import { sourceText } from './source-text.js';

export type ProgramFile =
  | { readonly kind: 'program'; readonly name: string; readonly bytes: Uint8Array }
  | {
      readonly kind: 'source';
      readonly name: string;
      readonly source: string;
      readonly result: CompileResult;
    };

export function readProgramFile(path: string, capabilities: Capabilities): ProgramFile {
  const { name, bytes } = readInput(path);
  if (isProgramFile(path, bytes)) return { kind: 'program', name, bytes };
  const source = sourceText({ name, bytes });
  return { kind: 'source', name, source, result: compileSource(source, { fileName: name, capabilities }) };
}

/** `x.dream cannot be simulated: it does not compile, 2 errors.`, with the diagnostics. */
export function notCompiled(
  about: DiagnosedSource,
  { code, what }: { readonly code: string; readonly what: string },
): DiagnosedError {
  const errors = about.diagnostics.filter(({ severity }) => severity === 'error');
  const message = `${about.name} cannot be ${what}: it does not compile, ${formatCount(errors.length, 'error')}.`;
  const hint = '`dreamnet explain CODE` says more about a code.';
  return new DiagnosedError({ code, kind: 'bad-input', message, hint, about });
}

export interface RunnableProgram {
  /** As shown in messages. */
  readonly file: string;
  readonly program: VerifiedProgram;
  /** Warnings of the compiler; undefined when there is none. */
  readonly about: DiagnosedSource | undefined;
}

/** Compiled, if it is a source, and verified. Throws DN950 with everything that is wrong. */
export function loadProgram(path: string, capabilities: Capabilities): RunnableProgram {
  const file = readProgramFile(path, capabilities);
  if (file.kind === 'program')
    return { file: file.name, program: verified(file.bytes, file.name), about: undefined };
  const { name, source, result } = file;
  if (!result.ok)
    throw notCompiled(
      { name, source, diagnostics: result.diagnostics },
      { code: 'DN950', what: 'simulated' },
    );
  const { warnings, program } = result;
  return {
    file: name,
    program: verified(program.bytes, name),
    about: warnings.length === 0 ? undefined : { name, source, diagnostics: warnings },
  };
}

function verified(bytes: Uint8Array, name: string): VerifiedProgram {
  const verdict = verifyProgram(bytes);
  if (verdict.ok) return verdict.program;
  throw new DreamnetError({
    code: 'DN950',
    kind: 'bad-input',
    message: `${name} cannot be simulated: agents would refuse it: ${verdict.code} ${verdict.reason}.`,
    hint: whatToGive,
  });
}

const whatToGive = 'Give a program.bc, or a source file that `dreamnet compile` accepts.';
