/**
 * What evaluating a program costs: the reference program over random tasks, filling its columns included, against the same
 * work in C, in plain JavaScript, and in the rule engines that people use for such conditions. Each runs in a process of
 * its own; all take turns.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildC, type CTimings, runC } from './peers/c-program.js';
import type { EvaluatorTiming, Subject } from './peers/evaluator-process.js';
import { plainOverColumns } from './peers/evaluators.js';
import { randomTable } from './peers/random-tasks.js';
import { type BenchContext, type Claim, interleaved, median, ratioClaim } from './support.js';

/** So many that no branch predictor can remember how the conditions went in the round before. */
const TASKS = 262_144;
const ROUNDS = { counted: 15, warmUp: 4 };

export async function bench({ note }: BenchContext): Promise<readonly Claim[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'dreamnet-evaluate-'));
  const children: ChildProcess[] = [];
  try {
    return await measure({ directory, children, note });
  } finally {
    for (const child of children) child.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Measuring {
  readonly directory: string;
  /** Filled with what must be ended. */
  readonly children: ChildProcess[];
  readonly note: (text: string) => void;
}

async function measure({ directory, children, note }: Measuring): Promise<readonly Claim[]> {
  const effects = plainOverColumns(randomTable(TASKS));
  const c = peerInC(directory, effects);
  if (c === undefined) note('no C compiler here: the comparison with C is left out');
  const subject = (name: Subject) => {
    const child = fork(path.join(import.meta.dirname, 'peers', 'evaluator-process.ts'), [
      name,
      String(TASKS),
    ]);
    children.push(child);
    return async (): Promise<number> => {
      child.send('measure');
      const [timing] = (await once(child, 'message')) as [EvaluatorTiming];
      if (timing.effects !== effects)
        throw new Error(`${name}: ${timing.effects} effects instead of ${effects}`);
      return timing.nsPerTask;
    };
  };
  note(`${ROUNDS.counted} rounds over ${TASKS} random tasks, ${effects} effects`);
  const ns = await interleaved(
    {
      dreamnet: subject('dreamnet'),
      dreamnetFromObjects: subject('dreamnetFromObjects'),
      plain: subject('plain'),
      branchFree: subject('branchFree'),
      plainObjects: subject('plainObjects'),
      cel: subject('cel'),
      jsonLogic: subject('jsonLogic'),
      jsonLogicEngine: subject('jsonLogicEngine'),
      c: () => c?.measure() ?? Number.NaN,
    },
    ROUNDS,
  );
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
    figure('plain JavaScript over objects', ns.plainObjects),
    figure('program.bc, columns filled from objects', ns.dreamnetFromObjects),
    figure('@marcbachmann/cel-js over objects', ns.cel),
    figure('json-logic-js over objects', ns.jsonLogic),
    figure('json-logic-engine, compiled, over objects', ns.jsonLogicEngine),
  ];
}

interface PeerInC {
  /** One entry a round, those that only warm up included. */
  readonly timings: readonly CTimings[];
  measure(): number;
}

function peerInC(directory: string, effects: number): PeerInC | undefined {
  const program = buildC(directory);
  if (program === undefined) return undefined;
  const file = path.join(directory, 'columns');
  const { cpu_time, memory, network } = randomTable(TASKS).columns;
  writeFileSync(file, Buffer.concat([cpu_time, memory, network].map(bytesOf)));
  const timings: CTimings[] = [];
  return {
    timings,
    measure: () => {
      const timing = runC(program, file, TASKS);
      if (timing.effects.some((found) => found !== effects)) throw new Error('C finds other effects');
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
