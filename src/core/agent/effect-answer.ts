/** What a workload answered to an effect in, whatever it is; how the effect ended out. Nothing in it is believed unseen. */
import { messageOf } from '../errors.js';
import { limits } from '../limits.js';
import type { EffectEnd } from './effect-tally.js';
import type { TaskId } from './workload.js';

export function endOf(answer: unknown, task: TaskId): EffectEnd {
  try {
    if (typeof answer !== 'object' || answer === null || !('applied' in answer))
      return failed(`it was answered with ${shown(answer)}, which is no outcome`);
    const told = 'task' in answer ? answer.task : undefined;
    if (told !== undefined && told !== task)
      return failed(`it was answered for another task, ${shown(told)}`);
    if (answer.applied === true) return { kind: 'applied' };
    if (answer.applied !== false)
      return failed(`it was answered with applied: ${shown(answer.applied)}, which is no outcome`);
    const reason = 'reason' in answer && typeof answer.reason === 'string' ? answer.reason : '';
    return { kind: 'refused', reason: cut(reason) || 'no reason is given' };
  } catch (thrown) {
    return thrownEnd(thrown);
  }
}

/** Whatever is thrown, even what throws when it is looked at. */
export function thrownEnd(thrown: unknown): EffectEnd {
  return failed(textOf(() => cut(messageOf(thrown))) || 'it was thrown without a message');
}

export function failed(reason: string): EffectEnd {
  return { kind: 'failed', reason };
}

export function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

const valueCharactersMax = 40;

function shown(value: unknown): string {
  const text = textOf(() => (typeof value === 'string' ? JSON.stringify(value) : String(value)));
  return (text || typeof value).slice(0, valueCharactersMax);
}

function textOf(text: () => string): string {
  try {
    return text();
  } catch {
    return '';
  }
}

/** Before anything is kept: the text may be of any length. */
function cut(text: string): string {
  return text.slice(0, limits.effectReasonCharactersMax);
}
