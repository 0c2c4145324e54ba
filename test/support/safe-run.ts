/**
 * A verified program in; an error out when running it does anything that the verifier promises it cannot: write elsewhere
 * than in its effect records, leave one of them unwritten, grow, name another action or row, or cost more than is said.
 */
import { engine } from '../../src/core/bytecode/engine.js';
import type { VerifiedProgram } from '../../src/core/bytecode/verify.js';
import { countedRun } from './counting-machine.js';

/** Whatever was not written by the program still reads as this: no action, no row. */
const poison = 0xfeed_face;
const rowsMax = 1_024;
const countedRows = 8;

export function requireSafe(program: VerifiedProgram, values: readonly number[]): void {
  const instance = new engine.Instance(new engine.Module(program.bytes));
  const { memory, run } = instance.exports;
  require(memory.buffer.byteLength === program.memoryBytes, 'the memory has another size than was derived');
  fill(new DataView(memory.buffer), program, values);
  const before = new Uint32Array(memory.buffer.slice(0));
  const effects = run(rowsMax);
  require(memory.buffer.byteLength === program.memoryBytes, 'the memory has grown');
  requireEffects(program, new Uint32Array(memory.buffer), { before, effects });
  requireCost(program, values, instance.exports);
  require(run(0) === 0, 'there are effects without tasks');
}

interface Ran {
  readonly before: Uint32Array;
  readonly effects: number;
}

function requireEffects(program: VerifiedProgram, words: Uint32Array, { before, effects }: Ran): void {
  const { layout, manifest, effectsPerTaskMax } = program;
  require(effects >= 0 && effects <= rowsMax * effectsPerTaskMax, `${effects} effects are too many`);
  const codes = new Set(manifest.actions.map(({ code }) => code));
  const first = layout.effectsAt / 4;
  for (let at = first; at < first + effects * 4; at += 4) {
    const [action, row] = [words[at] as number, words[at + 1] as number];
    require(codes.has(action), `the manifest names no action ${action}`);
    require(row < rowsMax, `there is no row ${row}`);
    require(words[at + 2] !== poison || words[at + 3] !== poison, 'an argument was not written');
  }
  // One record more may be begun: it is written before its condition counts it.
  const end = first + (effects + 1) * 4;
  require(words.subarray(0, first).every(isAsBefore(before, 0)), 'parameters or columns were written to');
  require(words.subarray(end).every(isAsBefore(before, end)), 'memory behind the effects was written to');
}

function isAsBefore(before: Uint32Array, start: number) {
  return (word: number, index: number): boolean => word === before[start + index];
}

/** The counting machine finds the same effects, at a cost within the bounds. */
function requireCost(
  program: VerifiedProgram,
  values: readonly number[],
  {
    memory,
    run,
  }: { readonly memory: { readonly buffer: ArrayBuffer }; readonly run: (rows: number) => number },
): void {
  fill(new DataView(memory.buffer), program, values);
  const effects = run(countedRows);
  const counted = countedRun(program.bytes, countedRows, program.memoryBytes, (view) =>
    fill(view, program, values),
  );
  require(counted.effects === effects, `${effects} effects, and ${counted.effects} were counted`);
  const { min, max } = program.costPerTask;
  const [least, most] = [Math.min(...counted.costPerRow), Math.max(...counted.costPerRow)];
  require(least >= min && most <= max, `a task costs ${least} to ${most}, which is outside ${min} to ${max}`);
  const found = new Float64Array(counted.memory.buffer);
  const isSame = new Float64Array(memory.buffer).every((number, index) => Object.is(number, found[index]));
  require(isSame, 'the engine left another memory');
}

function fill(memory: DataView, program: VerifiedProgram, values: readonly number[]): void {
  const { layout, manifest } = program;
  manifest.parameters.forEach((parameter, index) => {
    memory.setFloat64(index * 8, parameter.default, true);
  });
  for (let at = layout.columnsAt, next = 0; at < layout.effectsAt; at += 8, next += 1) {
    memory.setFloat64(at, values[next % values.length] as number, true);
  }
  new Uint32Array(memory.buffer, layout.effectsAt).fill(poison);
}

function require(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
