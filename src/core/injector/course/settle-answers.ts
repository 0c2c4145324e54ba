/** What agents were told and answered in, what has become of each out. Pure. */
import type { AgentOutcome, RolloutAgent } from '../../nerve/messages/rollout-record.js';
import type { PlannedAgent } from '../plan/plan.js';
import type { Answer } from './acknowledgements.js';
import { type Place, placeOf } from './rollout-agents.js';

export interface Expected {
  /** What those become that did as they were told. */
  readonly outcome: AgentOutcome;
  readonly sentAt: number;
  readonly withinMs: number;
  readonly reason?: string | undefined;
}

/** `isInterrupted`: what has not answered stays as it was, and a resume asks it again. */
export function settleAnswers(
  targets: readonly PlannedAgent[],
  answerOf: (id: string) => Answer | undefined,
  { isInterrupted, ...expected }: Expected & { readonly isInterrupted: boolean },
): Map<string, RolloutAgent> {
  const changed = new Map<string, RolloutAgent>();
  for (const target of targets) {
    const answer = answerOf(target.id);
    if (answer === undefined && isInterrupted) continue;
    changed.set(target.id, settledAgent(target, answer, expected));
  }
  return changed;
}

/** What an answer, or none within `withinMs`, makes of an agent that was to become `outcome`. */
function settledAgent(target: PlannedAgent, answer: Answer | undefined, expected: Expected): RolloutAgent {
  const { outcome, sentAt, withinMs, reason } = expected;
  const place = placeOf(target);
  const route = answer?.route === undefined ? {} : { route: answer.route };
  if (answer?.outcome !== 'done') return { ...place, ...route, ...failureOf(answer, withinMs) };
  const { batch, heldOut, ...joined } = place;
  const acknowledgedMs = Math.max(0, answer.at - sentAt);
  // One literal with what all have: an object that is put together takes half as much again, a hundred thousand times.
  const settled: RolloutAgent = { batch, heldOut, outcome, acknowledgedMs, loadMs: answer.loadMs };
  return Object.assign(settled, joined, route, reason === undefined ? {} : { reason });
}

function failureOf(answer: Answer | undefined, withinMs: number): Omit<RolloutAgent, keyof Place> {
  if (answer === undefined) {
    return { outcome: 'failed', code: 'DN540', reason: `no acknowledgement within ${withinMs} ms` };
  }
  return { outcome: 'failed', code: answer.code ?? 'DN541', reason: answer.reason ?? answer.outcome };
}
