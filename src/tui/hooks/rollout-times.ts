/**
 * A rollout's record in, when it came into its state and how far it had staged when out, as far as the record tells: a
 * console that is opened late dates what happened before to when it happened.
 */
import type { RolloutRecord } from '../../core/nerve/messages/rollout-record.js';

/** Earlier versions wrote down no time of an abort: then the last thing that is known to have happened before it. */
export function stateSinceMs(rollout: RolloutRecord): number {
  const { state, finishedAt, startedAt, control } = rollout;
  if (finishedAt !== undefined) return finishedAt;
  if (state === 'canary') return control?.action === 'resume' ? control.at : (startedAt ?? rollout.plannedAt);
  if (state === 'paused' && control?.action === 'pause') return control.at;
  return lastKnownMs(rollout);
}

/** The answers of a batch are judged when it has staged. */
export function stagedSinceMs(rollout: RolloutRecord): number {
  const judged = (rollout.gates ?? []).filter(({ stage }) => stage === 'batch').map(({ at }) => at);
  return judged.length > 0 ? Math.max(...judged) : (rollout.startedAt ?? rollout.plannedAt);
}

function lastKnownMs({ gates = [], control, ...rollout }: RolloutRecord): number {
  const { plannedAt, startedAt = 0, canaryPassedAt = 0, stagedAt = 0, liveAt = 0 } = rollout;
  const others = [control?.at ?? 0, ...gates.map(({ at }) => at)];
  return Math.max(plannedAt, startedAt, canaryPassedAt, stagedAt, liveAt, ...others);
}
