import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/core/bytecode/byte-writer.js';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { decodeModule } from '../../src/core/bytecode/decode-module.js';
import { encodeModule, type ModuleParts } from '../../src/core/bytecode/encode-module.js';
import { instantiateProgram } from '../../src/core/bytecode/instance.js';
import { pagesNeeded } from '../../src/core/bytecode/layout.js';
import type { Instruction } from '../../src/core/bytecode/opcodes.js';
import { type VerifiedProgram, verifyProgram } from '../../src/core/bytecode/verify.js';
import { countedRun } from '../support/counting-machine.js';
import { generatedProgram, generatedTable } from '../support/generated-program.js';
import { seededRandom } from '../support/seeded-random.js';
import { compiled, fixture, referenceSource, verified } from './support.js';

const everyForm = fixture('every-form.dream');
const reference = compiled(referenceSource).bytes;

describe('the verifier', () => {
  it('derives cost and effects of a program from its bytes', () => {
    const program = verified(compiled(everyForm).bytes);
    expect(program.costPerTask.min).toBeGreaterThan(0);
    expect(program.costPerTask.min).toBeLessThan(program.costPerTask.max);
    expect(program.effectsPerTaskMax).toBe(3);
    expect(program.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('keeps what a task really costs within the bounds it derived', () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const random = seededRandom(seed);
      const result = compileSource(generatedProgram(random), { fileName: 'generated' });
      if (result.ok) expectCostWithinBounds(verified(result.program.bytes), seed);
    }
    expectCostWithinBounds(verified(compiled(everyForm).bytes), 1);
  });

  it.each<[string, string, (code: Instruction[]) => void]>([
    ['a read outside the columns', 'DN107', (code) => change(code, 'f64.load', 0, { immediate: 8 * 8_192 })],
    ['a read across columns', 'DN107', (code) => change(code, 'f64.load', 0, { immediate: 8 })],
    ['a write outside the record', 'DN107', (code) => change(code, 'f64.store', 0, { immediate: 16 })],
    [
      'an action that the manifest does not name',
      'DN108',
      (code) => change(code, 'i32.const', 2, { immediate: 99 }),
    ],
    ['a loop that counts in twos', 'DN107', (code) => change(code, 'i32.const', -3, { immediate: 2 })],
    ['a pointer that moves too far', 'DN107', (code) => change(code, 'i32.const', 7, { immediate: 5 })],
    ['a branch to elsewhere', 'DN106', (code) => change(code, 'br_if', 0, { immediate: 1 })],
    ['a write to the row', 'DN106', (code) => change(code, 'local.set', 2, { immediate: 1 })],
    ['a local that is not there', 'DN106', (code) => change(code, 'local.get', 1, { immediate: 900 })],
    ['an effect that is not whole', 'DN108', (code) => void code.splice(code.findIndex(is('f64.store')), 1)],
    ['a record written through a pointer that has moved on', 'DN106', keepOldPointer],
    ['a missing end', 'DN106', (code) => void code.pop()],
    ['something behind the end', 'DN106', (code) => void code.push({ name: 'end', immediate: 0 })],
  ])('refuses %s', (_, code, spoil) => {
    const result = verifyProgram(spoiled(spoil));
    expect(result).toMatchObject({ ok: false, code });
  });

  it.each<[string, string, Uint8Array]>([
    ['an empty file', 'DN101', new Uint8Array()],
    ['something else than WebAssembly', 'DN101', Buffer.from('#!/bin/sh\nrm -rf /\n')],
    ['a bare module', 'DN103', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)],
    ['a file beyond the limit', 'DN102', new Uint8Array(600_000)],
    ['an import', 'DN103', withSection(2, Uint8Array.of(0))],
    ['a second custom section', 'DN103', withSection(0, new ByteWriter().text('other').finish())],
    ['more memory than the code needs', 'DN109', spoiled(() => undefined, { pages: 3 })],
    ['a manifest that is no JSON', 'DN104', spoiled(() => undefined, { manifest: Buffer.from('{') })],
    [
      'a manifest without actions',
      'DN104',
      spoiled(() => undefined, { manifest: Buffer.from('{"name":"x"}') }),
    ],
  ])('refuses %s', (_, code, bytes) => {
    expect(verifyProgram(bytes)).toMatchObject({ ok: false, code });
  });

  it('refuses mutated bytes or runs them within their bounds', () => {
    const files = [reference, compiled(everyForm).bytes];
    let accepted = 0;
    for (let seed = 1; seed <= 4_000; seed += 1) {
      const random = seededRandom(seed);
      const bytes = mutated(files[seed % files.length] as Uint8Array, random);
      const verdict = verifyProgram(bytes);
      if (!verdict.ok) continue;
      accepted += 1;
      expectSafe(verdict.program, seed);
    }
    expect(accepted).toBeGreaterThan(0);
  });

  it('refuses rearranged instructions or runs them within their bounds', () => {
    const files = [reference, compiled(everyForm).bytes];
    let accepted = 0;
    for (let seed = 1; seed <= 4_000; seed += 1) {
      const random = seededRandom(seed);
      const file = files[seed % files.length] as Uint8Array;
      const verdict = verifyProgram(spoiled((code) => rearrange(code, random), { file }));
      if (!verdict.ok) continue;
      accepted += 1;
      expectSafe(verdict.program, seed);
    }
    expect(accepted).toBeGreaterThan(100);
  });
});

function is(name: string) {
  return (instruction: Instruction): boolean => instruction.name === name;
}

/** Changes the n-th instruction of a name; from the end when negative. */
function change(code: Instruction[], name: Instruction['name'], nth: number, to: Partial<Instruction>): void {
  const places = code.flatMap((instruction, index) => (instruction.name === name ? [index] : []));
  const place = places.at(nth) as number;
  code[place] = { ...(code[place] as Instruction), ...to };
}

/** Leaves the pointer of the first effect on the stack, and writes the next record's action through it. */
function keepOldPointer(code: Instruction[]): void {
  const first = code.findIndex(is('i32.store')) - 2;
  const moved = code.findIndex(
    ({ name, immediate }, at) => at > first && name === 'local.set' && immediate === 2,
  );
  const pointer = code[first] as Instruction;
  const throughOld: Instruction[] = [
    { name: 'i32.const', immediate: 1 },
    { name: 'i32.store', immediate: 0 },
  ];
  code.splice(moved + 1, 0, ...throughOld);
  code.splice(first, 0, pointer);
}

/** A program with its instructions changed, and encoded again as the compiler would. */
function spoiled(
  spoil: (code: Instruction[]) => void,
  { file = reference, pages, manifest }: { file?: Uint8Array; pages?: number; manifest?: Uint8Array } = {},
): Uint8Array {
  const module = decodeModule(file);
  const { layout, effectsPerTaskMax } = verified(file);
  const code: Instruction[] = module.instructions.map(({ name, immediate }) => ({ name, immediate }));
  spoil(code);
  const parts: ModuleParts = {
    name: 'spoiled',
    manifest: manifest ?? (module.sections.get('manifest')?.content as Uint8Array),
    i32Locals: module.i32Locals,
    f64Locals: module.f64Locals,
    instructions: code.map((instruction) => ({ ...instruction, span: undefined })),
    memoryPages: pages ?? pagesNeeded(layout, effectsPerTaskMax),
  };
  return encodeModule(parts);
}

/** Swaps, drops, doubles, or replaces by another instruction of the program, once or twice. */
function rearrange(code: Instruction[], random: ReturnType<typeof seededRandom>): void {
  for (let change = random.below(2); change >= 0; change -= 1) {
    const [at, other] = [random.below(code.length), random.below(code.length)];
    const [one, two] = [code[at] as Instruction, code[other] as Instruction];
    const kind = random.below(5);
    if (kind === 0) [code[at], code[other]] = [two, one];
    else if (kind === 1) code.splice(at, 1);
    else if (kind === 2) code.splice(at, 0, two);
    else if (kind === 3) code[at] = two;
    else
      code[at] = { ...one, immediate: random.pick([0, 1, 2, 3, 4, 8, 16, two.immediate, one.immediate + 1]) };
  }
}

function withSection(id: number, content: Uint8Array): Uint8Array {
  const start = decodeModule(reference).sections.get('function')?.start as number;
  return new ByteWriter()
    .raw(reference.subarray(0, start))
    .byte(id)
    .sized(content)
    .raw(reference.subarray(start))
    .finish();
}

function mutated(bytes: Uint8Array, random: ReturnType<typeof seededRandom>): Uint8Array {
  const copy = Uint8Array.from(bytes);
  switch (random.below(4)) {
    case 0:
      return copy.subarray(0, random.below(copy.length));
    case 1: {
      const length = 1 + random.below(16);
      copy.copyWithin(
        random.below(copy.length),
        random.below(copy.length),
        random.below(copy.length) + length,
      );
      return copy;
    }
    case 2:
      copy[random.below(copy.length)] = random.below(256);
      return copy;
    default: {
      const at = random.below(copy.length);
      copy[at] = (copy[at] as number) ^ (1 << random.below(8));
      return copy;
    }
  }
}

function expectSafe(program: VerifiedProgram, seed: number): void {
  const rows = 40;
  const table = generatedTable(seededRandom(seed), rows);
  const columns = program.manifest.fields.map(({ name }) => [
    name,
    table.columns[name] ?? new Float64Array(rows),
  ]);
  const codes = new Set(program.manifest.actions.map(({ code }) => code));
  const visit = (action: number, row: number): void => {
    if (!codes.has(action) || row < 0 || row >= rows)
      throw new Error(`seed ${seed}: effect ${action} on row ${row}`);
  };
  const { effects } = instantiateProgram(program).run(
    { rows, columns: Object.fromEntries(columns) },
    {},
    visit,
  );
  expect(effects, `seed ${seed}`).toBeLessThanOrEqual(rows * program.effectsPerTaskMax);
  expectCostWithinBounds(program, seed);
}

function expectCostWithinBounds(program: VerifiedProgram, seed: number): void {
  const rows = 8;
  const table = generatedTable(seededRandom(seed), rows);
  const { layout, manifest } = program;
  const { costPerRow } = countedRun(program.bytes, rows, program.memoryBytes, (memory) => {
    for (const [index, parameter] of manifest.parameters.entries())
      memory.setFloat64(index * 8, parameter.default, true);
    for (const [index, { name }] of manifest.fields.entries()) {
      const start = layout.columnsAt + index * layout.columnBytes;
      for (let row = 0; row < rows; row += 1)
        memory.setFloat64(start + row * 8, table.columns[name]?.[row] ?? 0, true);
    }
  });
  const { min, max } = program.costPerTask;
  expect(Math.min(...costPerRow), `seed ${seed}`).toBeGreaterThanOrEqual(min);
  expect(Math.max(...costPerRow), `seed ${seed}`).toBeLessThanOrEqual(max);
}
