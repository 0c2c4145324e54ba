/** Takes program files apart and puts them together again, right or wrong: for tests of what reads them. */
import { ByteWriter } from '../../src/core/bytecode/byte-writer.js';
import { decodeModule, decodeSections } from '../../src/core/bytecode/decode-module.js';
import { encodeModule, moduleHeader } from '../../src/core/bytecode/encode-module.js';
import { pagesNeeded } from '../../src/core/bytecode/layout.js';
import type { Instruction } from '../../src/core/bytecode/opcodes.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';

export interface SectionBytes {
  readonly name: string;
  /** Its id and length included. */
  readonly whole: Uint8Array;
  /** A custom section's name included. */
  readonly body: Uint8Array;
}

/** The sections of a valid file in order. */
export function sectionBytes(bytes: Uint8Array): SectionBytes[] {
  const sections = decodeSections(bytes);
  return sections.map(({ name, start, content, contentStart }, index) => {
    const end = sections[index + 1]?.start ?? bytes.length;
    const nameLength = bytes[start] === 0 ? new ByteWriter().text(name).length : 0;
    const bodyStart = contentStart - nameLength;
    return {
      name,
      whole: bytes.subarray(start, end),
      body: bytes.subarray(bodyStart, contentStart + content.length),
    };
  });
}

export function fileOf(sections: readonly SectionBytes[]): Uint8Array {
  const writer = new ByteWriter().raw(moduleHeader);
  for (const { whole } of sections) writer.raw(whole);
  return writer.finish();
}

/** A section with another body, and the length that goes with it. */
export function withBody({ name, whole }: SectionBytes, body: Uint8Array): SectionBytes {
  const again = new ByteWriter()
    .byte(whole[0] ?? 0)
    .sized(body)
    .finish();
  return { name, whole: again, body };
}

/** A file with another content of one custom section. */
export function withCustomContent(bytes: Uint8Array, name: string, content: Uint8Array): Uint8Array {
  const body = new ByteWriter().text(name).raw(content).finish();
  return fileOf(
    sectionBytes(bytes).map((section) => (section.name === name ? withBody(section, body) : section)),
  );
}

export interface Changes {
  readonly instructions?: (code: Instruction[]) => void;
  readonly manifest?: Uint8Array;
  /** Of the memory; those that the file has when left out. */
  readonly pages?: number;
  /** What the changed instructions can do, so that the memory fits. */
  readonly effectsPerTaskMax?: number;
  readonly i32Locals?: number;
  readonly f64Locals?: number;
}

/** A valid file with something changed, and encoded again as the compiler would; without its signature. */
export function reencoded(bytes: Uint8Array, changes: Changes): Uint8Array {
  const module = decodeModule(bytes);
  const verdict = verifyProgram(bytes);
  if (!verdict.ok) throw new Error(verdict.reason);
  const { layout } = verdict.program;
  const effectsPerTaskMax = changes.effectsPerTaskMax ?? verdict.program.effectsPerTaskMax;
  const code: Instruction[] = module.instructions.map(({ name, immediate }) => ({ name, immediate }));
  changes.instructions?.(code);
  return encodeModule({
    name: 'changed',
    manifest: changes.manifest ?? (module.sections.get('manifest')?.content as Uint8Array),
    i32Locals: changes.i32Locals ?? module.i32Locals,
    f64Locals: changes.f64Locals ?? module.f64Locals,
    instructions: code.map((instruction) => ({ ...instruction, span: undefined })),
    memoryPages: changes.pages ?? pagesNeeded(layout, effectsPerTaskMax),
  });
}
