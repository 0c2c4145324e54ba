import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { capabilitiesFlag } from '../cli/capabilities-file.js';
import {
  type CompileDocument,
  type CompileOutcome,
  compileFile,
  standardOutputUse,
} from '../cli/compile-file.js';
import { strictFlag } from '../cli/flags.js';
import { safeForTerminal } from '../cli/terminal-text.js';
import { lookOf, sourcesText } from '../cli/views/diagnostics-view.js';
import { compileText, madeKeyText } from '../cli/views/program-view.js';

export default class Compile extends BaseCommand<typeof Compile> {
  static override summary = 'Compile a program, verify it and sign it.';
  static override description =
    'Errors come with their source lines on stderr, all of them at once. What comes from standard input is written to program.bc, unless --output says otherwise. The file is signed with the key of this home that signs now, unless others are given: with several, it carries a signature of each, and is accepted where one of them is trusted.';
  static override examples = [
    '<%= config.bin %> compile cost.dream',
    '<%= config.bin %> compile cost.dream -o program.bc --key team.pem',
    '<%= config.bin %> compile cost.dream --key signing --key key-2026-01-31',
    '<%= config.bin %> compile cost.dream --capabilities my-fleet.json',
    'cat cost.dream | <%= config.bin %> compile - --unsigned -o - | wc -c',
  ];
  static override args = {
    file: Args.string({ description: 'Source file, or - for standard input.', required: true }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'Where to write it; - is standard output. [default: <name>.bc here, program.bc of -]',
      helpValue: '<file>',
    }),
    key: Flags.string({
      description:
        'Key to sign with: a name of `keys list`, or a private Ed25519 key (PEM). May be repeated.',
      helpValue: '<name|file>',
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ['unsigned'],
    }),
    unsigned: Flags.boolean({ description: 'Do not sign.' }),
    strict: strictFlag,
    capabilities: capabilitiesFlag,
  };

  async run(): Promise<CompileDocument> {
    const { output, key: keys = [], unsigned, strict, capabilities } = this.flags;
    const standardOutput = standardOutputUse({ json: this.jsonEnabled(), stream: process.stdout });
    const { file } = this.args;
    const outcome = compileFile({ file, output, standardOutput, keys, unsigned, strict, capabilities });
    if (!this.jsonEnabled()) this.#show(outcome);
    if (!outcome.document.ok) this.endAs('bad-input');
    return outcome.document;
  }

  #show({ document, about, program }: CompileOutcome): void {
    const found = sourcesText(about, lookOf(process.stderr, this.flags));
    if (found !== '') process.stderr.write(`${safeForTerminal(found)}\n`);
    if (!document.ok) {
      process.stderr.write(`\n${safeForTerminal(document.error.message)}\n`);
      return;
    }
    if (document.madeKey !== null) this.note(madeKeyText(document.madeKey));
    if (program !== undefined) process.stdout.write(program);
    if (program !== undefined) this.note(compileText(document));
    else this.print(compileText(document));
  }
}
