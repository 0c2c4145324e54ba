import { describe, expect, it } from 'vitest';
import { EXIT_CODES, exitCodeOf, exitCodesOf } from '../../src/cli/exit-codes.js';

describe('exit codes', () => {
  it('are all explained in help', () => {
    const kinds = [
      'failed',
      'bad-input',
      'stopped-by-gate',
      'partly-done',
      'waits-for-approval',
      'unreachable',
      'interrupted',
    ] as const;
    const explained = EXIT_CODES.map(([code]) => Number(code));
    expect(kinds.map(exitCodeOf)).toEqual([1, 2, 3, 4, 5, 6, 130]);
    expect(explained).toEqual([0, 1, 2, 3, 4, 5, 6, 130]);
  });

  it.each([
    ['check', [0, 1, 2, 130]],
    ['keys:list', [0, 1, 2, 130]],
    ['rollout:list', [0, 1, 2, 6, 130]],
    ['a command that nobody has thought of', [0, 1, 2, 6, 130]],
    ['rollout:rollback', [0, 1, 2, 4, 6, 130]],
    ['decide', [0, 1, 2, 3, 5, 6, 130]],
    ['inject', [0, 1, 2, 3, 4, 6, 130]],
    ['run', [0, 1, 2, 3, 4, 5, 6, 130]],
  ])('of %s are the ones that it can end with', (command, codes) => {
    expect(exitCodesOf(command).map(([code]) => Number(code))).toEqual(codes);
  });

  it('promise a command that resumes only where there is one', () => {
    const interrupted = (command: string) => exitCodesOf(command).at(-1)?.[1];
    expect(interrupted('inject')).toContain('the command that resumes is shown');
    expect(interrupted('check')).toBe('interrupted (143 after SIGTERM, 129 after SIGHUP)');
  });
});
