/**
 * One way of evaluating, in a process of its own, so that neither the garbage nor the types of another slow it down: name
 * and number of tasks as arguments, for each message some passes over all tasks to fill the caches and one that is timed.
 */
import { readFileSync } from 'node:fs';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { instantiateProgram, type ProgramInstance } from '../../src/core/bytecode/instance.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';
import {
  branchFreeOverColumns,
  celConditions,
  jsonLogicConditions,
  jsonLogicEngineConditions,
  overConditions,
  plainOverColumns,
  plainOverObjects,
} from './evaluators.js';
import { randomTable, taskObjects } from './random-tasks.js';

export interface EvaluatorTiming {
  readonly nsPerTask: number;
  readonly effects: number;
}

/** A pass over all tasks, ready to run. */
const subjects = {
  dreamnet: () => {
    const table = randomTable(tasks);
    const instance = referenceInstance();
    return () => instance.runBatches(table, {}, () => undefined).effects;
  },
  dreamnetFromObjects: () => {
    const objects = taskObjects(randomTable(tasks));
    const instance = referenceInstance();
    const [cpu_time, memory, network] = [0, 0, 0].map(() => new Float64Array(tasks)) as Columns;
    return () => {
      objects.forEach((task, row) => {
        cpu_time[row] = task.cpu_time;
        memory[row] = task.memory;
        network[row] = task.network;
      });
      return instance.runBatches({ rows: tasks, columns: { cpu_time, memory, network } }, {}, () => undefined)
        .effects;
    };
  },
  plain: overTable(plainOverColumns),
  branchFree: overTable(branchFreeOverColumns),
  plainObjects: overObjects(plainOverObjects),
  cel: overObjects((objects) => overConditions(objects, celConditions)),
  jsonLogic: overObjects((objects) => overConditions(objects, jsonLogicConditions)),
  jsonLogicEngine: overObjects((objects) => overConditions(objects, jsonLogicEngineConditions)),
};

export type Subject = keyof typeof subjects;
type Columns = [Float64Array, Float64Array, Float64Array];

/** A process that was idle needs some; the C has as many. */
const WARM_UP_PASSES = 5;
const tasks = Number(process.argv[3]);
const pass = subjects[process.argv[2] as Subject]();

process.on('message', () => {
  for (let warming = 0; warming < WARM_UP_PASSES; warming++) pass();
  const startedMs = performance.now();
  const effects = pass();
  const timing: EvaluatorTiming = { nsPerTask: ((performance.now() - startedMs) * 1e6) / tasks, effects };
  process.send?.(timing);
});
process.on('disconnect', () => process.exit());

function overTable(evaluate: typeof plainOverColumns): () => () => number {
  return () => {
    const table = randomTable(tasks);
    return () => evaluate(table);
  };
}

function overObjects(evaluate: typeof plainOverObjects): () => () => number {
  return () => {
    const objects = taskObjects(randomTable(tasks));
    return () => evaluate(objects);
  };
}

function referenceInstance(): ProgramInstance {
  const source = readFileSync(new URL('../../test/fixtures/reference.dream', import.meta.url), 'utf8');
  const compiled = compileSource(source, { fileName: 'reference.dream' });
  const verdict = compiled.ok ? verifyProgram(compiled.program.bytes) : undefined;
  if (!verdict?.ok) throw new Error('the reference program does not compile');
  return instantiateProgram(verdict.program);
}
