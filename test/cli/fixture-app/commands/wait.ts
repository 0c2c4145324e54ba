import { setTimeout as sleep } from 'node:timers/promises';
import { Args } from '@oclif/core';
import { BaseCommand } from '../../../../src/cli/base-command.js';
import { DreamnetError } from '../../../../src/core/errors.js';

/** Waits until it is stopped, then ends as it is told. */
export default class Wait extends BaseCommand<typeof Wait> {
  static override args = {
    ending: Args.string({
      required: true,
      ignoreStdin: true,
      options: ['return', 'throw', 'reject', 'linger'],
    }),
  };

  async run(): Promise<object> {
    const aborted = new Promise((resolve) => this.signal.addEventListener('abort', resolve));
    this.note('waiting');
    if (this.args.ending === 'reject') await sleep(60_000, undefined, { signal: this.signal });
    const alive = setInterval(() => {}, 1_000);
    await aborted;
    if (this.args.ending === 'linger') await sleep(60_000);
    clearInterval(alive);
    if (this.args.ending === 'return') return { stopped: true };
    throw new DreamnetError({
      code: 'DN599',
      kind: 'interrupted',
      message: 'stopped after batch 3 of 116',
      hint: 'Resume with: fixture wait --resume r1',
    });
  }
}
