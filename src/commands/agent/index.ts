import { Flags } from '@oclif/core';
import { agentPlaceFlags } from '../../cli/agent-flags.js';
import { BaseCommand, streamingFlags } from '../../cli/base-command.js';
import { countFlag } from '../../cli/flags.js';
import { type AgentDocument, hostAgents } from '../../cli/host-agents.js';
import { type LogLine, logText } from '../../cli/service-log.js';

export default class Agent extends BaseCommand<typeof Agent> {
  static override summary =
    'Host agents: the containers of this Docker host become tasks that programs work on.';
  static override description =
    `Works until it is stopped. Containers that match --filter are spread over a few agents, so that some of them can be held out when a program is measured. What a program does is a real \`docker update\`; what was there before is written down first, and comes back by \`dreamnet rollout rollback\`, or by \`dreamnet agent restore\` when no agent runs. docs/workloads.md says what each action does.

A container with the label dreamnet.optout is left alone, and so are dreamnet's own and its Redis. Logs go to stderr, with --json or --jsonl as JSON lines.`;
  static override examples = [
    '<%= config.bin %> agent --workload docker --filter label=tier=web',
    '<%= config.bin %> agent --filter label=batch --filter name=worker --agents 8',
    '<%= config.bin %> agent --filter label=tier=web --redis redis://10.0.0.5:6379',
    '<%= config.bin %> agent --workload simulated --agents 10 --id test',
  ];
  static override flags = {
    workload: Flags.option({
      description: 'What the tasks are: the containers of a Docker engine, or made up.',
      options: ['docker', 'simulated'] as const,
      default: 'docker' as const,
      env: 'DREAMNET_WORKLOAD',
    })(),
    filter: Flags.string({
      description:
        'Which containers may be changed, as `docker ps --filter` takes it: label=KEY=VALUE, name=NAME or id=ID. Labels must all match.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<filter>',
    }),
    id: Flags.string({
      description:
        'Beginning of the ids of the agents, or all of their ids with commas. [default: the name of this host]',
      helpValue: '<id>',
      env: 'DREAMNET_ID',
    }),
    agents: countFlag('agents', {
      description:
        'Agents to spread the containers over. [default: as the last time; at first 4, or one per container]',
      max: 1_000,
    }),
    label: Flags.string({
      description: 'A label of the agents, for selectors; may be given several times.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<name=value>',
      env: 'DREAMNET_LABELS',
    }),
    prices: Flags.string({
      description: 'Table of prices per region. [default: a documented one, see docs/workloads.md]',
      helpValue: '<file>',
    }),
    keys: Flags.string({
      description:
        'Directory with the public keys of those whose orders are obeyed. [default: that of this home]',
      helpValue: '<dir>',
      env: 'DREAMNET_KEYS',
    }),
    ...agentPlaceFlags,
    seed: Flags.string({
      description: 'Seed of the simulated workload.',
      default: '1',
      helpValue: '<number>',
    }),
    ...streamingFlags,
  };

  async run(): Promise<AgentDocument> {
    const { flags, signal } = this;
    const json = this.jsonEnabled() || this.jsonLinesEnabled();
    const log = (line: LogLine) => this.note(logText(line, { at: Date.now(), json }));
    const document = await hostAgents(flags, { signal, log });
    // They were stopped as services are stopped: that is no failure.
    process.exitCode = 0;
    return document;
  }
}
