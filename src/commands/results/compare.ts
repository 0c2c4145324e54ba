import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { withReading } from '../../cli/open-session.js';
import { comparisonMarkdown } from '../../cli/views/result-markdown.js';
import {
  type ComparisonDocument,
  comparisonDocument,
  comparisonText,
} from '../../cli/views/results-document.js';

export default class ResultsCompare extends BaseCommand<typeof ResultsCompare> {
  static override summary =
    'Put two results side by side: both changes of every metric, and by how much they differ.';
  static override examples = [
    '<%= config.bin %> results compare instr_01jabc instr_01jdef',
    '<%= config.bin %> results compare instr_01jabc instr_01jdef --json',
  ];
  static override args = {
    a: Args.string({ description: 'Instruction or decision of one result.', required: true }),
    b: Args.string({ description: 'Instruction or decision of the other one.', required: true }),
  };
  static override flags = {
    markdown: Flags.boolean({ description: 'Print it as Markdown.', exclusive: ['json'] }),
  };

  async run(): Promise<ComparisonDocument> {
    const { flags, args, signal } = this;
    const document = await withReading({ command: 'results', flags, signal }, ({ context }) =>
      comparisonDocument(context.redis, context.names, [args.a, args.b]),
    );
    this.print(flags.markdown ? comparisonMarkdown(document) : comparisonText(document));
    return document;
  }
}
