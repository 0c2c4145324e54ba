import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { countFlag } from '../../cli/flags.js';
import { withReading } from '../../cli/open-session.js';
import { rolloutArg } from '../../cli/steer.js';
import { rolloutText } from '../../cli/views/rollout-view.js';
import { limits } from '../../core/limits.js';
import { agentOutcomeSchema } from '../../core/nerve/messages/rollout-record.js';
import { type RolloutDocument, rolloutDocument } from '../../documents/rollout-document.js';

export default class RolloutShow extends BaseCommand<typeof RolloutShow> {
  static override summary =
    'Show one rollout: its state and why, who works on it, gates, what became of its agents.';
  static override examples = [
    '<%= config.bin %> rollout show',
    '<%= config.bin %> rollout show instr_01jabc --outcome failed',
    '<%= config.bin %> rollout show latest --agents --json',
  ];
  static override args = { id: rolloutArg };
  static override flags = {
    agents: Flags.boolean({ description: 'Show each agent, too.' }),
    outcome: Flags.option({
      description: 'Show the agents with this outcome.',
      options: agentOutcomeSchema.options,
    })(),
    limit: countFlag('limit', {
      description: 'Agents shown at most; --json has all of them.',
      default: '50',
      max: limits.localAgentsMax,
    }),
  };

  async run(): Promise<RolloutDocument> {
    const { flags, args, signal } = this;
    const { document, nowMs } = await withReading(
      { command: 'rollout', flags: { ...flags, agents: undefined }, signal },
      async ({ context: { redis, names, clock } }) => ({
        document: await rolloutDocument(redis, names, {
          typed: args.id,
          agents: flags.outcome ?? (flags.agents ? 'all' : undefined),
        }),
        nowMs: clock(),
      }),
    );
    this.print(rolloutText(document, { nowMs, limit: Number(flags.limit) }));
    return document;
  }
}
