import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { capabilitiesFlag } from '../cli/capabilities-file.js';
import { type CompileDocument, compileFile } from '../cli/compile-file.js';
import { safeForTerminal } from '../cli/terminal-text.js';
import { lookOf } from '../cli/views/diagnostics-view.js';
import { compileText } from '../cli/views/program-view.js';

export default class Compile extends BaseCommand<typeof Compile> {
  static override summary = 'Compile a program, verify it and sign it.';
  static override description =
    'Errors come with their source lines on stderr, all of them at once. The file is signed with the key of this home that signs now, unless others are given: with several, it carries a signature of each, and is accepted where one of them is trusted.';
  static override examples = [
    '<%= config.bin %> compile cost.dream',
    '<%= config.bin %> compile cost.dream -o program.bc --key team.pem',
    '<%= config.bin %> compile cost.dream --key signing --key key-2026-01-31',
    '<%= config.bin %> compile cost.dream --capabilities my-fleet.json',
    'cat cost.dream | <%= config.bin %> compile - --unsigned --json',
  ];
  static override args = {
    file: Args.string({ description: 'Source file, or - for standard input.', required: true }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      description: 'Where to write the program. [default: <name>.bc here]',
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
    capabilities: capabilitiesFlag,
  };

  async run(): Promise<CompileDocument> {
    const { output, key: keys = [], unsigned, capabilities } = this.flags;
    const { document, rendered } = compileFile({
      file: this.args.file,
      output,
      keys,
      unsigned,
      capabilities,
      look: lookOf(process.stderr, this.flags),
    });
    if (rendered !== '') process.stderr.write(`${safeForTerminal(rendered)}\n`);
    if (document.ok) this.print(compileText(document));
    else {
      if (!this.jsonEnabled()) process.stderr.write(`\n${safeForTerminal(document.error.message)}\n`);
      this.endAs('bad-input');
    }
    return document;
  }
}
