/** How an operator is told what came of a wish: each named result of `ask-rollout.lua`, and how a wish ended a rollout. */
import { DreamnetError } from '../../errors.js';
import type { TransportName } from '../../nerve/messages/agent-record.js';
import type { RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { Control, WishAction } from '../../nerve/messages/wish.js';
import { nextStates } from '../course/states.js';

type Asked = Omit<Control, 'wish' | 'at'>;

const doneWords: Readonly<Record<WishAction, string>> = {
  pause: 'paused',
  resume: 'resumed',
  abort: 'aborted',
  rollback: 'rolled back',
};

/** Beside the state that it led to: `by ana@ops-3: payments is deploying`. */
export function askedBy({ by, reason }: Omit<Asked, 'action'>): string {
  return `by ${by}${reason === undefined ? '' : `: ${reason}`}`;
}

function wishText({ action, ...asked }: Asked): string {
  return `${doneWords[action]} ${askedBy(asked)}`;
}

export function noSuchRollout(id: string): DreamnetError {
  return new DreamnetError({
    code: 'DN506',
    kind: 'bad-input',
    message: `There is no rollout ${JSON.stringify(id.slice(0, 140))}.`,
    hint: 'See them with `dreamnet rollout list`.',
  });
}

export function noRolloutYet(): DreamnetError {
  return new DreamnetError({
    code: 'DN506',
    kind: 'bad-input',
    message: 'There is no rollout yet.',
    hint: 'Make one with `dreamnet run "reduce costs 15%"`.',
  });
}

export function ambiguousRollout(beginning: string, ids: readonly string[]): DreamnetError {
  const shown = ids.slice(0, 3).join(', ');
  return new DreamnetError({
    code: 'DN514',
    kind: 'bad-input',
    message: `${ids.length} rollouts begin with ${beginning}: ${shown}${ids.length > 3 ? ', …' : ''}.`,
    hint: 'Write more of the id.',
  });
}

/** The wish makes no sense in this state. */
export function doesNotFit(action: WishAction, { id, state }: { id: string; state: string }): DreamnetError {
  return new DreamnetError({
    code: 'DN515',
    kind: 'bad-input',
    message: `Rollout ${id} is ${state.replaceAll('_', ' ')}: it cannot be ${doneWords[action]}.`,
    hint: hintFor(action, { id, state }),
  });
}

/** Nobody works on it, so that nobody can obey. One that is only stuck finds itself fenced off when it wakes. */
export function nobodyHolds(action: WishAction, { id, state }: { id: string; state: string }): DreamnetError {
  const otherwise =
    action === 'resume'
      ? ''
      : `; \`dreamnet rollout rollback ${id}\` takes it over and returns its agents to what they had`;
  return new DreamnetError({
    code: 'DN516',
    kind: 'bad-input',
    message: `No injector works on rollout ${id}, which is ${state}: the one that held it has ended, or hangs.`,
    hint: `\`dreamnet inject --resume ${id}\` goes on with it${otherwise}.`,
  });
}

export function overruledBy(action: WishAction, id: string, other: Asked): DreamnetError {
  return new DreamnetError({
    code: 'DN517',
    kind: 'bad-input',
    message: `Rollout ${id} is being ${wishText(other)}; that goes before ${action}.`,
    hint: `See what becomes of it with \`dreamnet rollout show ${id}\`.`,
  });
}

/** Asked in time, and yet something else has happened first. */
export function cameTooLate(action: WishAction, { id, state, control }: RolloutRecord): DreamnetError {
  const why =
    control === undefined || control.action === action ? '' : `, because it was ${wishText(control)}`;
  return new DreamnetError({
    code: 'DN518',
    kind: 'failed',
    message: `Rollout ${id} was not ${doneWords[action]}: it is ${state.replaceAll('_', ' ')}${why}.`,
    hint: hintFor(action, { id, state }),
  });
}

export function notAnswered(action: WishAction, id: string, withinMs: number): DreamnetError {
  return new DreamnetError({
    code: 'DN519',
    kind: 'failed',
    message: `The injector that holds rollout ${id} is alive, but has not answered within ${Math.round(withinMs / 100) / 10} s.`,
    hint: `It still has to ${action} before it sends anything more; see \`dreamnet rollout show ${id}\`.`,
  });
}

/** Nobody is left out of a return: who cannot be reached this way is reached by another command. */
export function noWayBack(id: string, transport: Exclude<TransportName, 'bus'>): DreamnetError {
  const flag = { volume: '--volume DIR', docker: '--docker' }[transport];
  return new DreamnetError({
    code: 'DN537',
    kind: 'bad-input',
    message: `Some of the agents are reached by ${transport} only, which was not given.`,
    hint: `Take it back with \`dreamnet rollout rollback ${id} ${flag}\`.`,
  });
}

/** Rolling back would reach nobody now. */
export function nobodyToReturn(id: string, agents: number): DreamnetError {
  return new DreamnetError({
    code: 'DN536',
    kind: 'unreachable',
    message: `None of the ${agents} agents that have the program of ${id} is alive; nothing was changed.`,
    hint: 'Start them, then roll back; `dreamnet agents list` shows who is there.',
  });
}

/** Its program was live on these agents once, and none of them can return to it. */
export function nobodyRemembers({ id, state }: RolloutRecord, agents: number): DreamnetError {
  const why =
    agents === 0
      ? `it is ${state.replaceAll('_', ' ')} and live on no agent`
      : `none of the ${agents} agents that ran it holds it any more`;
  return new DreamnetError({
    code: 'DN538',
    kind: 'bad-input',
    message: `There is nothing to return to in ${id}: ${why}.`,
    hint: 'Roll its program out again: `dreamnet decide`, or an instruction with its source.',
  });
}

/** In the process that held the rollout: it ends, and agents stay as they are. */
export function abortedFromElsewhere({ id, counts }: RolloutRecord, wish: Asked): DreamnetError {
  const { staged = 0, live = 0, pending = 0 } = counts;
  return new DreamnetError({
    code: 'DN533',
    kind: 'interrupted',
    message: `The rollout was ${wishText(wish)}. Nothing more is sent: ${live} agents are live, ${staged} staged, ${pending} untouched.`,
    hint: `Go on with \`dreamnet inject --resume ${id}\`; \`dreamnet rollout rollback ${id}\` returns agents to what they had.`,
  });
}

export function rolledBackFromElsewhere(
  wish: Asked,
  { returned, silent }: { readonly returned: number; readonly silent: number },
): DreamnetError {
  const missing = silent === 0 ? '' : `; ${silent} have not answered`;
  return new DreamnetError({
    code: 'DN534',
    kind: 'stopped-by-gate',
    message: `The rollout was ${wishText(wish)}. ${returned} agents were returned to what they had${missing}.`,
    hint: 'Decide anew with `dreamnet decide`.',
  });
}

export function abortedWhileLive({ id }: RolloutRecord, wish: Asked): DreamnetError {
  return new DreamnetError({
    code: 'DN535',
    kind: 'interrupted',
    message: `The rollout was ${wishText(wish)}. Its window has not been measured to the end; agents keep the program.`,
    hint: `Measure it with \`dreamnet inject --resume ${id}\`; \`dreamnet rollout rollback ${id}\` returns agents to what they had.`,
  });
}

function hintFor(action: WishAction, { id, state }: { id: string; state: string }): string {
  const next = nextStates[state as keyof typeof nextStates] ?? [];
  if (next.includes('injecting')) return `Go on with \`dreamnet inject --resume ${id}\`.`;
  if (next.includes('rolled_back') && action !== 'rollback')
    return `\`dreamnet rollout rollback ${id}\` returns its agents to what they had.`;
  return `See it with \`dreamnet rollout show ${id}\`.`;
}
