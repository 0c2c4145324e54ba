/** The bytes of a program file run in two ways, by the WebAssembly engine and instruction by instruction, for tests. */
import { instantiateProgram } from '../../src/core/bytecode/instance.js';
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import type { VerifiedProgram } from '../../src/core/bytecode/verify.js';
import { type CountedRun, countedRun } from './counting-machine.js';
import type { Effect } from './reference-interpreter.js';

/** Effects by row, and within a row as the program proposed them. A zero argument has no sign. */
export function effectsByRow(
  program: VerifiedProgram,
  table: TaskTable,
  values: Readonly<Record<string, number>>,
): Effect[] {
  const effects: Effect[] = [];
  const counted = instantiateProgram(program).run(table, values, (action, row, argument) =>
    effects.push({ action, row, argument: argument + 0 }),
  );
  if (counted.rows !== table.rows || counted.effects !== effects.length) {
    throw new Error(`${JSON.stringify(counted)} was counted for ${effects.length} effects`);
  }
  return effects.toSorted((one, other) => one.row - other.row);
}

/** What the first `rows` tasks really cost. */
export function countedFor(
  program: VerifiedProgram,
  { table, values, rows }: { table: TaskTable; values: Readonly<Record<string, number>>; rows: number },
): CountedRun {
  const { layout, manifest, bytes, memoryBytes } = program;
  return countedRun(bytes, rows, memoryBytes, (memory) => {
    for (const [index, { name, default: initial }] of manifest.parameters.entries()) {
      memory.setFloat64(index * 8, (Object.hasOwn(values, name) ? values[name] : undefined) ?? initial, true);
    }
    for (const [index, { name }] of manifest.fields.entries()) {
      const start = layout.columnsAt + index * layout.columnBytes;
      const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined;
      for (let row = 0; row < rows; row += 1) memory.setFloat64(start + row * 8, column?.[row] ?? 0, true);
    }
  });
}
