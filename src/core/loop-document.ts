/** The document of `run --json` and `inject --json` (DESIGN section 10): one loop as numbers that scripts can rely on. */
import type { LoopOutcome } from './pipeline.js';

export type LoopDocument = ReturnType<typeof loopDocument>;

export function loopDocument({ decision, rollout, result, learned, rewards }: LoopOutcome) {
  const { program } = rollout;
  return {
    decision:
      decision === undefined
        ? null
        : {
            id: decision.id,
            goal: decision.goal,
            objective: decision.objective,
            playbook: decision.playbook,
            parameters: decision.parameters,
            instruction: decision.instruction,
            prediction: decision.prediction,
            risk: decision.risk,
            reasoning: decision.reasoning,
            candidates: decision.candidates,
          },
    program: {
      name: program.name,
      digest: program.digest,
      bytes: program.bytes,
      optimizationScore: program.optimizationScore,
      costPerTask: program.costPerTask,
      parameters: program.parameters,
    },
    rollout: {
      id: rollout.id,
      agents: rollout.agents,
      succeeded: result.succeeded,
      failed: result.failed,
      heldOut: rollout.heldOut,
      batches: rollout.batches,
      durationMs: rollout.injectMs ?? 0,
      state: rollout.state,
      counts: rollout.counts,
      ...(rollout.reason === undefined ? {} : { reason: rollout.reason }),
    },
    execution: result.execution,
    leaderboard: result.leaderboard,
    learned: learned ?? null,
    rewards: rewards ?? null,
  };
}
