import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { countFlag } from '../cli/flags.js';
import { withReading } from '../cli/open-session.js';
import { showLoop } from '../cli/views/loop-view.js';
import {
  cardOf,
  type ResultDocument,
  type ResultsDocument,
  resultDocument,
  resultsDocument,
  resultsText,
} from '../cli/views/results-document.js';

export default class Results extends BaseCommand<typeof Results> {
  static override summary = 'List the newest results, or show one of them.';
  static override examples = [
    '<%= config.bin %> results',
    '<%= config.bin %> results --count 100 --json',
    '<%= config.bin %> results instr_01jabc',
  ];
  static override args = {
    id: Args.string({ description: 'Instruction or decision of one result, which is then shown whole.' }),
  };
  static override flags = {
    count: countFlag('count', { description: 'Results listed at most.', default: '10' }),
  };

  async run(): Promise<ResultDocument | ResultsDocument> {
    const { flags, args, signal } = this;
    return withReading(
      { command: 'results', flags, signal },
      async ({ context: { redis, names, clock } }) => {
        if (args.id !== undefined) {
          const document = await resultDocument(redis, names, args.id);
          this.print(showLoop(cardOf(document), flags));
          return document;
        }
        const document = await resultsDocument(redis, names, Number(flags.count));
        this.print(resultsText(document, clock()));
        return document;
      },
    );
  }
}
