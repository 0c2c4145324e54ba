/**
 * The reference program in other engines and in plain JavaScript. Each goes over all tasks once and gives the number of
 * effects that it found; all write the same 16-byte records as program.bc does, a chunk at a time.
 */
import { parse } from '@marcbachmann/cel-js';
import { LogicEngine } from 'json-logic-engine';
import jsonLogic, { type RulesLogic } from 'json-logic-js';
import type { TaskTable } from '../../src/core/bytecode/task-table.js';

export interface TaskObject {
  readonly cpu_time: number;
  readonly memory: number;
  readonly network: number;
}

const chunkRows = 1_024;
const words = new Uint32Array((3 * chunkRows + 1) * 4);
const numbers = new Float64Array(words.buffer);

function record(count: number, action: number, row: number, argument: number): number {
  words[4 * count] = action;
  words[4 * count + 1] = row;
  numbers[2 * count + 1] = argument;
  return count;
}

/** As anybody would write it, over the same columns. */
export function plainOverColumns({ rows, columns }: TaskTable): number {
  const { cpu_time: cpu, memory, network } = columns as Record<string, Float64Array>;
  if (cpu === undefined || memory === undefined || network === undefined)
    throw new Error('a column is missing');
  let effects = 0;
  for (let from = 0; from < rows; from += chunkRows) {
    const end = Math.min(chunkRows, rows - from);
    let count = 0;
    for (let row = 0; row < end; row++) {
      if ((cpu[from + row] as number) > 5) count = record(count, 1, row, 0.2) + 1;
      if ((memory[from + row] as number) > 1e9) count = record(count, 2, row, 0.3) + 1;
      if ((network[from + row] as number) > 1e8) count = record(count, 3, row, 1) + 1;
    }
    effects += count;
  }
  return effects;
}

/** The same with the trick that the compiler uses: records are always written and counted by the condition. */
export function branchFreeOverColumns({ rows, columns }: TaskTable): number {
  const { cpu_time: cpu, memory, network } = columns as Record<string, Float64Array>;
  if (cpu === undefined || memory === undefined || network === undefined)
    throw new Error('a column is missing');
  let effects = 0;
  for (let from = 0; from < rows; from += chunkRows) {
    const end = Math.min(chunkRows, rows - from);
    let count = 0;
    for (let row = 0; row < end; row++) {
      count = record(count, 1, row, 0.2) + Number((cpu[from + row] as number) > 5);
      count = record(count, 2, row, 0.3) + Number((memory[from + row] as number) > 1e9);
      count = record(count, 3, row, 1) + Number((network[from + row] as number) > 1e8);
    }
    effects += count;
  }
  return effects;
}

export function plainOverObjects(tasks: readonly TaskObject[]): number {
  let effects = 0;
  for (let from = 0; from < tasks.length; from += chunkRows) {
    const end = Math.min(chunkRows, tasks.length - from);
    let count = 0;
    for (let row = 0; row < end; row++) {
      const task = tasks[from + row] as TaskObject;
      if (task.cpu_time > 5) count = record(count, 1, row, 0.2) + 1;
      if (task.memory > 1e9) count = record(count, 2, row, 0.3) + 1;
      if (task.network > 1e8) count = record(count, 3, row, 1) + 1;
    }
    effects += count;
  }
  return effects;
}

/** The three conditions as an engine evaluates them, one after the other. */
type Conditions = readonly ((task: TaskObject) => boolean)[];

const amounts = [0.2, 0.3, 1];

export function overConditions(tasks: readonly TaskObject[], conditions: Conditions): number {
  let effects = 0;
  for (let from = 0; from < tasks.length; from += chunkRows) {
    const end = Math.min(chunkRows, tasks.length - from);
    let count = 0;
    for (let row = 0; row < end; row++) {
      const task = tasks[from + row] as TaskObject;
      for (let index = 0; index < 3; index++) {
        if (conditions[index]?.(task)) count = record(count, index + 1, row, amounts[index] as number) + 1;
      }
    }
    effects += count;
  }
  return effects;
}

export const celConditions: Conditions = [
  'cpu_time > 5.0',
  'memory > 1000000000.0',
  'network > 100000000.0',
].map((expression) => {
  const program = parse(expression);
  return (task) => program(task) as boolean;
});

const rules: RulesLogic[] = [
  { '>': [{ var: 'cpu_time' }, 5] },
  { '>': [{ var: 'memory' }, 1e9] },
  { '>': [{ var: 'network' }, 1e8] },
];

export const jsonLogicConditions: Conditions = rules.map(
  (rule) => (task) => jsonLogic.apply(rule, task) as boolean,
);

const engine = new LogicEngine();
export const jsonLogicEngineConditions: Conditions = rules.map(
  (rule) => engine.build(rule) as (task: TaskObject) => boolean,
);
