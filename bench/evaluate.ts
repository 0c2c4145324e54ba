/**
 * What evaluating a program costs: the reference program over random tasks, filling its columns included, against the same
 * work in C, in plain JavaScript, and in the rule engines that people use for such conditions. All take turns.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compileSource } from '../src/core/bytecode/compile.js';
import { instantiateProgram, type ProgramInstance } from '../src/core/bytecode/instance.js';
import type { TaskTable } from '../src/core/bytecode/task-table.js';
import { verifyProgram } from '../src/core/bytecode/verify.js';
import { createRandom } from '../src/core/random.js';
import { buildC, type CTimings, runC } from './peers/c-program.js';
import {
  branchFreeOverColumns,
  celConditions,
  jsonLogicConditions,
  jsonLogicEngineConditions,
  overConditions,
  plainOverColumns,
  plainOverObjects,
  type TaskObject,
} from './peers/evaluators.js';
import { type BenchContext, type Claim, interleaved, median, ratioClaim } from './support.js';

/** So many that no branch predictor can remember how the conditions went in the round before. */
const TASKS = 262_144;
const ROUNDS = { counted: 15, warmUp: 3 };
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const source = readFileSync(
  path.join(import.meta.dirname, '..', 'test', 'fixtures', 'reference.dream'),
  'utf8',
);

export async function bench({ note }: BenchContext): Promise<readonly Claim[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamnet-evaluate-'));
  try {
    return await measure(directory, note);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(directory: string, note: (text: string) => void): Promise<readonly Claim[]> {
  const table = randomTable();
  const tasks = objectsOf(table);
  const instance = referenceInstance();
  const c = peerInC(directory, table);
  if (c === undefined) note('no C compiler here: the comparison with C is left out');
  const expected = plainOverColumns(table);
  // What the one before has left in heap and caches is cleared away: each goes over the tasks once before it is timed.
  const timed = (work: () => number): number => {
    collectGarbage();
    work();
    const startedMs = performance.now();
    const found = work();
    const ns = ((performance.now() - startedMs) * 1e6) / TASKS;
    if (found !== expected) throw new Error(`${found} effects instead of ${expected}`);
    return ns;
  };
  note(`${ROUNDS.counted} rounds over ${TASKS} random tasks, ${expected} effects`);
  const subjects = {
    dreamnet: () => timed(() => instance.runBatches(table, {}, () => undefined).effects),
    fromObjects: () => timed(() => instance.runBatches(tableOf(tasks), {}, () => undefined).effects),
    plain: () => timed(() => plainOverColumns(table)),
    branchFree: () => timed(() => branchFreeOverColumns(table)),
    objects: () => timed(() => plainOverObjects(tasks)),
    cel: () => timed(() => overConditions(tasks, celConditions)),
    jsonLogic: () => timed(() => overConditions(tasks, jsonLogicConditions)),
    jsonLogicEngine: () => timed(() => overConditions(tasks, jsonLogicEngineConditions)),
    c: () => c?.measure(expected) ?? Number.NaN,
  };
  const ns = await interleaved(subjects, ROUNDS);
  const figure = (name: string, samples: readonly number[]): Claim => ({
    name,
    value: median(samples),
    unit: 'ns/task',
    samples,
  });
  return [
    { ...figure('program.bc, filling the columns included', ns.dreamnet), goal: { atMost: 5 } },
    ...cClaims(c?.timings.slice(ROUNDS.warmUp) ?? [], ns.dreamnet),
    ratioClaim('@marcbachmann/cel-js / program.bc', ns.cel, ns.dreamnet, { atLeast: 30 }),
    ratioClaim('json-logic-js / program.bc', ns.jsonLogic, ns.dreamnet, { atLeast: 100 }),
    ratioClaim('json-logic-engine, compiled / program.bc', ns.jsonLogicEngine, ns.dreamnet, { atLeast: 5 }),
    ratioClaim('program.bc / plain JavaScript over the same columns', ns.dreamnet, ns.plain, { atMost: 1 }),
    ratioClaim('program.bc / JavaScript without branches, by hand', ns.dreamnet, ns.branchFree),
    figure('plain JavaScript over columns', ns.plain),
    figure('JavaScript without branches over columns', ns.branchFree),
    figure('plain JavaScript over objects', ns.objects),
    figure('program.bc, columns filled from objects', ns.fromObjects),
    figure('@marcbachmann/cel-js over objects', ns.cel),
    figure('json-logic-js over objects', ns.jsonLogic),
    figure('json-logic-engine, compiled, over objects', ns.jsonLogicEngine),
  ];
}

function randomTable(): TaskTable {
  const random = createRandom(20_261_124);
  const column = (most: number) => Float64Array.from({ length: TASKS }, () => random() * most);
  return { rows: TASKS, columns: { cpu_time: column(10), memory: column(2e9), network: column(2e8) } };
}

function objectsOf({ rows, columns }: TaskTable): TaskObject[] {
  return Array.from({ length: rows }, (_, row) => ({
    cpu_time: columns.cpu_time?.[row] ?? 0,
    memory: columns.memory?.[row] ?? 0,
    network: columns.network?.[row] ?? 0,
  }));
}

const filled = {
  cpu_time: new Float64Array(TASKS),
  memory: new Float64Array(TASKS),
  network: new Float64Array(TASKS),
};

function tableOf(tasks: readonly TaskObject[]): TaskTable {
  for (let row = 0; row < TASKS; row++) {
    const task = tasks[row] as TaskObject;
    filled.cpu_time[row] = task.cpu_time;
    filled.memory[row] = task.memory;
    filled.network[row] = task.network;
  }
  return { rows: TASKS, columns: filled };
}

function referenceInstance(): ProgramInstance {
  const compiled = compileSource(source, { fileName: 'reference.dream' });
  const verdict = compiled.ok ? verifyProgram(compiled.program.bytes) : undefined;
  if (!verdict?.ok) throw new Error('the reference program does not compile');
  return instantiateProgram(verdict.program);
}

interface PeerInC {
  /** One entry a round, those that only warm up included. */
  readonly timings: readonly CTimings[];
  measure(expected: number): number;
}

function peerInC(directory: string, table: TaskTable): PeerInC | undefined {
  const program = buildC(directory);
  if (program === undefined) return undefined;
  const file = path.join(directory, 'columns');
  const { cpu_time, memory, network } = table.columns;
  writeFileSync(file, Buffer.concat([cpu_time, memory, network].map(bytesOf)));
  const timings: CTimings[] = [];
  return {
    timings,
    measure: (expected) => {
      const timing = runC(program, file, TASKS);
      if (timing.effects.some((found) => found !== expected)) throw new Error('C finds other effects');
      timings.push(timing);
      return timing.withoutBranches;
    },
  };
}

function bytesOf(column: Float64Array | undefined): Buffer {
  if (column === undefined) throw new Error('a column is missing');
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength);
}

/** C is compared at its best: whichever way of writing it is faster. */
function cClaims(timings: readonly CTimings[], dreamnet: readonly number[]): Claim[] {
  if (timings.length === 0) return [];
  const withBranches = timings.map((one) => one.withBranches);
  const withoutBranches = timings.map((one) => one.withoutBranches);
  const best = median(withBranches) < median(withoutBranches) ? withBranches : withoutBranches;
  return [
    ratioClaim('program.bc / C -O3, the faster way of writing it', dreamnet, best, { atMost: 3 }),
    ratioClaim('program.bc / C -O3 with branches', dreamnet, withBranches),
    {
      name: 'C -O3 without branches',
      value: median(withoutBranches),
      unit: 'ns/task',
      samples: withoutBranches,
    },
    { name: 'C -O3 with branches', value: median(withBranches), unit: 'ns/task', samples: withBranches },
  ];
}
