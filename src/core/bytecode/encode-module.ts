/** Lowered program and manifest in, the bytes of a WebAssembly module out. The same program gives the same bytes. */
import { ByteWriter } from './byte-writer.js';
import type { EmittedInstruction } from './emitter.js';
import { opcodeOf } from './opcodes.js';
import { encodeSourceMap, type Mapping } from './source-map.js';

export interface ModuleParts {
  readonly name: string;
  readonly manifest: Uint8Array;
  readonly i32Locals: number;
  readonly f64Locals: number;
  readonly instructions: readonly EmittedInstruction[];
  readonly memoryPages: number;
}

export const sectionIds = { custom: 0, type: 1, function: 3, memory: 5, export: 7, code: 10 } as const;

/** The file without its signature. */
export function encodeModule(parts: ModuleParts): Uint8Array {
  const writer = new ByteWriter().raw(moduleHeader);
  customSection(writer, 'manifest', parts.manifest);
  section(writer, sectionIds.type, typeSection);
  section(writer, sectionIds.function, functionSection);
  section(writer, sectionIds.memory, memorySection(parts.memoryPages));
  section(writer, sectionIds.export, exportSection);
  const body = functionBody(parts);
  const bodyLength = new ByteWriter().unsigned(body.bytes.length);
  const code = new ByteWriter().unsigned(1).sized(body.bytes).finish();
  section(writer, sectionIds.code, code);
  const bodyAt = writer.length - code.length + 1 + bodyLength.length;
  customSection(writer, 'name', nameSection(parts.name));
  const mappings = body.mappings.map((mapping) => ({ ...mapping, offset: mapping.offset + bodyAt }));
  const map = encodeSourceMap(mappings, `${parts.name}.dream`);
  customSection(writer, 'sourceMappingURL', new ByteWriter().text(map).finish());
  return writer.finish();
}

/** `\0asm`, version 1. */
export const moduleHeader = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);
/** One type: (i32) -> i32. */
export const typeSection = Uint8Array.of(1, 0x60, 1, 0x7f, 1, 0x7f);
/** One function, of that type. */
export const functionSection = Uint8Array.of(1, 0);
/** `memory` and `run`. */
export const exportSection = new ByteWriter()
  .unsigned(2)
  .text('memory')
  .byte(2)
  .unsigned(0)
  .text('run')
  .byte(0)
  .unsigned(0)
  .finish();

/** One memory whose least and most pages are the same, so that nothing grows. */
export function memorySection(pages: number): Uint8Array {
  return new ByteWriter().unsigned(1).byte(1).unsigned(pages).unsigned(pages).finish();
}

/** A custom section as it stands in a file. */
export function customSection(writer: ByteWriter, name: string, content: Uint8Array): void {
  section(writer, sectionIds.custom, new ByteWriter().text(name).raw(content).finish());
}

function section(writer: ByteWriter, id: number, content: Uint8Array): void {
  writer.byte(id).sized(content);
}

/** Always two groups of locals: i32, then f64. Mappings count from the start of the body. */
function functionBody(parts: ModuleParts): { bytes: Uint8Array; mappings: Mapping[] } {
  const writer = new ByteWriter().unsigned(2);
  writer.unsigned(parts.i32Locals).byte(0x7f).unsigned(parts.f64Locals).byte(0x7c);
  const mappings: Mapping[] = [];
  let place: EmittedInstruction['span'];
  for (const instruction of parts.instructions) {
    const { span } = instruction;
    if (span !== undefined && span !== place) {
      mappings.push({ offset: writer.length, line: span.line, column: span.column });
      place = span;
    }
    encodeInstruction(writer, instruction);
  }
  return { bytes: writer.finish(), mappings };
}

function encodeInstruction(writer: ByteWriter, { name, immediate }: EmittedInstruction): void {
  const opcode = opcodeOf(name);
  writer.byte(opcode.code);
  switch (opcode.immediate) {
    case 'none':
      return;
    case 'void-block':
      writer.byte(0x40);
      return;
    case 'local':
    case 'label':
      writer.unsigned(immediate);
      return;
    case 'memory':
      writer.unsigned(opcode.align ?? 0).unsigned(immediate);
      return;
    case 'i32':
      writer.signed(immediate);
      return;
    case 'f64':
      writer.f64(immediate);
      return;
    default:
      opcode.immediate satisfies never;
  }
}

/** Module name, then the name of function 0. */
function nameSection(name: string): Uint8Array {
  const moduleName = new ByteWriter().text(name).finish();
  const functionNames = new ByteWriter().unsigned(1).unsigned(0).text('run').finish();
  return new ByteWriter().byte(0).sized(moduleName).byte(1).sized(functionNames).finish();
}
