/** The agents of a rollout, each with what became of it, and how many are where; a step that cannot be is refused. */
import type { AgentOutcome, RolloutAgent } from '../../nerve/messages/rollout-record.js';
import { countsOf } from './rollout-agents.js';
import { requireOutcome } from './states.js';

export class AgentOutcomes {
  readonly #agents: Map<string, RolloutAgent>;
  /** Counting them for each batch anew would cost as many looks as the square of the fleet. */
  readonly #counts: Record<AgentOutcome, number>;

  constructor(agents: Map<string, RolloutAgent>) {
    this.#agents = agents;
    this.#counts = countsOf(agents);
  }

  get all(): ReadonlyMap<string, RolloutAgent> {
    return this.#agents;
  }

  get counts(): Record<AgentOutcome, number> {
    return { ...this.#counts };
  }

  of(id: string): AgentOutcome {
    return this.#agents.get(id)?.outcome ?? 'pending';
  }

  /** Throws for an agent that cannot become what it is to be. */
  require(changed: ReadonlyMap<string, RolloutAgent>): void {
    for (const [id, { outcome }] of changed) requireOutcome(id, this.of(id), outcome);
  }

  /** Agents as they are from now on; those that are new join. */
  put(changed: ReadonlyMap<string, RolloutAgent>): void {
    for (const [id, agent] of changed) {
      const before = this.#agents.get(id);
      if (before !== undefined) this.#counts[before.outcome]--;
      this.#counts[agent.outcome]++;
      this.#agents.set(id, agent);
    }
  }
}
