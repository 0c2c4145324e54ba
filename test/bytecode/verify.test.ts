import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/core/bytecode/byte-writer.js';
import { decodeModule } from '../../src/core/bytecode/decode-module.js';
import type { Instruction } from '../../src/core/bytecode/opcodes.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';
import { generatedTable } from '../support/generated-program.js';
import { fileOf, reencoded, sectionBytes } from '../support/program-bytes.js';
import { requireSafe } from '../support/safe-run.js';
import { seededRandom } from '../support/seeded-random.js';
import { compiled, fixture, inLoop, referenceSource, verified } from './support.js';

const everyForm = fixture('every-form.dream');
const reference = compiled(referenceSource).bytes;
/** A file whose first action has a code of five bytes in LEB128. */
const longest = spoiled((code) => change(code, 'i32.const', 2, { immediate: 0x7fff_ffff }));

describe('the verifier', () => {
  it('derives cost and effects of a program from its bytes', () => {
    const program = verified(compiled(everyForm).bytes);
    expect(program.costPerTask.min).toBeGreaterThan(0);
    expect(program.costPerTask.min).toBeLessThan(program.costPerTask.max);
    expect(program.effectsPerTaskMax).toBe(3);
    expect(program.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('keeps what a task really costs within the bounds it derived', () => {
    const numbers = [...(generatedTable(seededRandom(1), 40).columns.cpu_time ?? [])];
    for (const bytes of [reference, compiled(everyForm).bytes]) requireSafe(verified(bytes), numbers);
  });

  it('leaves room for a record that is begun and never counted, where the effects fill their pages', () => {
    const fields = ['cpu_time', 'memory', 'network', 'latency', 'cost', 'errors', 'age', 'priority'];
    const sums = fields.map((name) => `task.${name} / task.${name}`).join(' + ');
    const full = compiled(inLoop(`LET all = ${sums} ${'RAISE_CONCURRENCY(task, MIN(all, 9))\n'.repeat(4)}`));
    const bytes = reencoded(full.bytes, {
      instructions: (code) => {
        const last = code.findLastIndex(({ name, immediate }) => name === 'local.set' && immediate === 2);
        code.splice(last + 1, 0, ...[local(2), local(1), { name: 'i32.store', immediate: 4 } as const]);
      },
    });
    const program = verified(bytes);
    expect(program.layout.effectsAt + 1_024 * 4 * 16).toBe(program.memoryBytes - 65_536);
    requireSafe(program, [1]);
  });

  it.each<[string, string, (code: Instruction[]) => void]>([
    ['a read outside the columns', 'DN107', (code) => change(code, 'f64.load', 0, { immediate: 8 * 8_192 })],
    [
      'a read of the column behind the last',
      'DN107',
      (code) => change(code, 'f64.load', 0, { immediate: verified(reference).layout.effectsAt }),
    ],
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
    [
      'a row that is not the current one',
      'DN107',
      (code) => {
        const at = code.findIndex(({ name, immediate }) => name === 'i32.store' && immediate === 4);
        code[at - 1] = { name: 'i32.const', immediate: 0 };
      },
    ],
    [
      'a pointer that starts twice',
      'DN106',
      (code) => {
        const at = code.findIndex(({ name, immediate }) => name === 'local.set' && immediate === 2);
        code.splice(at + 1, 0, ...code.slice(at - 1, at + 1));
      },
    ],
    ['a missing end', 'DN106', (code) => void code.pop()],
    ['something behind the end', 'DN106', (code) => void code.push({ name: 'end', immediate: 0 })],
  ])('refuses %s', (_, code, spoil) => {
    const result = verifyProgram(spoiled(spoil));
    expect(result).toMatchObject({ ok: false, code });
  });

  it.each([0, 4, 8, 16, 8_192, -8])('refuses to read a parameter that is none: at %i', (at) => {
    const one = compiled(
      'FUNC f(p = 5s IN 1s..9s) { FOR EACH t IN task_queue { REDUCE_CPU_THROTTLE(t, 10% * (p / t.age)) } }',
    );
    const spoil = (code: Instruction[]): void => change(code, 'f64.load', 0, { immediate: at });
    const result = verifyProgram(reencoded(one.bytes, { instructions: spoil }));
    expect(result).toMatchObject(at === 0 ? { ok: true } : { ok: false, code: 'DN107' });
  });

  it.each<[string, string, Uint8Array]>([
    ['an empty file', 'DN101', new Uint8Array()],
    ['a number of five bytes that is too large', 'DN101', withBytes(longest, [0xff, 0xff, 0xff, 0xff, 0x17])],
    [
      'a number with a byte that it does not need',
      'DN101',
      withBytes(longest, [0x80, 0x80, 0x80, 0x80, 0x00]),
    ],
    ['a NaN that hides bits', 'DN101', hiddenInNaN()],
    ['a length with a byte that it does not need', 'DN101', withLongLength()],
    ['something else than WebAssembly', 'DN101', Buffer.from('#!/bin/sh\nrm -rf /\n')],
    ['a bare module', 'DN103', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)],
    ['a file beyond the limit', 'DN102', new Uint8Array(600_000)],
    ['an import', 'DN103', withSection(2, Uint8Array.of(0))],
    ['a second custom section', 'DN103', withSection(0, new ByteWriter().text('other').finish())],
    ['a custom section in the place and with the name of another', 'DN103', withCustom('memory')],
    ['more memory than the code needs', 'DN109', reencoded(reference, { pages: 3 })],
    ['a manifest that is no JSON', 'DN104', reencoded(reference, { manifest: Buffer.from('{') })],
    ['a manifest without actions', 'DN104', reencoded(reference, { manifest: Buffer.from('{"name":"x"}') })],
  ])('refuses %s', (_, code, bytes) => {
    expect(verifyProgram(bytes)).toMatchObject({ ok: false, code });
  });
});

function is(name: string) {
  return (instruction: Instruction): boolean => instruction.name === name;
}

function local(index: number): Instruction {
  return { name: 'local.get', immediate: index };
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

/** The reference program with its instructions changed, and encoded again as the compiler would. */
function spoiled(instructions: (code: Instruction[]) => void): Uint8Array {
  return reencoded(reference, { instructions });
}

/** Other bytes for that number. */
function withBytes(file: Uint8Array, bytes: readonly number[]): Uint8Array {
  const copy = Buffer.from(file);
  copy.set(bytes, copy.indexOf(Buffer.of(0xff, 0xff, 0xff, 0xff, 0x07)));
  return copy;
}

/** A constant that is no number, whose free bits hold something. */
function hiddenInNaN(): Uint8Array {
  const copy = Buffer.from(spoiled((code) => change(code, 'f64.const', 0, { immediate: Number.NaN })));
  copy[copy.indexOf(Buffer.of(0, 0, 0, 0, 0, 0, 0xf8, 0x7f))] = 1;
  return copy;
}

/** The length of the first section in one byte more than it takes: other bytes, which would be the same program. */
function withLongLength(): Uint8Array {
  const [manifest] = sectionBytes(reference);
  if (manifest === undefined || manifest.body.length >= 1 << 14) throw new Error('two bytes are expected');
  const [low, high] = [manifest.whole[1] as number, manifest.whole[2] as number];
  return Buffer.concat([
    reference.subarray(0, 9),
    Uint8Array.of(low, high | 0x80, 0),
    reference.subarray(11),
  ]);
}

/** A section made a custom one of the same name. */
function withCustom(name: string): Uint8Array {
  const made = sectionBytes(reference).map((section) => {
    if (section.name !== name) return section;
    const body = new ByteWriter().text(name).raw(section.body).finish();
    return { name, body, whole: new ByteWriter().byte(0).sized(body).finish() };
  });
  return fileOf(made);
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
