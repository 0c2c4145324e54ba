/** A source file and a key in, a program file on disk and the document of `compile` out. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type CompiledProgram, compileSource } from '../core/bytecode/compile.js';
import { digestOf } from '../core/bytecode/digest.js';
import { signProgram } from '../core/bytecode/signature.js';
import { DreamnetError, messageOf } from '../core/errors.js';
import { resolveHome } from '../core/fleet/home.js';
import type { Diagnostic, Span } from '../core/language/diagnostics/diagnostics.js';
import { openCapabilities } from './capabilities-file.js';
import { formatCount } from './format.js';
import { readInput } from './input-file.js';
import { signersFor } from './signing-key-words.js';
import { type DiagnosticDocument, diagnosticDocument } from './views/diagnostics-document.js';
import { diagnosticsText, type Look } from './views/diagnostics-view.js';

export interface CompileRequest {
  readonly file: string;
  /** Undefined: the source's name with `.bc`, in the working directory. */
  readonly output: string | undefined;
  /** Names of pairs of this home, or PEM files of private Ed25519 keys; none: the home's. */
  readonly keys: readonly string[];
  readonly unsigned: boolean;
  /** Capability file; undefined: the reference fleet's. */
  readonly capabilities?: string | undefined;
  /** Of the stream that shows what is wrong. */
  readonly look: Look;
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
      /** 0 to 1. */
      readonly optimizationScore: number;
      /** Instructions per task. */
      readonly costPerTask: { readonly min: number; readonly max: number };
      readonly reportIntervalMs: number;
      readonly parameters: CompiledProgram['manifest']['parameters'];
      readonly fields: readonly string[];
      readonly actions: readonly string[];
      /** Warnings. */
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
  /** Diagnostics with source and carets; empty when there are none. */
  readonly rendered: string;
}

export function compileFile(request: CompileRequest): CompileOutcome {
  const { capabilities, rendered: aboutFile } = openCapabilities(request.capabilities);
  const { name: fileName, bytes } = readInput(request.file);
  const source = Buffer.from(bytes).toString('utf8');
  const result = compileSource(source, { fileName, capabilities });
  const found = result.ok ? result.warnings : result.diagnostics;
  const diagnostics = found.map((diagnostic) => compileDiagnostic(diagnostic, fileName, source));
  const aboutProgram = diagnosticsText(found, { source, fileName, ...request.look });
  const rendered = [aboutFile, aboutProgram].filter((text) => text !== '').join('\n\n');
  if (!result.ok) return { document: failed(fileName, diagnostics), rendered };
  const { program } = result;
  const signers = request.unsigned ? [] : signersFor(resolveHome(process.env), request.keys);
  const privateKeys = signers.map(({ privateKey }) => privateKey);
  const file = request.unsigned ? program.bytes : signProgram(program.bytes, ...privateKeys);
  const output = request.output ?? outputFor(request.file);
  write(output, file);
  const { manifest, optimizationScore, costPerTask } = program;
  const document: CompileDocument = {
    ok: true,
    file: fileName,
    output,
    name: program.name,
    capabilities: capabilities.name,
    bytes: file.length,
    digest: digestOf(file),
    signedBy: signers[0]?.keyId ?? null,
    signers: signers.map(({ keyId }) => keyId),
    optimizationScore,
    costPerTask,
    reportIntervalMs: manifest.reportIntervalMs,
    parameters: manifest.parameters,
    fields: manifest.fields.map((field) => field.name),
    actions: manifest.actions.map((action) => action.name),
    diagnostics,
  };
  return { document, rendered };
}

function compileDiagnostic(diagnostic: Diagnostic, file: string, source: string): CompileDiagnostic {
  return { ...diagnosticDocument(diagnostic, { file, source }), span: diagnostic.span };
}

function failed(file: string, diagnostics: readonly CompileDiagnostic[]): CompileDocument {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const message = `${file} does not compile: ${formatCount(errors.length, 'error')}.`;
  return { ok: false, file, error: { code: errors[0]?.code ?? 'DN011', message, exitCode: 2 }, diagnostics };
}

function outputFor(file: string): string {
  return file === '-' ? 'program.bc' : `${basename(file).replace(/\.dream$/, '')}.bc`;
}

function write(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes);
  } catch (cause) {
    throw new DreamnetError({
      code: 'DN933',
      kind: 'failed',
      message: `${path} cannot be written: ${messageOf(cause)}.`,
      hint: 'Choose another place with --output.',
      cause,
    });
  }
}
