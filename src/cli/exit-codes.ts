/**
 * How a command ends: every reason has one documented number (docs: EXIT CODES in each command's help).
 */
import type { FailureKind } from '../core/errors.js';

const CODE_OF_KIND: Record<FailureKind, number> = {
  failed: 1,
  'bad-input': 2,
  'stopped-by-gate': 3,
  'partly-done': 4,
  'waits-for-approval': 5,
  unreachable: 6,
  interrupted: 130,
};

export function exitCodeOf(kind: FailureKind): number {
  return CODE_OF_KIND[kind];
}

/** What each number means, in the order in which help shows them. */
export const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'bad input'],
  ['3', 'stopped by a gate, or rolled back'],
  ['4', 'partly done'],
  ['5', 'waits for approval'],
  ['6', 'something needed is unreachable'],
  ['130', 'interrupted; the command that resumes is shown (143 after SIGTERM, 129 after SIGHUP)'],
];

/** Signals that end a command, with the number that a shell shows for each (128 + the signal's own). */
export const EXIT_CODE_OF_SIGNAL = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof EXIT_CODE_OF_SIGNAL;
