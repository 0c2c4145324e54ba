/**
 * One experiment on a simulated fleet, without Redis: real agents over the real workload (tasks that come and go, heavy tails,
 * shared drift), each with shocks of its own that all of its tasks share, the plan's lot, the real program, real windows and
 * reports. The same fleet lives through the same window once more without the program: tasks draw the same chance, so what the
 * program really caused is known to the last digit.
 */
import { Agent } from '../../src/core/agent/agent.js';
import type { LoadedProgram } from '../../src/core/agent/load-program.js';
import type { TaskView } from '../../src/core/agent/workload.js';
import {
  createSimulatedWorkload,
  type SimulatedWorkload,
  simulatedWarmUpTicks,
} from '../../src/core/agent/workloads/simulated.js';
import { planRollout } from '../../src/core/injector/plan/plan.js';
import type { AgentRecord } from '../../src/core/nerve/messages/agent-record.js';
import type { Order } from '../../src/core/nerve/messages/order.js';
import type { RolloutAgent } from '../../src/core/nerve/messages/rollout-record.js';
import { createRandom, normal } from '../../src/core/random.js';
import { type ArmReport, selectReports } from '../../src/core/results/window-reports.js';

export interface ExperimentOptions {
  readonly seed: number;
  readonly agents: number;
  readonly loaded: LoadedProgram;
  readonly parameters: Readonly<Record<string, number>>;
  /** False: whatever the program asks for is said to be done, and nothing is. */
  readonly acts: boolean;
  /** Standard deviation of what all tasks of an agent share, in logarithms. */
  readonly agentShock?: number;
  readonly windowSeconds?: number;
}

export interface Experiment {
  readonly reports: readonly ArmReport[];
  /** What the program did to the treated agents' tasks: metric -> relative change of the total. */
  readonly truth: (metric: string) => number;
}

const startMs = 1_800_000_000_000;
const instruction = 'instr_experiment';

export function experiment(options: ExperimentOptions): Experiment {
  const reports = reportsOf(options, options.acts);
  const without = options.acts ? reportsOf(options, false) : reports;
  return {
    reports,
    truth: (metric) => afterOf(reports, metric) / afterOf(without, metric) - 1,
  };
}

function reportsOf(options: ExperimentOptions, acts: boolean): readonly ArmReport[] {
  const { seed, loaded, parameters, windowSeconds = 20 } = options;
  const agents = Array.from(
    { length: options.agents },
    (_, agent) => new Agent({ id: `agent-${agent}`, workload: workloadOf(options, agent, acts) }),
  );
  let nowMs = startMs;
  const tick = (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      nowMs += 1_000;
      for (const agent of agents) agent.tick(nowMs);
    }
  };
  tick(simulatedWarmUpTicks);
  const plan = planRollout({
    ...{ instructionId: `instr_${seed}`, selector: '', batch: '10', maxFailures: '0' },
    targets: agents.map(({ id }) => ({ id, host: 'host-1', transport: 'bus' as const })),
  });
  const order: Order = {
    ...{ version: 1, instruction, action: 'stage', digest: loaded.program.digest, parameters },
    ...{ targets: agents.map(({ id }) => id), epoch: 1, expires: 4e12, windowMs: windowSeconds * 1_000 },
  };
  const heldOut = new Map(plan.agents.map((agent) => [agent.id, agent.heldOut]));
  for (const agent of agents) {
    agent.stage(order, loaded, nowMs);
    if (heldOut.get(agent.id)) agent.observe(order, nowMs);
    else agent.goLive(order, nowMs);
  }
  tick(windowSeconds);
  const outcomes = agents.map(({ id }): [string, RolloutAgent] => {
    const isHeldOut = heldOut.get(id) ?? false;
    return [id, { outcome: isHeldOut ? 'staged' : 'live', heldOut: isHeldOut, batch: 0 }];
  });
  const records = agents.map(recordOf);
  return selectReports({ instruction, agents: new Map(outcomes), records }).reports;
}

function recordOf(agent: Agent): AgentRecord {
  return {
    ...{ id: agent.id, host: 'host-1', labels: agent.labels, workload: agent.workload.name },
    ...{ capabilities: [], status: agent.status, startedAt: 0 },
    ...(agent.report === undefined ? {} : { window: agent.report }),
  };
}

function afterOf(reports: readonly ArmReport[], metric: string): number {
  return reports.reduce(
    (sum, { arm, totals }) => sum + (arm === 'treated' ? (totals[metric]?.after ?? 0) : 0),
    0,
  );
}

const shocked = ['cpu_time', 'network', 'cost'] as const;
const shockPerSecond = 0.9;

/** The simulated workload, whose tasks share what happens to their agent. */
function workloadOf(
  { seed, agentShock = 0.02 }: ExperimentOptions,
  agent: number,
  acts: boolean,
): SimulatedWorkload {
  const own = createSimulatedWorkload({ seed, agent, nowMs: startMs });
  const random = createRandom(seed, 'shock', agent);
  let shock = agentShock * normal(random);
  const advance = own.advance.bind(own);
  const view = own.view.bind(own);
  let lastMs = startMs;
  own.advance = (nowMs) => {
    advance(nowMs);
    for (; lastMs < nowMs; lastMs += 1_000)
      shock = shockPerSecond * shock + Math.sqrt(1 - shockPerSecond ** 2) * agentShock * normal(random);
  };
  own.view = (): TaskView => {
    const seen = view();
    const factor = Math.exp(shock);
    const columns = { ...seen.columns };
    for (const name of shocked)
      columns[name] = (columns[name] as Float64Array).map((value) => value * factor);
    return { ...seen, columns };
  };
  if (!acts) own.apply = () => ({ applied: true });
  return own;
}
