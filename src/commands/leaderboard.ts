import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { countFlag } from '../cli/flags.js';
import { withReading } from '../cli/open-session.js';
import {
  boardKinds,
  boardOf,
  type LeaderboardDocument,
  leaderboardText,
} from '../cli/views/leaderboard-view.js';
import { limits } from '../core/limits.js';
import { readLeaderboard } from '../core/results/leaderboard.js';

export default class LeaderboardCommand extends BaseCommand<typeof LeaderboardCommand> {
  static override summary = 'Rank the agents by throughput, savings, volume or points.';
  static override examples = [
    '<%= config.bin %> leaderboard',
    '<%= config.bin %> leaderboard points --count 20 --json',
  ];
  static override args = {
    kind: Args.string({ description: 'One board instead of all.', options: [...boardKinds] }),
  };
  static override flags = {
    count: countFlag('count', {
      description: 'Agents shown per board.',
      default: '10',
      max: limits.localAgentsMax,
    }),
  };

  async run(): Promise<LeaderboardDocument> {
    const { flags, args, signal } = this;
    const kinds = boardKinds.filter((kind) => args.kind === undefined || kind === args.kind);
    const count = Number(flags.count);
    const boards = await withReading(
      { command: 'leaderboard', flags, signal },
      ({ context: { redis, names } }) =>
        Promise.all(
          kinds.map(async (kind) => boardOf(kind, await readLeaderboard({ redis, names, kind, count }))),
        ),
    );
    const document = { boards };
    this.print(leaderboardText(document));
    return document;
  }
}
