/**
 * Checked program, after all passes, in, the instructions of `run` out: parameters and LETs first, then one canonical counted loop per
 * FOR EACH, then the count of effect records.
 *
 *     rows = 0 ? skip : do { body; row += 1 } while (row < rows)
 */
import type { CheckedLoop, CheckedProgram } from '../language/checked-tree.js';
import {
  type EmittedInstruction,
  Emitter,
  type LocalReference,
  localPointer,
  localRow,
  localRows,
} from './emitter.js';
import { type MemoryLayout, memoryLayout } from './layout.js';
import { lowerStatement } from './lower-statement.js';
import { runInstructionPasses } from './passes/run-passes.js';
import { SlotLocals } from './slot-locals.js';
import { visitStatements } from './visit-expressions.js';

export interface LoweredProgram {
  readonly layout: MemoryLayout;
  /** Field names in column order: the order in which the program first mentions them. */
  readonly columns: readonly string[];
  readonly i32Locals: number;
  readonly f64Locals: number;
  readonly instructions: readonly EmittedInstruction[];
}

/** What lowering of expressions and statements needs at hand. */
export interface Lowering {
  readonly emitter: Emitter;
  /** Field names in column order. */
  readonly columns: readonly string[];
  readonly parameters: ReadonlyMap<number, LocalReference>;
  readonly slots: SlotLocals;
}

export function lower(program: CheckedProgram): LoweredProgram {
  const columns = columnsOf(program);
  const layout = memoryLayout({ parameters: program.parameters.length, columns: columns.length });
  const emitter = new Emitter(layout);
  const parameters = loadParameters(program, emitter);
  const lowering: Lowering = { emitter, columns, parameters, slots: new SlotLocals(program, emitter) };
  for (const statement of program.lets) lowerStatement(statement, lowering);
  emitter.place = undefined;
  emitter.emit('i32.const', layout.effectsAt).emit('local.set', localPointer);
  for (const loop of program.loops) lowerLoop(loop, lowering);
  lowerResult(emitter);
  const { instructions, ...locals } = emitter.finish();
  return { layout, columns, ...locals, instructions: runInstructionPasses(instructions) };
}

function columnsOf(program: CheckedProgram): string[] {
  const names = new Set<string>();
  for (const loop of program.loops) {
    visitStatements(loop.body, (expression) => {
      if (expression.kind === 'field') names.add(expression.field.name);
    });
  }
  return [...names];
}

/** Parameters that are used are read from memory once a chunk. */
function loadParameters(program: CheckedProgram, emitter: Emitter): ReadonlyMap<number, LocalReference> {
  const used = new Set<number>();
  const statements = [...program.lets, ...program.loops.flatMap((loop) => loop.body)];
  visitStatements(statements, (expression) => {
    if (expression.kind === 'parameter') used.add(expression.index);
  });
  const locals = new Map<number, LocalReference>();
  for (const index of [...used].sort((one, other) => one - other)) {
    const local = emitter.newLocal('number');
    emitter
      .emit('i32.const', 0)
      .emit('f64.load', index * 8)
      .emit('local.set', local);
    locals.set(index, local);
  }
  return locals;
}

function lowerLoop(loop: CheckedLoop, lowering: Lowering): void {
  if (loop.where !== undefined) throw new Error('a WHERE is left that should have become an IF');
  const { emitter } = lowering;
  emitter.place = loop.span;
  emitter.emit('i32.const', 0).emit('local.set', localRow).emit('block');
  emitter.emit('local.get', localRows).emit('i32.eqz').emit('br_if', 0).emit('loop');
  for (const statement of loop.body) lowerStatement(statement, lowering);
  emitter.place = loop.span;
  emitter.emit('local.get', localRow).emit('i32.const', 1).emit('i32.add').emit('local.tee', localRow);
  emitter.emit('local.get', localRows).emit('i32.lt_u').emit('br_if', 0).emit('end').emit('end');
}

function lowerResult(emitter: Emitter): void {
  emitter.place = undefined;
  emitter.emit('local.get', localPointer).emit('i32.const', emitter.layout.effectsAt).emit('i32.sub');
  emitter.emit('i32.const', 4).emit('i32.shr_u').emit('end');
}
