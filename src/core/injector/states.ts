/** The rollout's state machine as data: which state may follow which (DESIGN section 7). */
import { DreamnetError } from '../errors.js';
import type { RolloutState } from '../nerve/messages/rollout-record.js';

export const nextStates: Readonly<Record<RolloutState, readonly RolloutState[]>> = {
  planned: ['canary', 'injecting', 'aborted', 'failed'],
  canary: ['injecting', 'paused', 'aborted', 'rolled_back', 'failed'],
  injecting: ['live', 'paused', 'aborted', 'rolled_back', 'failed'],
  live: ['complete', 'rolled_back', 'failed'],
  paused: ['canary', 'injecting', 'aborted', 'rolled_back', 'failed'],
  // A resumed rollout goes on where it was.
  aborted: ['canary', 'injecting', 'rolled_back'],
  complete: ['rolled_back'],
  rolled_back: [],
  failed: ['canary', 'injecting', 'rolled_back'],
};

/** Throws DN511 for a step that the machine does not have. */
export function requireStep(from: RolloutState, to: RolloutState): void {
  if (from === to || nextStates[from].includes(to)) return;
  throw new DreamnetError({
    code: 'DN511',
    kind: 'bad-input',
    message: `A rollout that is ${from} cannot become ${to}.`,
    hint:
      nextStates[from].length === 0
        ? 'Start a new one.'
        : `From here it can become ${nextStates[from].join(', ')}.`,
  });
}
