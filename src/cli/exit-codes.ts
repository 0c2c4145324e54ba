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

/** With which of them a command can end, besides those that every command can end with; commands not named here need a fleet. */
const codesOfCommand: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['check', 'compile', 'disasm', 'explain', 'fmt', 'help'].map((command) => [command, []] as const),
  ),
  ...Object.fromEntries(
    ['keys', 'keys:create', 'keys:list', 'keys:trust', 'keys:use'].map((command) => [command, []] as const),
  ),
  run: ['3', '4', '5', '6'],
  inject: ['3', '4', '6'],
  decide: ['3', '5', '6'],
  'rollout:rollback': ['4', '6'],
};
const codesOfAll = ['0', '1', '2', '130'];
const codesOfOthers = ['6'];

/** By the id of a command, such as `rollout:list`. */
export function exitCodesOf(command: string): typeof EXIT_CODES {
  const codes = [...codesOfAll, ...(codesOfCommand[command] ?? codesOfOthers)];
  return EXIT_CODES.filter(([code]) => codes.includes(code)).map(([code, meaning]) => [
    code,
    ['run', 'inject'].includes(command)
      ? meaning
      : meaning.replace('; the command that resumes is shown', ''),
  ]);
}

/** Signals that end a command, with the number that a shell shows for each (128 + the signal's own). */
export const EXIT_CODE_OF_SIGNAL = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof EXIT_CODE_OF_SIGNAL;
