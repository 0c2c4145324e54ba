/** What came of a rollout that was paused, resumed, aborted or taken back in, its document out. */
import type { Steered } from '../core/injector/control/steer.js';
import type { RolloutRecord } from '../core/nerve/messages/rollout-record.js';
import type { WishAction } from '../core/nerve/messages/wish.js';

export interface SteeredDocument {
  readonly id: string;
  readonly action: WishAction;
  readonly state: RolloutRecord['state'];
  /** False: it had been so before. */
  readonly changed: boolean;
  readonly reason: string | null;
  /** The process that did it. */
  readonly doneBy: string;
  readonly ms: number;
  readonly counts: RolloutRecord['counts'];
  /** Agents that were told to return and have not answered. */
  readonly silent: number;
}

export function steeredDocument(action: WishAction, steered: Steered): SteeredDocument {
  const { record, changed, doneBy, ms, silent } = steered;
  const { id, state, reason = null, counts } = record;
  return { id, action, state, changed, reason, doneBy, ms, counts, silent };
}
