/** What the parts of a rollout's course share: its plan and settings, its record, its gates, and who joined since. */
import type { AgentOutcome } from '../../nerve/messages/rollout-record.js';
import type { RolloutSettings } from '../../nerve/messages/rollout-settings.js';
import type { Obedience } from '../control/obey-wishes.js';
import type { WishWatch } from '../control/wishes.js';
import type { Gates } from '../gates/gates.js';
import type { Plan, PlannedAgent } from '../plan/plan.js';
import type { HeldRollout } from './held-rollout.js';
import type { RolloutDependencies } from './rollout.js';
import type { Roster } from './roster.js';

export interface Course {
  readonly deps: RolloutDependencies & { readonly wishes: WishWatch };
  readonly settings: RolloutSettings;
  readonly plan: Plan;
  readonly held: HeldRollout;
  readonly obedience: Obedience;
  readonly gates: Gates;
  readonly roster: Roster;
  /** Agents that have been told to stage, of which it is not known what became of them. */
  readonly underWay: Set<PlannedAgent>;
  /** With `--pause-between`, no batch is sent before this time. */
  readonly pace: { notBefore: number };
}

export function withOutcome(
  { held }: Pick<Course, 'held'>,
  agents: readonly PlannedAgent[],
  outcome: AgentOutcome,
): PlannedAgent[] {
  return agents.filter(({ id }) => held.outcomeOf(id) === outcome);
}
