import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { capabilitiesFlag } from '../cli/capabilities-file.js';
import { type DisasmDocument, disassembleFile } from '../cli/disassemble-file.js';
import { disasmNote, disasmText } from '../cli/views/disasm-view.js';

export default class Disasm extends BaseCommand<typeof Disasm> {
  static override summary = 'List the instructions of a program beside the source lines they come from.';
  static override description =
    'Takes a compiled program or a source file. The source of a compiled one is looked for beside it, and left out when it was changed since.';
  static override examples = [
    '<%= config.bin %> disasm cost.dream',
    '<%= config.bin %> disasm program.bc --source cost.dream',
  ];
  static override args = {
    file: Args.string({ description: 'program.bc or source file, or - for standard input.', required: true }),
  };
  static override flags = {
    source: Flags.string({
      description: 'Source of a compiled program, as it was then.',
      helpValue: '<file>',
    }),
    capabilities: capabilitiesFlag,
  };

  async run(): Promise<DisasmDocument> {
    const { document, listing } = disassembleFile(this.args.file, this.flags);
    this.print(disasmText(document, listing));
    const note = disasmNote(document);
    if (note !== undefined) this.note(note);
    return document;
  }
}
