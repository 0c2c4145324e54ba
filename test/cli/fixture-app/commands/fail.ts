import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../../src/cli/base-command.js';
import { DreamnetError, type FailureKind } from '../../../../src/core/errors.js';

/** Fails in the way it is told: a failure kind, `bug`, `stray` (outside of every promise), or an error code of the system. */
export default class Fail extends BaseCommand<typeof Fail> {
  static override args = { how: Args.string({ required: true, ignoreStdin: true }) };
  static override flags = { agents: Flags.integer({ min: 1 }) };

  async run(): Promise<undefined> {
    const { how } = this.args;
    if (how === 'bug') throw new TypeError('nothing is undefined');
    if (how === 'stray') {
      setImmediate(() => {
        throw new Error('nobody listened');
      });
      await new Promise((resolve) => setTimeout(resolve, 5_000));
    }
    if (/^E[A-Z]+$/.test(how)) {
      throw Object.assign(new Error(`connect ${how} 10.0.0.1:6379`), { code: how, syscall: 'connect' });
    }
    this.note('about to fail');
    throw new DreamnetError({
      code: 'DN503',
      kind: how as FailureKind,
      message: 'batch of 40 is above the limit of 25\u001b[2J',
      hint: 'Use a smaller --batch.',
    });
  }
}
