import { setTimeout as sleep } from 'node:timers/promises';
import { Flags } from '@oclif/core';
import { BaseCommand, streamingFlags } from '../../../../src/cli/base-command.js';
import { DreamnetError } from '../../../../src/core/errors.js';

/** Emits events: so many, or for ever. */
export default class Stream extends BaseCommand<typeof Stream> {
  static override flags = {
    ...streamingFlags,
    events: Flags.integer({ default: Number.MAX_SAFE_INTEGER }),
    fail: Flags.boolean(),
  };

  async run(): Promise<object | undefined> {
    const { signal } = this;
    for (let count = 1; count <= this.flags.events && !signal.aborted; count++) {
      this.emit({ type: 'tick', count });
      this.print(`tick ${count}`);
      await sleep(1);
    }
    if (this.flags.fail) throw new DreamnetError({ code: 'DN700', kind: 'failed', message: 'no more' });
    if (signal.aborted) this.note('order kept');
    return { events: this.flags.events };
  }
}
