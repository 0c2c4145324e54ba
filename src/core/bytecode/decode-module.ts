/** The bytes of a program file in, its sections and instructions out. Throws `Malformed` for what is none of ours. */
import { ByteReader, Malformed } from './byte-reader.js';
import { moduleHeader, sectionIds } from './encode-module.js';
import { bytecodeLimits } from './limits.js';
import { type Instruction, type OpcodeName, opcodeNamed, opcodeOf } from './opcodes.js';

/** `offset` counts bytes from the start of the file. */
export interface DecodedInstruction extends Instruction {
  readonly offset: number;
}

export interface DecodedSection {
  /** The name of a custom section, or of a standard one. */
  readonly name: string;
  /** Where the section begins, its id included. */
  readonly start: number;
  readonly content: Uint8Array;
  readonly contentStart: number;
}

export interface DecodedModule {
  readonly sections: ReadonlyMap<string, DecodedSection>;
  readonly i32Locals: number;
  readonly f64Locals: number;
  readonly instructions: readonly DecodedInstruction[];
}

/** Sections in the only order that is allowed; those with `?` may be absent. */
const sectionOrder = [
  'signature?',
  'manifest',
  'type',
  'function',
  'memory',
  'export',
  'code',
  'name?',
  'sourceMappingURL?',
];

export function decodeModule(bytes: Uint8Array): DecodedModule {
  const sections = new Map(decodeSections(bytes).map((section) => [section.name, section]));
  const code = sections.get('code');
  if (code === undefined) throw new Malformed('DN103', 'there is no code section');
  return { sections, ...decodeCode(bytes, code) };
}

/** Also checks that they are the allowed ones in the allowed order. */
export function decodeSections(bytes: Uint8Array): DecodedSection[] {
  if (bytes.length > bytecodeLimits.fileBytesMax) {
    throw new Malformed(
      'DN102',
      `${bytes.length} bytes are above the limit of ${bytecodeLimits.fileBytesMax}`,
    );
  }
  const reader = new ByteReader(bytes);
  const header = bytes.length < moduleHeader.length ? undefined : reader.raw(moduleHeader.length);
  if (!header?.every((byte, index) => byte === moduleHeader[index])) {
    throw new Malformed('DN101', 'this is not a WebAssembly module of version 1');
  }
  const sections: DecodedSection[] = [];
  while (!reader.atEnd && sections.length <= sectionOrder.length) sections.push(decodeSection(bytes, reader));
  checkOrder(sections.map(({ name }) => name));
  return sections;
}

const standardNames: ReadonlyMap<number, string> = new Map(
  Object.entries(sectionIds).map(([name, id]) => [id, name]),
);

function decodeSection(bytes: Uint8Array, reader: ByteReader): DecodedSection {
  const start = reader.position;
  const id = reader.byte();
  const length = reader.unsigned();
  const bodyStart = reader.position;
  reader.raw(length);
  const standard = standardNames.get(id);
  if (standard === undefined) throw new Malformed('DN103', `section ${id} at ${start} is not allowed`);
  if (id !== sectionIds.custom) {
    return {
      name: standard,
      start,
      content: bytes.subarray(bodyStart, bodyStart + length),
      contentStart: bodyStart,
    };
  }
  const inside = new ByteReader(bytes, bodyStart, bodyStart + length);
  const name = inside.text();
  const contentStart = inside.position;
  if ([...standardNames.values()].includes(name)) {
    throw new Malformed('DN103', `a custom section at ${start} is called ${name}`);
  }
  return { name, start, content: bytes.subarray(contentStart, bodyStart + length), contentStart };
}

function checkOrder(names: readonly string[]): void {
  let at = 0;
  for (const wanted of sectionOrder) {
    const found = names[at];
    const isOptional = wanted.endsWith('?');
    if (found === wanted.replace('?', '')) at += 1;
    else if (!isOptional)
      throw new Malformed('DN103', `section ${wanted} is expected, and ${found ?? 'the end'} is there`);
  }
  if (at < names.length) throw new Malformed('DN103', `section ${names[at]} is not allowed there`);
}

function decodeCode(bytes: Uint8Array, section: DecodedSection) {
  const reader = new ByteReader(bytes, section.contentStart, section.contentStart + section.content.length);
  if (reader.unsigned() !== 1) throw new Malformed('DN103', 'there is not exactly one function');
  const length = reader.unsigned();
  const bodyEnd = reader.position + length;
  if (bodyEnd !== section.contentStart + section.content.length) {
    throw new Malformed('DN101', 'the function does not end with its section');
  }
  const locals = decodeLocals(reader);
  const instructions: DecodedInstruction[] = [];
  while (!reader.atEnd) {
    if (instructions.length >= bytecodeLimits.instructionsMax) {
      throw new Malformed('DN111', `more than ${bytecodeLimits.instructionsMax} instructions`);
    }
    instructions.push(decodeInstruction(reader));
  }
  return { ...locals, instructions };
}

function decodeLocals(reader: ByteReader): { i32Locals: number; f64Locals: number } {
  const groups = reader.unsigned();
  const i32Locals = reader.unsigned();
  const i32Type = reader.byte();
  const f64Locals = reader.unsigned();
  const f64Type = reader.byte();
  if (groups !== 2 || i32Type !== 0x7f || f64Type !== 0x7c || i32Locals < 2) {
    throw new Malformed('DN106', 'the locals are not some i32 followed by some f64');
  }
  if (i32Locals + f64Locals > bytecodeLimits.localsMax) {
    throw new Malformed('DN111', `more than ${bytecodeLimits.localsMax} locals`);
  }
  return { i32Locals, f64Locals };
}

function decodeInstruction(reader: ByteReader): DecodedInstruction {
  const offset = reader.position;
  const code = reader.byte();
  const name = opcodeNamed(code);
  if (name === undefined) {
    throw new Malformed(
      'DN105',
      `the instruction 0x${code.toString(16).padStart(2, '0')} at ${offset} is not allowed`,
    );
  }
  return { offset, name, immediate: decodeImmediate(name, reader) };
}

function decodeImmediate(name: OpcodeName, reader: ByteReader): number {
  const { immediate, align } = opcodeOf(name);
  switch (immediate) {
    case 'none':
      return 0;
    case 'void-block':
      if (reader.byte() !== 0x40)
        throw new Malformed('DN105', `a ${name} before ${reader.position} has a result`);
      return 0;
    case 'local':
    case 'label':
      return reader.unsigned();
    case 'memory':
      if (reader.unsigned() !== align)
        throw new Malformed('DN107', `a ${name} before ${reader.position} is unaligned`);
      return reader.unsigned();
    case 'i32':
      return reader.signed();
    case 'f64':
      return reader.f64();
    default:
      return immediate satisfies never;
  }
}
