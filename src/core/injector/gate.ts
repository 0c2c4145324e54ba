/** The gates of a rollout: what has happened so far in, whether it may go on out. Asked after each batch and after the bake. */
import type { HeldRollout } from './held-rollout.js';
import { type CanaryVerdict, judgeCanary } from './judge-canary.js';
import type { PlannedAgent } from './plan.js';
import type { RolloutDependencies } from './rollout.js';
import type { Roster } from './roster.js';

export type GateVerdict = CanaryVerdict;

export interface Bake {
  readonly agents: readonly PlannedAgent[];
  /** What is left of the time that the canary is watched. */
  readonly bakeMs: number;
  /** Ends the watching early. */
  readonly signal: AbortSignal;
}

export class Gate {
  readonly #deps: RolloutDependencies;
  readonly #held: HeldRollout;
  readonly #roster: Roster;

  constructor(dependencies: RolloutDependencies, held: HeldRollout, roster: Roster) {
    this.#deps = dependencies;
    this.#held = held;
    this.#roster = roster;
  }

  /** After a batch has staged or gone live: agents that joined later do not count. */
  async afterBatch(): Promise<GateVerdict> {
    const { maxFailures, counts } = this.#held.record;
    const failed = (counts.failed ?? 0) - this.#roster.failedJoined();
    if (failed <= maxFailures) return { passed: true };
    return { passed: false, reason: `${failed} agents failed, ${maxFailures} are tolerated` };
  }

  /** Lasts as long as the canary is to be watched. */
  afterBake({ agents, bakeMs, signal }: Bake): Promise<GateVerdict> {
    return judgeCanary({
      ...this.#deps,
      instruction: this.#held.record.id,
      agents: agents.map(({ id }) => id),
      bakeMs,
      graceMs: this.#held.acknowledgeWithinMs,
      signal,
    });
  }
}
