/** Steering a rollout from the console, as values: what is possible now, and how far a wish has come. Pure. */
import { nextStates, wishRules } from '../core/injector/course/states.js';
import type { RolloutRecord } from '../core/nerve/messages/rollout-record.js';
import type { WishAction } from '../core/nerve/messages/wish.js';
import type { KeyAction } from './keys.js';
import type { Tone } from './theme.js';

/** What takes something back for good is typed out first. */
export type Steering =
  | { readonly step: 'idle' }
  | {
      readonly step: 'confirming';
      readonly action: 'abort' | 'rollback';
      readonly rollout: string;
      readonly typed: string;
    }
  | { readonly step: 'asking'; readonly action: WishAction; readonly rollout: string }
  | { readonly step: 'told'; readonly text: string; readonly tone: Tone };

export const idle: Steering = { step: 'idle' };

export type SteeringKey = Extract<KeyAction, 'pause' | 'abort' | 'rollback'>;

export function isSteeringKey(action: KeyAction): action is SteeringKey {
  return action === 'pause' || action === 'abort' || action === 'rollback';
}

/** The wish that a key stands for in this state of the rollout; undefined when there is nothing to wish. */
export function wishOf(key: SteeringKey, state: RolloutRecord['state']): WishAction | undefined {
  const wish: WishAction = key === 'pause' && state === 'paused' ? 'resume' : key;
  if (wishRules[wish].when.includes(state)) return wish;
  return wish === 'rollback' && nextStates[state].includes('rolled_back') ? wish : undefined;
}

/** What a press of such a key leads to. */
export function pressed(key: SteeringKey, rollout: RolloutRecord | undefined): Steering {
  const action = rollout && wishOf(key, rollout.state);
  if (rollout === undefined || action === undefined) return nothingTo(key, rollout);
  if (action === 'abort' || action === 'rollback')
    return { step: 'confirming', action, rollout: rollout.id, typed: '' };
  return { step: 'asking', action, rollout: rollout.id };
}

/** A key while the confirmation is typed; never anything else than part of the word. */
export function typing(
  steering: Extract<Steering, { step: 'confirming' }>,
  input: string,
  key: {
    readonly escape?: boolean;
    readonly return?: boolean;
    readonly backspace?: boolean;
    readonly delete?: boolean;
  },
): Steering {
  const { action, rollout } = steering;
  if (key.escape) return idle;
  if (key.backspace || key.delete) return { ...steering, typed: steering.typed.slice(0, -1) };
  // What is pasted, or typed over a slow line, comes as one input, with its enter.
  const [before = '', ...after] = input.split(/[\r\n]/);
  const letters = before.replaceAll(/[^a-z]/gi, '');
  const typed = (steering.typed + letters).slice(0, action.length + 4);
  if (!key.return && after.length === 0) return { ...steering, typed };
  if (typed === action) return { step: 'asking', action, rollout };
  return { step: 'told', tone: 'warning', text: `Not done: "${typed}" is not ${action}.` };
}

/** The line at the bottom; undefined while there is nothing to say. */
export function steeringLine(steering: Steering): { readonly text: string; readonly tone: Tone } | undefined {
  switch (steering.step) {
    case 'idle':
      return undefined;
    case 'confirming': {
      const { action, rollout, typed } = steering;
      const what = action === 'abort' ? 'Abort' : 'Roll back';
      return {
        tone: 'warning',
        text: `${what} ${rollout}? type ${action} (esc: no): ${typed}_`,
      };
    }
    case 'asking':
      return { tone: 'accent', text: `Asking for ${steering.action} of ${steering.rollout} …` };
    case 'told':
      return steering;
    default:
      return steering satisfies never;
  }
}

function nothingTo(key: SteeringKey, rollout: RolloutRecord | undefined): Steering {
  const what = key === 'rollback' ? 'roll back' : key;
  const why =
    rollout === undefined ? 'there is no rollout' : `the rollout is ${rollout.state.replaceAll('_', ' ')}`;
  return { step: 'told', tone: 'muted', text: `Nothing to ${what}: ${why}.` };
}
