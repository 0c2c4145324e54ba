/** The document of `run --json` and `inject --json` (DESIGN section 10): one loop as numbers that scripts can rely on. */
import type { Decision } from './nerve/messages/decision.js';
import type { Result } from './nerve/messages/result.js';
import type { RolloutRecord } from './nerve/messages/rollout-record.js';
import type { Learned, Rewards } from './pipeline-events.js';

/** What one loop leaves behind; `decision` is undefined for an instruction that came from elsewhere. */
export interface LoopOutcome {
  readonly decision: Decision | undefined;
  readonly rollout: RolloutRecord;
  readonly result: Result;
  readonly learned: Learned | undefined;
  readonly rewards: Rewards | undefined;
}

export type LoopDocument = ReturnType<typeof loopDocument>;
export type DecisionDocument = ReturnType<typeof decisionDocument>;

export function loopDocument({ decision, rollout, result, learned, rewards }: LoopOutcome) {
  const { program } = rollout;
  return {
    decision: decision === undefined ? null : decisionDocument(decision),
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
      /** Type of the instruction, such as `COST_OPTIMIZATION_v2`. */
      type: rollout.instruction.type,
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
    /** `notes`: what weakens the measurement, in sentences. */
    execution: { ...result.execution, notes: notesOf(result) },
    leaderboard: result.leaderboard,
    effects: result.effects ?? [],
    analysis: result.analysis ?? null,
    learned: learned ?? null,
    rewards: rewards ?? null,
  };
}

/** Also `decision` of `decide --json`. */
export function decisionDocument(decision: Decision) {
  return {
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
  };
}

/** The notes of a result; one of another version may have none. */
export function notesOf({ notes }: Result): string[] {
  return Array.isArray(notes) ? notes.map(String) : [];
}
