/**
 * A canary on a simulated fleet, without Redis and wall clock: the real governor decides, the real program runs on the
 * agents of the plan's first batch, and the real gates look at what all agents would have written.
 */
import type { Agent } from '../../../src/core/agent/agent.js';
import { decide } from '../../../src/core/governor/decide.js';
import { expectedSizes } from '../../../src/core/governor/expected-sizes.js';
import { parseGoal } from '../../../src/core/governor/goal.js';
import { loadPlaybooks } from '../../../src/core/governor/playbooks.js';
import { judgeLook } from '../../../src/core/injector/gates/judge.js';
import type { AgentReading } from '../../../src/core/injector/gates/read-agents.js';
import { Readings } from '../../../src/core/injector/gates/readings.js';
import { type GateChoices, tolerancesOf } from '../../../src/core/injector/gates/tolerances.js';
import { planRollout } from '../../../src/core/injector/plan/plan.js';
import { referenceFleet } from '../../../src/core/language/capabilities.js';
import type { GateVerdict } from '../../../src/core/nerve/messages/gate-verdict.js';
import type { Order } from '../../../src/core/nerve/messages/order.js';
import { createRandom } from '../../../src/core/random.js';
import { loadProgram, simulatedFleet } from '../../support/simulated-fleet.js';

export interface SimulatedCanary {
  readonly seed: number;
  readonly agents: number;
  readonly goal: string;
  readonly batch?: string;
  /** Looks a second apart; the first ones after a default bake of a second, the later ones while it is not clear. */
  readonly looks?: number;
  readonly gates?: GateChoices;
  /** Makes every run of a changed agent take this many times as long. */
  readonly slower?: number;
}

/** The verdicts of each look, oldest first. */
export function watchCanary(canary: SimulatedCanary): GateVerdict[][] {
  const { seed, agents: count, goal, looks = 3 } = canary;
  const fleet = simulatedFleet({ seed, agents: count });
  const instructionId = `instr_${seed}_${goal.length}`;
  const decision = decided(fleet, canary);
  const plan = planRollout({
    ...{ instructionId, selector: '', batch: canary.batch ?? '10', maxFailures: '0' },
    targets: fleet.agents.map(({ id }) => ({ id, host: 'host-1', transport: 'bus' })),
  });
  const readings = new Readings(instructionId);
  for (const agent of fleet.agents) readings.remember(agent.id, readingOf(agent, fleet.now()));
  // The last calm tick before the rollout may be that old.
  fleet.tick(1 + (seed % 5));
  const loaded = loadProgram(decision.instruction.program?.source ?? '');
  const treated = (plan.batches[0] ?? []).filter(({ heldOut }) => !heldOut).map(({ id }) => id);
  const order: Order = {
    ...{ version: 1, instruction: instructionId, action: 'live', digest: loaded.program.digest },
    ...{ parameters: decision.parameters, targets: treated, epoch: 1, expires: 4e12, windowMs: 60_000 },
  };
  const changed = new Set(treated);
  for (const agent of fleet.agents) {
    if (!changed.has(agent.id)) continue;
    agent.stage(order, loaded, fleet.now());
    agent.goLive(order, fleet.now());
  }
  const sides = fleet.agents.map(({ id }) => ({ id, changed: changed.has(id) }));
  const tolerances = tolerancesOf({
    chosen: canary.gates,
    instruction: decision.instruction,
    predicted: decision.prediction.metrics,
  });
  return Array.from({ length: looks }, (_, look) => {
    fleet.tick(1);
    const seen = fleet.agents.map((agent) =>
      readingOf(agent, fleet.now(), changed.has(agent.id) ? (canary.slower ?? 1) : 1),
    );
    return judgeLook(readings.look(sides, seen), {
      ...{ at: 0, stage: 'bake', batch: 1, looks: look + 1, tolerances, expectsData: () => true },
    });
  });
}

function decided(fleet: ReturnType<typeof simulatedFleet>, { seed, goal }: SimulatedCanary) {
  return decide({
    ...{ goal, objective: parseGoal(goal), fleetAgents: fleet.agents.length },
    state: {
      agents: fleet.agents.map(({ id }) => ({ id })) as never,
      ...{ covered: fleet.agents.length, table: fleet.table(), ageMs: 0, fingerprint: 'f' },
    },
    memory: { effectSizes: expectedSizes(referenceFleet), versions: new Map() },
    playbooks: loadPlaybooks(),
    ...{ windowMs: 60_000, priority: 'HIGH', riskMax: 1, nowMs: 1, random: createRandom(seed, 'decision') },
  });
}

function readingOf(agent: Agent, nowMs: number, slower = 1): AgentReading {
  const metrics = agent.metricsAt(nowMs);
  return {
    startedAt: 0,
    instruction: agent.live?.instruction,
    metrics: { ...metrics, latency: (metrics.latency ?? 0) * slower },
    window: agent.report,
  };
}
