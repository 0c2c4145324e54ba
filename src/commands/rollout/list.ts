import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { countFlag } from '../../cli/flags.js';
import { withReading } from '../../cli/open-session.js';
import { rolloutsText } from '../../cli/views/rollout-view.js';
import { rolloutStateSchema } from '../../core/nerve/messages/rollout-record.js';
import { type RolloutsDocument, rolloutsDocument } from '../../documents/rollout-document.js';

export default class RolloutList extends BaseCommand<typeof RolloutList> {
  static override summary = 'List the rollouts, newest first: state, program, what became of their agents.';
  static override description =
    'A state with `, left` is one on the way that no injector works on any more: resume it, or roll it back.';
  static override examples = [
    '<%= config.bin %> rollout list',
    '<%= config.bin %> rollout list --state paused --json',
  ];
  static override flags = {
    count: countFlag('count', { description: 'Rollouts listed at most.', default: '10' }),
    state: Flags.option({
      description: 'Only those in this state.',
      options: rolloutStateSchema.options,
    })(),
  };

  async run(): Promise<RolloutsDocument> {
    const { flags, signal } = this;
    const { document, nowMs } = await withReading(
      { command: 'rollout', flags, signal },
      async ({ context: { redis, names, clock } }) => ({
        document: await rolloutsDocument(redis, names, { count: Number(flags.count), state: flags.state }),
        nowMs: clock(),
      }),
    );
    this.print(rolloutsText(document, nowMs));
    return document;
  }
}
