/**
 * How far a result can be believed: experiments on simulated fleets (real agents, workload, lot, windows and reports; tasks that
 * come and go, heavy tails, shocks that the tasks of an agent share), half of them with a program that does nothing, half with
 * one whose effect is known because the same fleet is lived through once more without it. DREAMNET_SEED and DREAMNET_CASES say which and
 * how many.
 */
import { readFileSync } from 'node:fs';
import type { LoadedProgram } from '../src/core/agent/load-program.js';
import type { EffectEstimate } from '../src/core/nerve/messages/result.js';
import { estimateMetrics } from '../src/core/results/estimate.js';
import { seedsOf } from '../test/support/nightly.js';
import { experiment } from '../test/support/simulated-experiment.js';
import { loadProgram } from '../test/support/simulated-fleet.js';
import type { BenchContext, Claim } from './support.js';

const { first, count: experiments } = seedsOf({ everyTime: 1_000, nightly: 1_000 });
/** Large enough for ten held-out agents, small enough for thousands of fleets. */
const agents = 200;
const reference = { agents: 1_159, fleets: 10 };
/** Costs 10 % less, or nothing at all. */
const parameters = { cpu_cut: 0.115, memory_cut: 0.13 };
/** 90 % by 95 % interval, normal. */
const ninety = 1.645 / 1.96;

interface Outcome {
  readonly estimate: EffectEstimate;
  readonly truth: number;
}

export async function bench({ note }: BenchContext): Promise<readonly Claim[]> {
  const playbook = readFileSync(new URL('../playbooks/cost_optimize.dream', import.meta.url), 'utf8');
  const loaded = loadProgram(playbook);
  note(`${experiments} fleets of ${agents} agents under a program that does nothing`);
  const idle = many(loaded, { count: experiments, agents, acts: false });
  note(`${experiments} fleets of ${agents} agents under a program that lowers costs`);
  const acting = many(loaded, { count: experiments, agents, acts: true });
  note(`${reference.fleets} fleets of ${reference.agents} agents without shocks of their own`);
  const fleet = many(loaded, {
    ...{ count: reference.fleets, agents: reference.agents },
    acts: true,
    agentShock: 0,
  });
  const halfWidths = fleet.map(({ estimate }) => ninety * halfWidth(estimate.interval));
  const effect = mean(acting.map(({ truth }) => -100 * truth));
  return [
    ...between('intervals that miss no effect', missed(idle), 3, 7),
    ...between(`intervals that cover a known effect of ${effect.toFixed(1)} %`, 100 - missed(acting), 93, 97),
    { name: 'known effect', value: effect, unit: '%' },
    {
      name: `90 % half-width, ${reference.agents} agents`,
      value: Math.max(...halfWidths),
      unit: 'points',
      goal: { atMost: 1 },
      samples: halfWidths,
    },
    {
      name: 'the same of the plain difference',
      value: mean(fleet.map(({ estimate }) => ninety * halfWidth(estimate.plain?.interval ?? null))),
      unit: 'points',
    },
    {
      name: 'plain differences that contradict the estimate',
      value: (100 * acting.filter(({ estimate }) => estimate.plain?.agrees === false).length) / acting.length,
      unit: '%',
      goal: { atMost: 0.5 },
    },
  ];
}

function many(
  loaded: LoadedProgram,
  options: { count: number; agents: number; acts: boolean; agentShock?: number },
): Outcome[] {
  const { count, ...rest } = options;
  return Array.from({ length: count }, (_, at) => {
    const { reports, truth } = experiment({ ...rest, seed: first + at, loaded, parameters });
    const estimate = estimateMetrics(reports, ['cost']).metrics.cost;
    if (estimate === undefined) throw new Error(`seed ${first + at}: cost was not measured`);
    return { estimate, truth: truth('cost') };
  });
}

function between(name: string, value: number, atLeast: number, atMost: number): Claim[] {
  return [
    { name, value, unit: '%', goal: { atLeast } },
    { name, value, unit: '%', goal: { atMost } },
  ];
}

function missed(outcomes: readonly Outcome[]): number {
  const misses = outcomes.filter(({ estimate: { interval }, truth }) =>
    interval === null ? true : truth < interval[0] || truth > interval[1],
  );
  return (100 * misses.length) / outcomes.length;
}

/** In points. */
function halfWidth(interval: readonly [number, number] | null): number {
  return interval === null ? Number.POSITIVE_INFINITY : 50 * (interval[1] - interval[0]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
