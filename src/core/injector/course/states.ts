/**
 * The rollout's state machine as data: which state may follow which (DESIGN section 7), which outcome of an agent may follow
 * which, and which wish fits which state.
 */
import { DreamnetError } from '../../errors.js';
import type { AgentOutcome, RolloutState } from '../../nerve/messages/rollout-record.js';
import type { WishAction } from '../../nerve/messages/wish.js';

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

/** Nobody works on it any more, though some can be gone on with. */
export const endedStates: readonly RolloutState[] = ['complete', 'aborted', 'rolled_back', 'failed'];

/** What may become of an agent next. */
export const nextOutcomes: Readonly<Record<AgentOutcome, readonly AgentOutcome[]>> = {
  pending: ['staged', 'failed', 'skipped'],
  staged: ['live', 'failed', 'skipped', 'rolled_back'],
  live: ['failed', 'rolled_back'],
  // A resumed rollout asks again; a rollback that is repeated may reach what was silent the first time.
  failed: ['pending', 'skipped', 'rolled_back'],
  skipped: ['pending'],
  rolled_back: [],
};

/** What it throws is a bug of the coordinator, no matter of the operator's. */
export function requireOutcome(agent: string, from: AgentOutcome, to: AgentOutcome): void {
  if (from === to || nextOutcomes[from].includes(to)) return;
  throw new Error(`${agent} is ${from} and cannot become ${to}`);
}

export interface WishRule {
  /** States of a rollout in somebody's hands in which the wish makes sense. */
  readonly when: readonly RolloutState[];
  /** States in which there is nothing to do any more. */
  readonly done: readonly RolloutState[];
  /** Waiting wishes that this one takes the place of: what takes more back goes before what takes less. */
  readonly overrules: readonly WishAction[];
}

const onTheWay: readonly RolloutState[] = ['planned', 'canary', 'injecting'];

export const wishRules: Readonly<Record<WishAction, WishRule>> = {
  pause: { when: onTheWay, done: ['paused'], overrules: ['resume'] },
  resume: { when: ['paused'], done: onTheWay, overrules: ['pause'] },
  // Nothing is sent while it is live, so that there is nothing to pause; an abort ends its measurement.
  abort: { when: [...onTheWay, 'paused', 'live'], done: ['aborted'], overrules: ['pause', 'resume'] },
  rollback: {
    when: [...onTheWay, 'paused', 'live'],
    done: ['rolled_back'],
    overrules: ['pause', 'resume', 'abort'],
  },
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
