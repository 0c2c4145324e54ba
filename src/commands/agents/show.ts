import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { withReading } from '../../cli/open-session.js';
import { type AgentDocument, agentDocument } from '../../cli/views/agents-document.js';
import { agentText } from '../../cli/views/agents-view.js';

export default class AgentsShow extends BaseCommand<typeof AgentsShow> {
  static override summary = 'Show one agent: what it runs and measures, and its last rollout.';
  static override examples = ['<%= config.bin %> agents show agent-0001'];
  static override args = { id: Args.string({ description: 'Id of the agent.', required: true }) };

  async run(): Promise<AgentDocument> {
    const { flags, args, signal } = this;
    const document = await withReading({ command: 'agents', flags, signal }, ({ context }) =>
      agentDocument({ ...context, nowMs: context.clock() }, args.id),
    );
    this.print(agentText(document));
    return document;
  }
}
