/** A plan and its settings in, the numbers that they come to out: what is shown before anything is sent. Pure. */
import type { RolloutSettings } from '../../nerve/messages/rollout-settings.js';
import type { PlanNumbers } from '../../pipeline-events.js';
import type { Plan } from './plan.js';

export function planNumbers(plan: Plan, settings: RolloutSettings): PlanNumbers {
  const { parallel, activate, autoRollback, bakeMs, pauseBetweenMs, acknowledgeWithinMs } = settings;
  return {
    agents: plan.agents.length,
    heldOut: plan.heldOut,
    canary: plan.canary,
    batches: plan.batches.length,
    sizes: runsOf(plan.batches.map(({ length }) => length)),
    parallel,
    maxFailures: plan.maxFailures,
    stopsAtFailure: plan.maxFailures < plan.agents.length ? plan.maxFailures + 1 : null,
    activate,
    autoRollback,
    bakeMs,
    pauseBetweenMs,
    acknowledgeWithinMs,
    timeoutMs: settings.timeoutMs ?? null,
  };
}

function runsOf(sizes: readonly number[]): { agents: number; batches: number }[] {
  const runs: { agents: number; batches: number }[] = [];
  for (const agents of sizes) {
    const last = runs.at(-1);
    if (last?.agents === agents) last.batches++;
    else runs.push({ agents, batches: 1 });
  }
  return runs;
}
