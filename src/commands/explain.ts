import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { allCodes, explainCode } from '../cli/explain-code.js';
import { lookOf } from '../cli/views/diagnostics-view.js';
import { type ExplainDocument, explanationDocument } from '../cli/views/explain-document.js';
import { codesText, explanationText } from '../cli/views/explain-view.js';

export default class Explain extends BaseCommand<typeof Explain> {
  static override summary = 'Explain the code of a diagnostic, or list all codes.';
  static override description =
    'Says what a code means and why, with a wrong example, what is said about it, and the same example mended. Knows the codes of programs, capability files and compiled programs.';
  static override examples = [
    '<%= config.bin %> explain DN020',
    '<%= config.bin %> explain dn122 --json',
    '<%= config.bin %> explain',
  ];
  static override args = {
    code: Args.string({ description: 'Code such as DN020; none for the list.', ignoreStdin: true }),
  };

  async run(): Promise<ExplainDocument> {
    if (this.args.code === undefined) {
      const codes = allCodes();
      this.print(codesText(codes));
      return { codes };
    }
    const explained = explainCode(this.args.code);
    this.print(explanationText(explained, lookOf(process.stdout, this.flags)));
    return explanationDocument(explained);
  }
}
