import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { countFlag } from '../../cli/flags.js';
import { withReading } from '../../cli/open-session.js';
import { showLoop } from '../../cli/views/loop-view.js';
import { resultMarkdown } from '../../cli/views/result-markdown.js';
import {
  cardOf,
  type ResultDocument,
  type ResultsDocument,
  resultDocument,
  resultsDocument,
  resultsText,
} from '../../cli/views/results-document.js';
import { DreamnetError } from '../../core/errors.js';

export default class Results extends BaseCommand<typeof Results> {
  static override summary = 'List the newest results, or show one of them.';
  static override examples = [
    '<%= config.bin %> results',
    '<%= config.bin %> results --count 100 --json',
    '<%= config.bin %> results instr_01jabc',
    '<%= config.bin %> results instr_01jabc --markdown > result.md',
    '<%= config.bin %> results compare instr_01jabc instr_01jdef',
  ];
  static override args = {
    id: Args.string({ description: 'Instruction or decision of one result, which is then shown whole.' }),
  };
  static override flags = {
    count: countFlag('count', { description: 'Results listed at most.', default: '10' }),
    markdown: Flags.boolean({
      description: 'Print one result as Markdown, with all that went wrong and what those have in common.',
      exclusive: ['json'],
    }),
  };

  async run(): Promise<ResultDocument | ResultsDocument> {
    const { flags, args, signal } = this;
    if (flags.markdown && args.id === undefined) throw markdownOfWhich();
    return withReading(
      { command: 'results', flags, signal },
      async ({ context: { redis, names, clock } }) => {
        if (args.id !== undefined) {
          const document = await resultDocument(redis, names, args.id);
          this.print(flags.markdown ? resultMarkdown(document) : showLoop(cardOf(document), flags));
          return document;
        }
        const document = await resultsDocument(redis, names, Number(flags.count));
        this.print(resultsText(document, clock()));
        return document;
      },
    );
  }
}

function markdownOfWhich(): DreamnetError {
  return new DreamnetError({
    code: 'DN762',
    kind: 'bad-input',
    message: '--markdown prints one result, and none is named.',
    hint: 'Name one, as in `dreamnet results instr_01jabc --markdown`; `dreamnet results` lists them.',
  });
}
