/** A source file and a key in, a program file on disk and the document of `compile` out. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type CompiledProgram, compileSource } from '../core/bytecode/compile.js';
import { digestOf } from '../core/bytecode/digest.js';
import { keyIdOf, signProgram } from '../core/bytecode/signature.js';
import { DreamnetError, messageOf } from '../core/errors.js';
import { prepareHome, resolveHome } from '../core/fleet/home.js';
import { ensureSigningKeys } from '../core/fleet/signing-keys.js';
import type { Diagnostic, Span } from '../core/language/diagnostics.js';
import { renderDiagnostics } from '../core/language/render-diagnostic.js';
import { loadCapabilities } from './capabilities-file.js';
import { formatCount } from './format.js';
import { readInput } from './input-file.js';
import { type DiagnosticDocument, diagnosticDocument } from './views/diagnostics-document.js';

export interface CompileRequest {
  readonly file: string;
  /** Undefined: the source's name with `.bc`, in the working directory. */
  readonly output: string | undefined;
  /** PEM file of a private Ed25519 key; undefined: the home's. */
  readonly keyFile: string | undefined;
  readonly unsigned: boolean;
  /** Capability file; undefined: the reference fleet's. */
  readonly capabilities?: string | undefined;
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
      /** Id of the key that signed it; null when unsigned. */
      readonly signedBy: string | null;
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
  const capabilities = loadCapabilities(request.capabilities);
  const { name: fileName, bytes } = readInput(request.file);
  const source = Buffer.from(bytes).toString('utf8');
  const result = compileSource(source, { fileName, capabilities });
  const found = result.ok ? result.warnings : result.diagnostics;
  const diagnostics = found.map((diagnostic) => compileDiagnostic(diagnostic, fileName, source));
  const rendered = renderDiagnostics(found, { source, fileName });
  if (!result.ok) return { document: failed(fileName, diagnostics), rendered };
  const { program } = result;
  const key = request.unsigned ? undefined : signingKey(request.keyFile);
  const file = key === undefined ? program.bytes : signProgram(program.bytes, key);
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
    signedBy: key === undefined ? null : keyIdOf(createPublicKey(key)),
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

function signingKey(file: string | undefined): KeyObject {
  if (file === undefined) {
    const home = resolveHome(process.env);
    prepareHome(home);
    return ensureSigningKeys(home).privateKey;
  }
  try {
    const key = createPrivateKey(readFileSync(file));
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`it is of type ${key.asymmetricKeyType}`);
  } catch (cause) {
    throw new DreamnetError({
      code: 'DN932',
      kind: 'bad-input',
      message: `${file} is no private Ed25519 key: ${messageOf(cause)}.`,
      hint: 'Give a PEM file, leave --key out to use the key of this home, or compile --unsigned.',
      cause,
    });
  }
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
