/** A source file and keys in, a program file on disk and the document of `compile` out. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type CompiledProgram, compileSource } from '../core/bytecode/compile.js';
import { digestOf } from '../core/bytecode/digest.js';
import { signProgram } from '../core/bytecode/signature.js';
import { DreamnetError } from '../core/errors.js';
import { resolveHome } from '../core/fleet/home.js';
import type { KeyPair } from '../core/keys/keyring.js';
import type { Span } from '../core/language/diagnostics/diagnostics.js';
import { systemWords } from '../core/system-words.js';
import { openCapabilities } from './capabilities-file.js';
import { requireSource } from './compiled-program.js';
import type { DiagnosedSource } from './diagnosed-error.js';
import { formatCount } from './format.js';
import { homeSigner } from './home-signer.js';
import { type InputFile, readInput, requireOneStandardInput } from './input-file.js';
import { isOneOf } from './same-file.js';
import { signersFor } from './signing-key-words.js';
import { sourceText } from './source-text.js';
import { type DiagnosticDocument, diagnosticDocument } from './views/diagnostics-document.js';

export interface CompileRequest {
  readonly file: string;
  /** Undefined: the source's name with `.bc`, in the working directory; `-`: standard output. */
  readonly output: string | undefined;
  /** What standard output is for, if not for the program. */
  readonly standardOutput: 'terminal' | 'document' | 'free';
  /** Names of pairs of this home, or PEM files of private Ed25519 keys; none: the home's. */
  readonly keys: readonly string[];
  readonly unsigned: boolean;
  /** Capability file; undefined: the reference fleet's. */
  readonly capabilities?: string | undefined;
  /** Warnings count as errors. */
  readonly strict: boolean;
}

export type CompileDocument =
  | {
      readonly ok: true;
      readonly file: string;
      readonly output: string;
      readonly name: string;
      /** Name of the capabilities that it was compiled for. */
      readonly capabilities: string;
      readonly bytes: number;
      readonly digest: string;
      /** Id of the first key that signed it; null when unsigned. */
      readonly signedBy: string | null;
      /** Ids of all of them. */
      readonly signers: readonly string[];
      /** Where the private key is, when the home had none and one was made; null otherwise. */
      readonly madeKey: string | null;
      /** 0 to 1. */
      readonly optimizationScore: number;
      /** Instructions per task. */
      readonly costPerTask: { readonly min: number; readonly max: number };
      readonly reportIntervalMs: number;
      readonly parameters: CompiledProgram['manifest']['parameters'];
      readonly fields: readonly string[];
      readonly actions: readonly string[];
      /** Warnings about the source, then those about the capability file. */
      readonly diagnostics: readonly CompileDiagnostic[];
    }
  | {
      readonly ok: false;
      readonly file: string;
      readonly error: { readonly code: string; readonly message: string; readonly exitCode: 2 };
      readonly diagnostics: readonly CompileDiagnostic[];
    };

/** As `check` says it, with the span that documents of `compile` had first. */
export type CompileDiagnostic = DiagnosticDocument & { readonly span: Span };

export interface CompileOutcome {
  readonly document: CompileDocument;
  /** What there is to say about the capability file and the source, each with its diagnostics. */
  readonly about: readonly DiagnosedSource[];
  /** The file, when it is for standard output. */
  readonly program?: Uint8Array;
}

export function compileFile(request: CompileRequest): CompileOutcome {
  const output = request.output ?? outputFor(request.file);
  requireOutput(output, request);
  requireOneStandardInput([request.file, request.capabilities, ...request.keys]);
  const { capabilities, about: aboutFile } = openCapabilities(request.capabilities);
  const { name, source } = sourceIn(request.file, readInput(request.file));
  const result = compileSource(source, { fileName: name, capabilities });
  const found = result.ok ? result.warnings : result.diagnostics;
  const ownDiagnostics = diagnosticsOf({ name, source, diagnostics: found });
  const about = [...(aboutFile === undefined ? [] : [aboutFile]), { name, source, diagnostics: found }];
  const diagnostics = [...ownDiagnostics, ...(aboutFile === undefined ? [] : diagnosticsOf(aboutFile))];
  if (!result.ok || (request.strict && found.length > 0))
    return { document: { ...failed(name, ownDiagnostics), diagnostics }, about };
  const { program } = result;
  const { signers, madeKey } = signersOf(request);
  const privateKeys = signers.map(({ privateKey }) => privateKey);
  const file = request.unsigned ? program.bytes : signProgram(program.bytes, ...privateKeys);
  if (output !== '-') write(output, file);
  const { manifest, optimizationScore, costPerTask } = program;
  const document: CompileDocument = {
    ok: true,
    file: name,
    output,
    name: program.name,
    capabilities: capabilities.name,
    bytes: file.length,
    digest: digestOf(file),
    signedBy: signers[0]?.keyId ?? null,
    signers: signers.map(({ keyId }) => keyId),
    madeKey,
    optimizationScore,
    costPerTask,
    reportIntervalMs: manifest.reportIntervalMs,
    parameters: manifest.parameters,
    fields: manifest.fields.map((field) => field.name),
    actions: manifest.actions.map((action) => action.name),
    diagnostics,
  };
  return { document, about, ...(output === '-' ? { program: file } : {}) };
}

/** Before the command knows where the program goes. */
export function standardOutputUse({
  json,
  stream,
}: {
  readonly json: boolean;
  readonly stream: { readonly isTTY?: boolean };
}): CompileRequest['standardOutput'] {
  if (json) return 'document';
  return stream.isTTY === true ? 'terminal' : 'free';
}

/** Before anything is read or made. */
function requireOutput(output: string, { file, capabilities, keys, standardOutput }: CompileRequest): void {
  const inputs = [file, ...(capabilities === undefined ? [] : [capabilities]), ...keys];
  if (isOneOf(output, inputs))
    throw cannotWrite(output, 'bad-input', 'it is one of the inputs', 'Choose another place with --output.');
  if (output !== '-' || standardOutput === 'free') return;
  const [why, hint] = {
    terminal: ['it is a terminal', 'Send it somewhere, such as with > program.bc.'],
    document: ['--json prints its document there', 'Leave out one of --output - and --json.'],
  }[standardOutput] as [string, string];
  throw cannotWrite('-', 'bad-input', why, hint);
}

function sourceIn(path: string, { name, bytes }: InputFile): { name: string; source: string } {
  requireSource({ path, name, bytes }, 'Give its source; `dreamnet disasm` and `simulate` take this file.');
  return { name, source: sourceText({ name, bytes }) };
}

function signersOf({ unsigned, keys }: CompileRequest): {
  readonly signers: readonly KeyPair[];
  readonly madeKey: string | null;
} {
  if (unsigned) return { signers: [], madeKey: null };
  const home = resolveHome(process.env);
  if (keys.length > 0) return { signers: signersFor(home, keys), madeKey: null };
  const { pair, madePath } = homeSigner(home);
  return { signers: [pair], madeKey: madePath };
}

function diagnosticsOf({ name: file, source, diagnostics }: DiagnosedSource): CompileDiagnostic[] {
  return diagnostics.map((one) => ({ ...diagnosticDocument(one, { file, source }), span: one.span }));
}

function failed(file: string, diagnostics: readonly CompileDiagnostic[]): CompileDocument {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const message =
    errors.length > 0
      ? `${file} does not compile: ${formatCount(errors.length, 'error')}.`
      : `${file} was not compiled: ${formatCount(diagnostics.length, 'warning')}, and --strict counts them as errors.`;
  const { code = 'DN011' } = errors[0] ?? diagnostics[0] ?? {};
  return { ok: false, file, error: { code, message, exitCode: 2 }, diagnostics };
}

function outputFor(file: string): string {
  return file === '-' ? 'program.bc' : `${basename(file).replace(/\.dream$/, '')}.bc`;
}

function write(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes);
  } catch (cause) {
    throw cannotWrite(path, 'failed', systemWords(cause), 'Choose another place with --output.');
  }
}

function cannotWrite(path: string, kind: 'bad-input' | 'failed', why: string, hint: string): DreamnetError {
  return new DreamnetError({
    code: 'DN933',
    kind,
    message: `${path === '-' ? 'The program' : path} cannot be written${path === '-' ? ' to standard output' : ''}: ${why}.`,
    hint,
  });
}
