/** A program or source file in, its listing beside the source lines and the document of `disasm` out. */
import { existsSync } from 'node:fs';
import { digestOf } from '../core/bytecode/digest.js';
import { disassemble, type ListingLine, renderListing } from '../core/bytecode/disassemble.js';
import type { ManifestParameter } from '../core/bytecode/manifest.js';
import { type CostPerTask, type VerifyResult, verifyProgram } from '../core/bytecode/verify.js';
import { DreamnetError } from '../core/errors.js';
import { loadCapabilities } from './capabilities-file.js';
import { readInput, requireOneStandardInput } from './input-file.js';
import { notCompiled, type ProgramFile, readProgramFile } from './program-file.js';
import { sourceText } from './source-text.js';

export interface DisasmDocument {
  readonly file: string;
  /** Of the bytes that are listed. */
  readonly digest: string;
  readonly bytes: number;
  /** Whether agents would accept its structure and cost; the listing is given either way. */
  readonly verified:
    | {
        readonly ok: true;
        readonly name: string;
        readonly costPerTask: CostPerTask;
        readonly parameters: readonly ManifestParameter[];
      }
    | { readonly ok: false; readonly code: string; readonly reason: string };
  /** Where the source lines come from; null when there is no source. */
  readonly source: string | null;
  /** Why there is none. */
  readonly sourceProblem: string | null;
  /** There is one beside it, from which the program was not made. */
  readonly sourceIsStale: boolean;
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

/** Throws DN934 for what is neither a program nor a source that compiles, and for a source that is not the program's. */
export function disassembleFile(file: string, options: DisassembleOptions = {}): Disassembly {
  requireOneStandardInput([file, options.source, options.capabilities]);
  const input = readProgramFile(file, loadCapabilities(options.capabilities));
  const bytes = bytesOf(input);
  const listed = disassemble(bytes);
  if (!listed.ok) throw refused(`${input.name} cannot be disassembled: ${listed.code} ${listed.reason}.`);
  const verdict = verifyProgram(bytes);
  const found = sourceOf(input, { file, wanted: options.source, verdict });
  return {
    document: {
      file: input.name,
      digest: digestOf(bytes),
      bytes: bytes.length,
      verified: verifiedOf(verdict),
      source: found.path ?? null,
      sourceProblem: found.problem ?? null,
      sourceIsStale: found.isStale ?? false,
      lines: listed.lines,
    },
    listing: renderListing(listed.lines, found.text),
  };
}

function bytesOf(input: ProgramFile): Uint8Array {
  if (input.kind === 'program') return input.bytes;
  const { name, source, result } = input;
  if (result.ok) return result.program.bytes;
  throw notCompiled(
    { name, source, diagnostics: result.diagnostics },
    { code: 'DN934', what: 'disassembled' },
  );
}

function verifiedOf(verdict: VerifyResult): DisasmDocument['verified'] {
  if (!verdict.ok) return { ok: false, code: verdict.code, reason: verdict.reason };
  const { manifest, costPerTask } = verdict.program;
  return { ok: true, name: manifest.name, costPerTask, parameters: manifest.parameters };
}

interface FoundSource {
  readonly path?: string;
  readonly text?: string;
  readonly problem?: string;
  readonly isStale?: boolean;
}

interface SourceQuestion {
  readonly file: string;
  /** Of `--source`. */
  readonly wanted: string | undefined;
  readonly verdict: VerifyResult;
}

/** Lines of another source beside instructions would be worse than none. */
function sourceOf(input: ProgramFile, { file, wanted, verdict }: SourceQuestion): FoundSource {
  if (input.kind === 'source') {
    if (wanted === undefined) return { path: file, text: input.source };
    throw refused(
      `${input.name} is a source itself, so --source does not go with it.`,
      'Leave --source out.',
    );
  }
  const digest = verdict.ok ? verdict.program.manifest.sourceDigest : undefined;
  if (wanted !== undefined) return wantedSource(input.name, wanted, digest);
  const path = file.replace(/\.bc$/, '.dream');
  if (path === file) return { problem: 'give it with --source' };
  if (!existsSync(path)) return { problem: `there is no ${path}` };
  if (digest === undefined) return { problem: 'the program does not say what it was compiled from' };
  const text = textOf(path);
  if (digestOf(Buffer.from(text)) === digest) return { path, text };
  return { problem: `${path} is not what it was compiled from`, isStale: true };
}

function wantedSource(name: string, path: string, digest: string | undefined): FoundSource {
  const text = textOf(path);
  if (digest === undefined)
    throw refused(`${name} does not say what it was compiled from.`, 'Leave --source out.');
  if (digestOf(Buffer.from(text)) === digest) return { path, text };
  throw refused(
    `${path} is not the source that ${name} was compiled from: the program names another digest.`,
    'Give that source as it was then, compile this one again, or leave --source out.',
  );
}

function textOf(path: string): string {
  return sourceText(readInput(path));
}

const whatToGive = 'Give a program.bc, or a source file that `dreamnet compile` accepts.';

function refused(message: string, hint = whatToGive): DreamnetError {
  return new DreamnetError({ code: 'DN934', kind: 'bad-input', message, hint });
}
