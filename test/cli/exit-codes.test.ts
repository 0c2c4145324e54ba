import { describe, expect, it } from 'vitest';
import { EXIT_CODES, exitCodeOf } from '../../src/cli/exit-codes.js';

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
});
