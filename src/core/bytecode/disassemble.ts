/** The bytes of a program file in, a listing of its instructions beside source lines out. Any file that decodes has one. */
import { ByteReader, malformedAsValue } from './byte-reader.js';
import { type DecodedInstruction, decodeModule } from './decode-module.js';
import { opcodeOf } from './opcodes.js';
import { decodeSourceMap, type Mapping } from './source-map.js';
import type { VerifyCode } from './verify-codes.js';

export interface ListingLine {
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly mnemonic: string;
  /** As WebAssembly text writes it: `0`, `offset=8192`, `nan`; empty when there is none. */
  readonly operands: string;
  /** How many blocks, loops and ifs are open. */
  readonly depth: number;
  /** From 1; undefined for what belongs to no statement, or without a source map. */
  readonly sourceLine: number | undefined;
}

export type DisassembleResult =
  | { readonly ok: true; readonly lines: readonly ListingLine[] }
  | { readonly ok: false; readonly code: VerifyCode; readonly reason: string };

export function disassemble(bytes: Uint8Array): DisassembleResult {
  return malformedAsValue<DisassembleResult>(() => {
    const module = decodeModule(bytes);
    const map = module.sections.get('sourceMappingURL');
    const mappings = map === undefined ? [] : decodeSourceMap(new ByteReader(map.content).text());
    // The map counts from the start of the unsigned file: a signature in front moves everything by its length.
    const manifestStart = module.sections.get('manifest')?.start ?? 0;
    return { ok: true, lines: listing(module.instructions, mappings, manifestStart - unsignedHeaderBytes) };
  });
}

/** The listing as text; `source` puts each source line above the instructions that come from it. */
export function renderListing(lines: readonly ListingLine[], source?: string): string {
  const sourceLines = source?.split(/\r\n|\n|\r/) ?? [];
  let shown: number | undefined;
  return lines
    .flatMap(({ offset, mnemonic, operands, depth, sourceLine }) => {
      const text = sourceLine === shown || sourceLine === undefined ? undefined : sourceLines[sourceLine - 1];
      shown = sourceLine;
      const heading = text === undefined ? [] : [`${String(sourceLine).padStart(4)} | ${text}`];
      const place = offset.toString(16).padStart(6, '0');
      return [...heading, `  ${place}  ${'  '.repeat(depth)}${mnemonic} ${operands}`.trimEnd()];
    })
    .join('\n');
}

const unsignedHeaderBytes = 8;

function listing(instructions: readonly DecodedInstruction[], mappings: readonly Mapping[], moved: number) {
  const lines: ListingLine[] = [];
  let [depth, next] = [0, 0];
  let sourceLine: number | undefined;
  for (const instruction of instructions) {
    const { name, offset } = instruction;
    for (; next < mappings.length && (mappings[next] as Mapping).offset + moved <= offset; next += 1) {
      sourceLine = (mappings[next] as Mapping).line;
    }
    if (name === 'end' || name === 'else') depth = Math.max(0, depth - 1);
    lines.push({ offset, mnemonic: name, operands: operandsOf(instruction), depth, sourceLine });
    if (opcodeOf(name).immediate === 'void-block' || name === 'else') depth += 1;
  }
  return lines;
}

function operandsOf({ name, immediate }: DecodedInstruction): string {
  const kind = opcodeOf(name).immediate;
  switch (kind) {
    case 'none':
    case 'void-block':
      return '';
    case 'memory':
      return immediate === 0 ? '' : `offset=${immediate}`;
    case 'local':
    case 'label':
    case 'i32':
      return String(immediate);
    case 'f64':
      return floatText(immediate);
    default:
      return kind satisfies never;
  }
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return Object.is(value, -0) ? '-0' : String(value);
}
