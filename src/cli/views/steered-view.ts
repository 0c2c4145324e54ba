/** What came of `rollout pause|resume|abort|rollback`: its document, and the same in a few lines. */
import type { Steered } from '../../core/injector/steer.js';
import type { RolloutRecord } from '../../core/nerve/messages/rollout-record.js';
import type { WishAction } from '../../core/nerve/messages/wish.js';
import { formatCount, formatDuration, formatNumber } from '../format.js';

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

export function steeredText(document: SteeredDocument): string {
  const { id, changed, state, ms } = document;
  if (!changed) return `Rollout ${id} is ${state.replaceAll('_', ' ')} already; nothing was changed.`;
  return `${happened(document)}, after ${formatDuration(ms)}.\n  ${next(document)}`;
}

/** `2 failed, 19 live, 1 staged`: what matters most first, and what nobody is left out. */
export function countsText(counts: RolloutRecord['counts']): string {
  return outcomesInOrder
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${formatNumber(counts[outcome])} ${outcome.replaceAll('_', ' ')}`)
    .join(', ');
}

const outcomesInOrder = ['failed', 'live', 'staged', 'rolled_back', 'skipped', 'pending'] as const;

function happened({ id, action, state, counts, silent }: SteeredDocument): string {
  switch (action) {
    case 'pause':
      return `Rollout ${id} is paused: nothing more is sent (${countsText(counts)})`;
    case 'resume':
      return `Rollout ${id} goes on: it is ${state} (${countsText(counts)})`;
    case 'abort':
      return state === 'live'
        ? `Rollout ${id} stays live, and nobody measures it any more (${countsText(counts)})`
        : `Rollout ${id} is aborted: nothing more is sent, agents stay as they are (${countsText(counts)})`;
    case 'rollback': {
      const missing = silent === 0 ? '' : `; ${formatCount(silent, 'agent')} did not answer`;
      const returned = formatCount(counts.rolled_back, 'agent');
      return `Rollout ${id} is rolled back: ${returned} returned to what they had${missing}`;
    }
    default:
      return action satisfies never;
  }
}

function next({ id, action, state, silent }: SteeredDocument): string {
  switch (action) {
    case 'pause':
      return `Go on with \`dreamnet rollout resume ${id}\`, or end it with abort or rollback.`;
    case 'resume':
      return 'Follow it with `dreamnet watch`.';
    case 'abort': {
      const goesOn = state === 'live' ? 'Measure it' : 'Go on';
      return `${goesOn} with \`dreamnet inject --resume ${id}\`, or take it back with \`dreamnet rollout rollback ${id}\`.`;
    }
    case 'rollback':
      return silent === 0
        ? 'Decide anew with `dreamnet decide`.'
        : `Ask them again with \`dreamnet rollout rollback ${id}\`; see who with \`dreamnet rollout show ${id} --outcome failed\`.`;
    default:
      return action satisfies never;
  }
}
