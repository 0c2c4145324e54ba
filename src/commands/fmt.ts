import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { type FormattedProgram, formatPrograms } from '../cli/format-programs.js';
import { safeForTerminal } from '../cli/terminal-text.js';
import { lookOf } from '../cli/views/diagnostics-view.js';
import { type FormatDocument, formatDocument, formatFailure } from '../cli/views/format-document.js';
import { changedText, formatProblems, formatSummary } from '../cli/views/format-view.js';

export default class Fmt extends BaseCommand<typeof Fmt> {
  static override summary = 'Format programs, each in its own file.';
  static override description =
    'Lists the files that it changed. There is one form and nothing to set: only white space changes, and where a comment stands when it would be in the way. What a program does stays the same. A directory means all *.dream files below it, without hidden ones. A file with syntax errors is left as it is, its errors are shown, and the command ends with 2; the others are formatted.';
  static override examples = [
    '<%= config.bin %> fmt cost.dream',
    '<%= config.bin %> fmt playbooks --check',
    'cat cost.dream | <%= config.bin %> fmt -',
  ];
  static override args = {
    files: Args.string({
      description: 'Source files and directories; - alone formats standard input to standard output.',
      multiple: true,
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    check: Flags.boolean({
      description: 'Change nothing; list the files that would change, and end with 1 if there are any.',
    }),
  };

  async run(): Promise<FormatDocument> {
    const { check: isCheck } = this.flags;
    const programs = formatPrograms({ paths: this.args.files, write: !isCheck });
    const document = formatDocument(programs);
    if (!this.jsonEnabled()) this.#show(programs, document);
    const failure = formatFailure(programs, { isCheck });
    if (failure !== undefined) this.endAs(failure);
    return document;
  }

  #show(programs: readonly FormattedProgram[], document: FormatDocument): void {
    const { check: isCheck } = this.flags;
    const { stdout, stderr } = process;
    const problems = formatProblems(programs, document, lookOf(stderr, this.flags));
    if (problems !== '') stderr.write(`${safeForTerminal(problems)}\n\n`);
    const text = isCheck ? undefined : document.files[0]?.text;
    if (text !== undefined) {
      stdout.write(stdout.isTTY ? safeForTerminal(text) : text);
      return;
    }
    const changed = changedText(document);
    if (changed !== '') this.print(changed);
    this.note(formatSummary(document, { isCheck }));
  }
}
