import { describe, expect, it } from 'vitest';
import { globalFlagsLast } from '../../src/cli/main.js';

describe('global flags before the command', () => {
  it.each([
    [
      ['doctor', '--json'],
      ['doctor', '--json'],
    ],
    [
      ['--json', 'doctor'],
      ['doctor', '--json'],
    ],
    [
      ['--prefix', 'a', '-q', 'run', 'goal'],
      ['run', 'goal', '--prefix', 'a', '-q'],
    ],
    [
      ['--redis=redis://h', 'run', '--', '--json'],
      ['run', '--redis=redis://h', '--', '--json'],
    ],
    [['--json'], ['--json', '--help']],
    [['--version'], ['--version']],
    [[], []],
  ])('%j is %j', (argv, expected) => {
    expect(globalFlagsLast(argv)).toEqual(expected);
  });
});
