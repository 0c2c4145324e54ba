/** The document of `rollout pause|resume|abort|rollback` in, a few lines out. */
import type { RolloutRecord } from '../../core/nerve/messages/rollout-record.js';
import type { SteeredDocument } from '../../documents/steered-document.js';
import { formatCount, formatDuration, formatNumber } from '../format.js';
import { formatPairs } from '../table.js';

export function steeredText(document: SteeredDocument): string {
  const { id, changed, state, reason, counts, doneBy, ms } = document;
  const stateText = `${state.replaceAll('_', ' ')}${reason === null ? '' : `, ${reason}`}`;
  return [
    steeredHeadline(document),
    formatPairs([
      ['rollout', id],
      ['state', stateText],
      ['agents', countsText(counts)],
      ...(changed ? [['done by', `${doneBy}, after ${formatDuration(ms)}`] as const] : []),
      ...nextRows(changed ? next(document) : [`dreamnet rollout show ${id}`]),
    ]),
  ].join('\n');
}

/** What happened, in one sentence. */
export function steeredHeadline(document: SteeredDocument): string {
  return document.changed ? happened(document) : 'It was so already; nothing was changed.';
}

/** Commands that may come next, each on a line of its own. */
export function nextRows(commands: readonly string[]): (readonly [name: string, value: string])[] {
  return commands.map((command, at) => [at === 0 ? 'next' : 'or', command]);
}

/** `2 failed, 19 live, 1 staged`: what matters most first, and what nobody is left out. */
export function countsText(counts: RolloutRecord['counts']): string {
  return outcomesInOrder
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${formatNumber(counts[outcome])} ${outcome.replaceAll('_', ' ')}`)
    .join(', ');
}

const outcomesInOrder = ['failed', 'live', 'staged', 'rolled_back', 'skipped', 'pending'] as const;

function happened({ action, state, counts, silent }: SteeredDocument): string {
  switch (action) {
    case 'pause':
      return 'Paused: nothing more is sent until it is resumed.';
    case 'resume':
      return 'Resumed: it goes on where it was.';
    case 'abort':
      return state === 'live'
        ? 'Aborted: agents keep the program, and nobody measures it any more.'
        : 'Aborted: nothing more is sent, agents stay as they are.';
    case 'rollback': {
      const missing = silent === 0 ? '' : `; ${formatCount(silent, 'agent')} did not answer`;
      return `Rolled back: ${formatCount(counts.rolled_back, 'agent')} returned to what they had${missing}.`;
    }
    default:
      return action satisfies never;
  }
}

function next({ id, action, silent }: SteeredDocument): string[] {
  const back = `dreamnet rollout rollback ${id}`;
  switch (action) {
    case 'pause':
      return [`dreamnet rollout resume ${id}`, `dreamnet rollout abort ${id}`, back];
    case 'resume':
      return ['dreamnet watch'];
    case 'abort':
      return [`dreamnet inject --resume ${id}`, back];
    case 'rollback':
      return silent === 0 ? ['dreamnet decide GOAL'] : [`dreamnet rollout show ${id} --outcome failed`, back];
    default:
      return action satisfies never;
  }
}
