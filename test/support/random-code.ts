/**
 * A valid file and random numbers in, the same file with a loop of random instructions out, which the verifier accepts:
 * built one by one, each of which it did not refuse. So the tests see what the verifier allows, not only what the compiler
 * writes.
 */
import {
  type DecodedInstruction,
  type DecodedModule,
  decodeModule,
} from '../../src/core/bytecode/decode-module.js';
import { type Instruction, type OpcodeName, opcodes } from '../../src/core/bytecode/opcodes.js';
import { type VerifiedProgram, verifyProgram } from '../../src/core/bytecode/verify.js';
import { verifyBody } from '../../src/core/bytecode/verify-body.js';
import { reencoded } from './program-bytes.js';
import type { SeededRandom } from './seeded-random.js';

/** Undefined when the walk came to no end that the verifier accepts. */
export function withRandomLoop(file: Uint8Array, random: SeededRandom): Uint8Array | undefined {
  const module = decodeModule(file);
  const verdict = verifyProgram(file);
  if (!verdict.ok) throw new Error(verdict.reason);
  const code = [...module.instructions];
  const start = code.findIndex(({ name }) => name === 'loop') + 1;
  const end = code.findIndex((_, at) => isTail(code, at));
  const [before, after] = [code.slice(0, start), code.slice(end)];
  const judge = judgeOf(module, verdict.program);
  const body: Instruction[] = [];
  const length = 20 + random.below(60);
  let ended: readonly Instruction[] | undefined;
  for (let left = 120; left > 0 && body.length < length; left -= 1) {
    const candidate = random.pick(candidatesOf(verdict.program, random))();
    if (judge([...before, ...body, ...candidate]) !== 'unfinished') continue;
    body.push(...candidate);
    if (judge([...before, ...body, ...after]) === 'accepted') ended = [...body];
  }
  if (ended === undefined) return undefined;
  const whole = [...before, ...ended, ...after];
  const { effectsPerTaskMax } = boundsOf(module, verdict.program, whole);
  return reencoded(file, { instructions: (own) => own.splice(0, own.length, ...whole), effectsPerTaskMax });
}

/** The end of a counted loop. */
function isTail(code: readonly Instruction[], at: number): boolean {
  const names: readonly OpcodeName[] = ['local.get', 'i32.const', 'i32.add', 'local.tee'];
  return names.every((name, index) => code[at + index]?.name === name);
}

type Judgement = 'accepted' | 'unfinished' | 'refused';

function judgeOf(
  module: DecodedModule,
  program: VerifiedProgram,
): (code: readonly Instruction[]) => Judgement {
  return (code) => {
    try {
      boundsOf(module, program, code);
      return 'accepted';
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : '';
      return reason.startsWith('the function ends without its result') ? 'unfinished' : 'refused';
    }
  };
}

function boundsOf(
  module: DecodedModule,
  { layout, manifest }: VerifiedProgram,
  code: readonly Instruction[],
) {
  const instructions = code.map((one, offset): DecodedInstruction => ({ ...one, offset }));
  const actionCodes = new Set(manifest.actions.map((action) => action.code));
  return verifyBody({ ...module, instructions }, { layout, actionCodes });
}

type Candidate = () => readonly Instruction[];

function candidatesOf({ layout, manifest }: VerifiedProgram, random: SeededRandom): readonly Candidate[] {
  const one = (name: OpcodeName, immediate = 0): Instruction => ({ name, immediate });
  const action = (): number => manifest.actions[random.below(manifest.actions.length)]?.code ?? 0;
  const column = (): number => layout.columnsAt + layout.columnBytes * random.below(layout.columns);
  const pointer = one('local.get', 2);
  const anyImmediate = (): number => random.pick([0, 1, 2, 3, 4, 5, 6, 8, 16, action(), column()]);
  return [
    () => [one(random.pick(Object.keys(opcodes) as OpcodeName[]), anyImmediate())],
    () => [pointer],
    () => [one('i32.const', action()), one('i32.store', 0)],
    () => [one('local.get', 1), one('i32.store', 4)],
    () => [one('f64.const', random.next()), one('f64.store', 8)],
    () => [pointer, one('i32.const', action()), one('i32.store', 0)],
    () => [pointer, one('local.get', 1), one('i32.store', 4)],
    () => [pointer, one('i32.const', anyImmediate()), one('i32.store', random.pick([0, 4, 8]))],
    () => [pointer, one('f64.const', random.next()), one('f64.store', 8)],
    () => [pointer, one('i32.const', 16), one('i32.add'), one('local.set', 2)],
    () => [one('i32.const', 4), one('i32.shl'), one('i32.add'), one('local.set', 2)],
    () => [one('local.get', 1), one('i32.const', 3), one('i32.shl'), one('f64.load', column())],
    () => [one('f64.const', random.next()), one(random.pick(['f64.lt', 'f64.eq'] as const))],
    () => [one('if')],
    () => [one('else')],
    () => [one('end')],
  ];
}
