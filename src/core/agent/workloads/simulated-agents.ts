/** How many simulated agents, and from which number on, in; what a host needs to carry them out. */
import type { HostedAgent } from '../host.js';
import { createSimulatedWorkload, simulatedWarmUpTicks } from './simulated.js';

export interface SimulatedAgentsOptions {
  readonly seed: number;
  /** Number of the first agent in the fleet, from 0, and how many follow. */
  readonly firstAgent: number;
  readonly agents: number;
  /** Of each of them, when they are not called by their numbers. */
  readonly ids?: readonly string[];
  /** Of all of them, besides those of their workloads. */
  readonly labels?: Readonly<Record<string, string>>;
}

export function simulatedAgents(options: SimulatedAgentsOptions): HostedAgent[] {
  const { seed, firstAgent, agents, ids, labels } = options;
  return Array.from({ length: agents }, (_, at) => ({
    id: ids?.[at] ?? agentId(firstAgent + at),
    ...(labels && { labels }),
    workload: (nowMs) =>
      createSimulatedWorkload({ seed, agent: firstAgent + at, nowMs: nowMs - simulatedWarmUpTicks * 1000 }),
  }));
}

/** `agent-0001` for agent 0: people count from one. */
function agentId(agent: number): string {
  return `agent-${String(agent + 1).padStart(4, '0')}`;
}
