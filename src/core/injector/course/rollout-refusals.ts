/** Why a rollout does not begin, does not go on, or was stopped. */
import { DreamnetError } from '../../errors.js';
import type { RolloutRecord } from '../../nerve/messages/rollout-record.js';
import { nextStates } from './states.js';

export function alreadyRolledOut(record: RolloutRecord): DreamnetError {
  const canGoOn = record.state === 'live' || nextStates[record.state].includes('injecting');
  return new DreamnetError({
    code: 'DN512',
    kind: 'bad-input',
    message: `Instruction ${record.id} has been rolled out already: it is ${record.state}.`,
    hint: canGoOn
      ? `Go on with \`dreamnet inject --resume ${record.id}\`, or decide anew with \`dreamnet decide\`.`
      : 'Decide anew with `dreamnet decide`.',
  });
}

export function isComplete({ id }: RolloutRecord): DreamnetError {
  return new DreamnetError({
    code: 'DN513',
    kind: 'bad-input',
    message: `Nothing is left to resume in ${id}: it is complete.`,
    hint: `See what came of it with \`dreamnet results ${id}\`; \`dreamnet rollout rollback ${id}\` takes it back.`,
  });
}

/** Nobody may go on with it before somebody has looked: whoever can write to Redis may have written it. */
export function isNotBelieved(id: string, why: string): DreamnetError {
  return new DreamnetError({
    code: 'DN590',
    kind: 'failed',
    message: `Rollout ${id} is not gone on with: ${why}.`,
    hint: `Look at it with \`dreamnet rollout show ${id}\`; if it is what it should be, \`dreamnet inject --resume ${id}\` goes on with it.`,
  });
}

export function nothingLeft({ id, counts }: RolloutRecord): DreamnetError {
  const { failed = 0, rolled_back = 0 } = counts;
  return new DreamnetError({
    code: 'DN513',
    kind: 'bad-input',
    message: `Nothing is left to resume in ${id}: ${rolled_back} agents were returned to what they had, ${failed} have left.`,
    hint: 'Decide anew with `dreamnet decide`.',
  });
}

export function interruptedByOperator({ id, counts }: RolloutRecord): DreamnetError {
  const { staged = 0, live = 0, pending = 0 } = counts;
  return new DreamnetError({
    code: 'DN531',
    kind: 'interrupted',
    message: `Interrupted. Nothing more is sent: ${live} agents are live, ${staged} staged, ${pending} untouched.`,
    hint: `Go on with \`dreamnet inject --resume ${id}\`.`,
  });
}

/** `returned` agents answered that they have what they had before, `silent` ones did not answer. */
export function stoppedByGate(
  { id }: RolloutRecord,
  {
    reason,
    returned,
    silent,
  }: { readonly reason: string; readonly returned: number; readonly silent: number },
): DreamnetError {
  const missing = silent === 0 ? '' : `; ${silent} have not answered`;
  return new DreamnetError({
    code: 'DN530',
    kind: 'stopped-by-gate',
    message: `The rollout was stopped: ${reason}. ${returned} agents were returned to what they had${missing}.`,
    hint: `See why with \`dreamnet rollout show ${id}\`; \`dreamnet inject --resume ${id}\` goes on with failed and untouched agents, a canary first, and leaves alone those that were returned.`,
  });
}

/** With --no-auto-rollback: every agent is as it was when the gate closed. */
export function leftByGate({ id, counts }: RolloutRecord, reason: string): DreamnetError {
  const { staged = 0, live = 0, pending = 0 } = counts;
  return new DreamnetError({
    code: 'DN547',
    kind: 'stopped-by-gate',
    message: `The rollout was stopped: ${reason}. Agents stay as they are: ${live} live, ${staged} staged, ${pending} untouched.`,
    hint: `Take it back with \`dreamnet rollout rollback ${id}\`, or go on with \`dreamnet inject --resume ${id}\`.`,
  });
}
