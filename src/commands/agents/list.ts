import { BaseCommand } from '../../cli/base-command.js';
import { countFlag, selectorFlag } from '../../cli/flags.js';
import { withReading } from '../../cli/open-session.js';
import { type AgentsDocument, agentsDocument } from '../../cli/views/agents-document.js';
import { agentsText } from '../../cli/views/agents-view.js';
import { limits } from '../../core/limits.js';

export default class AgentsList extends BaseCommand<typeof AgentsList> {
  static override summary = 'List the agents: status, labels, program, tasks and cost.';
  static override examples = [
    '<%= config.bin %> agents list',
    '<%= config.bin %> agents list --selector "class=web,region!=us-east" --limit 2000 --json',
  ];
  static override flags = {
    selector: selectorFlag,
    limit: countFlag('limit', {
      description: 'Agents shown at most.',
      default: '50',
      max: limits.localAgentsMax,
    }),
  };

  async run(): Promise<AgentsDocument> {
    const { flags, signal } = this;
    const document = await withReading({ command: 'agents', flags, signal }, ({ context }) =>
      agentsDocument(
        { ...context, nowMs: context.clock() },
        { selector: flags.selector, limit: Number(flags.limit) },
      ),
    );
    this.print(agentsText(document));
    return document;
  }
}
