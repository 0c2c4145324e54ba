/** What became of a change that was to be taken back, and how that is said. */
import { DreamnetError } from '../../../../errors.js';
import type { Aspect, Values } from './values.js';

export interface PutBack {
  readonly container: string;
  readonly name: string;
  readonly aspect: Aspect;
  /** `kept`: other instructions still hold it. `left`: somebody else has changed it meanwhile. */
  readonly outcome: 'restored' | 'kept' | 'left' | 'gone' | 'failed';
  readonly words: string;
}

export function words(aspect: Aspect): string {
  switch (aspect) {
    case 'cpu':
      return 'its CPU limit';
    case 'memory':
      return 'its memory limit';
    case 'pause':
      return 'whether it is paused';
    case 'region':
      return 'its region';
    default:
      return aspect satisfies never;
  }
}

export function shown(values: Values): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

export function notPutBack(failed: readonly PutBack[]): DreamnetError {
  const [first] = failed;
  const more = failed.length > 1 ? `, and ${failed.length - 1} more` : '';
  return new DreamnetError({
    code: 'DN656',
    kind: 'failed',
    message: `${first?.name}: ${words(first?.aspect ?? 'cpu')} could not be put back: ${first?.words}${more}.`,
    hint: 'What was there is written down: `dreamnet agent restore` puts it back when the engine answers again.',
  });
}
