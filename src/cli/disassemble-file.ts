/** A program or source file in, its listing beside the source lines and the document of `disasm` out. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { digestOf } from '../core/bytecode/digest.js';
import { disassemble, type ListingLine, renderListing } from '../core/bytecode/disassemble.js';
import { verifyProgram } from '../core/bytecode/verify.js';
import { DreamnetError } from '../core/errors.js';
import { loadCapabilities } from './capabilities-file.js';
import { readInput } from './input-file.js';
import { type ProgramFile, readProgramFile, whyNotCompiled } from './program-file.js';

export interface DisasmDocument {
  readonly file: string;
  /** Of the bytes that are listed. */
  readonly digest: string;
  readonly bytes: number;
  /** Whether agents would accept its structure and cost; the listing is given either way. */
  readonly verified:
    | { readonly ok: true; readonly name: string; readonly costPerTask: { min: number; max: number } }
    | { readonly ok: false; readonly code: string; readonly reason: string };
  /** Where the source lines come from; null when there is no source. */
  readonly source: string | null;
  readonly lines: readonly ListingLine[];
}

export interface Disassembly {
  readonly document: DisasmDocument;
  readonly listing: string;
}

export interface DisassembleOptions {
  /** Source of a compiled program; undefined: looked for beside it. */
  readonly source?: string | undefined;
  /** Capability file to compile a source file for; undefined: the reference fleet's. */
  readonly capabilities?: string | undefined;
}

/** Throws DN934 for what is neither a program nor a source that compiles. */
export function disassembleFile(file: string, options: DisassembleOptions = {}): Disassembly {
  const input = readProgramFile(file, loadCapabilities(options.capabilities));
  const bytes = bytesOf(input);
  const listed = disassemble(bytes);
  if (!listed.ok) throw noProgram(input.name, `${listed.code} ${listed.reason}`);
  const verdict = verifyProgram(bytes);
  const isProgram = input.kind === 'program';
  const from = isProgram
    ? (options.source ?? (verdict.ok ? sourceBeside(file, verdict.program.manifest.sourceDigest) : undefined))
    : file;
  const source = isProgram ? from && text(readInput(from).bytes) : input.source;
  return {
    document: {
      file: input.name,
      digest: digestOf(bytes),
      bytes: bytes.length,
      verified: verdict.ok
        ? { ok: true, name: verdict.program.manifest.name, costPerTask: verdict.program.costPerTask }
        : { ok: false, code: verdict.code, reason: verdict.reason },
      source: from ?? null,
      lines: listed.lines,
    },
    listing: renderListing(listed.lines, source),
  };
}

function bytesOf(input: ProgramFile): Uint8Array {
  if (input.kind === 'program') return input.bytes;
  if (input.result.ok) return input.result.program.bytes;
  throw noProgram(input.name, whyNotCompiled(input.result.diagnostics, input, 1));
}

/** The source of the same name, if it is the one that the program was made from. */
function sourceBeside(file: string, digest: string): string | undefined {
  const path = file.replace(/\.bc$/, '.dream');
  if (path === file || !existsSync(path)) return undefined;
  const actual = createHash('sha256')
    .update(text(readFileSync(path)), 'utf8')
    .digest('hex');
  return digest === `sha256:${actual}` ? path : undefined;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

function noProgram(name: string, why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN934',
    kind: 'bad-input',
    message: `${name} cannot be disassembled: ${why}`,
    hint: 'Give a program.bc, or a source file that `dreamnet compile` accepts.',
  });
}
