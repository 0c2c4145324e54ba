/**
 * A simulated fleet in one process, without Redis: agents, time in seconds, and loops of the real program with a real
 * hold-out. Statistics of many loops are looked at here, because they need no wall clock.
 */
import { Agent } from '../../src/core/agent/agent.js';
import type { LoadedProgram } from '../../src/core/agent/load-program.js';
import { createSimulatedWorkload } from '../../src/core/agent/workloads/simulated.js';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { instantiateProgram } from '../../src/core/bytecode/instance.js';
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import { verifyProgram } from '../../src/core/bytecode/verify.js';
import type { AgentRecord } from '../../src/core/nerve/messages/agent-record.js';
import type { Order } from '../../src/core/nerve/messages/order.js';
import type { EffectEstimate, GroupTotals } from '../../src/core/nerve/messages/result.js';
import type { RolloutAgent } from '../../src/core/nerve/messages/rollout-record.js';
import { estimateMetrics } from '../../src/core/results/estimate.js';
import { groupTotals } from '../../src/core/results/groups.js';
import { selectReports } from '../../src/core/results/window-reports.js';

export interface LoopMeasurement {
  readonly metrics: Readonly<Record<string, EffectEstimate>>;
  readonly groups: readonly GroupTotals[];
}

export interface SimulatedFleet {
  readonly agents: readonly Agent[];
  /** Simulated milliseconds since 1970. */
  now(): number;
  /** All task tables as one. */
  table(): TaskTable;
  tick(seconds: number): void;
  /** Stages the program everywhere, goes live on all but every twentieth agent, and measures the window. */
  loop(
    loaded: LoadedProgram,
    parameters: Readonly<Record<string, number>>,
    windowSeconds?: number,
  ): LoopMeasurement;
}

export function loadProgram(source: string): LoadedProgram {
  const compiled = compileSource(source, { fileName: 'test.dream' });
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join('; '));
  const verified = verifyProgram(compiled.program.bytes);
  if (!verified.ok) throw new Error(verified.reason);
  return {
    program: verified.program,
    instance: instantiateProgram(verified.program),
  };
}

export function simulatedFleet({ seed, agents: count }: { seed: number; agents: number }): SimulatedFleet {
  let nowMs = 1_800_000_000_000;
  let loops = 0;
  const agents = Array.from(
    { length: count },
    (_, agent) =>
      new Agent({
        id: `agent-${agent}`,
        workload: createSimulatedWorkload({ seed, agent, nowMs }),
      }),
  );
  const tick = (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      nowMs += 1_000;
      for (const agent of agents) agent.tick(nowMs);
    }
  };
  tick(12);
  return {
    agents,
    now: () => nowMs,
    tick,
    table: () => joined(agents.map((agent) => agent.workload.view())),
    loop(loaded, parameters, windowSeconds = 20) {
      loops++;
      const order: Order = {
        version: 1,
        instruction: `instr_${loops}`,
        action: 'stage',
        digest: loaded.program.digest,
        parameters: { ...parameters },
        targets: agents.map(({ id }) => id),
        epoch: loops,
        expires: nowMs + 1e9,
        windowMs: windowSeconds * 1_000,
      };
      const outcomes = new Map<string, RolloutAgent>();
      agents.forEach((agent, at) => {
        const heldOut = (at + loops) % 20 === 0;
        agent.stage(order, loaded, nowMs);
        if (heldOut) agent.observe(order, nowMs);
        else agent.goLive(order, nowMs);
        outcomes.set(agent.id, { outcome: heldOut ? 'staged' : 'live', heldOut, batch: 0 });
      });
      tick(windowSeconds);
      const records = agents.map(recordOf);
      const { reports } = selectReports({ instruction: order.instruction, agents: outcomes, records });
      for (const agent of agents) agent.goLive(order, nowMs);
      const { metrics, byTask } = estimateMetrics(reports);
      return { metrics, groups: groupTotals(reports, byTask) };
    },
  };
}

function recordOf(agent: Agent): AgentRecord {
  return {
    id: agent.id,
    host: 'host-1',
    labels: agent.labels,
    workload: agent.workload.name,
    capabilities: agent.capabilities.actions.map(({ name }) => name),
    status: agent.status,
    startedAt: 0,
    ...(agent.report === undefined ? {} : { window: agent.report }),
  };
}

function joined(views: readonly TaskTable[]): TaskTable {
  const rows = views.reduce((sum, view) => sum + view.rows, 0);
  const columns: Record<string, Float64Array> = {};
  for (const field of Object.keys(views[0]?.columns ?? {})) {
    const column = new Float64Array(rows);
    let from = 0;
    for (const view of views) {
      column.set((view.columns[field] as Float64Array).subarray(0, view.rows), from);
      from += view.rows;
    }
    columns[field] = column;
  }
  return { rows, columns };
}
