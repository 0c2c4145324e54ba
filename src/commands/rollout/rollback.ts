import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { rolloutArg, steer, steerBackTo, steerFlags } from '../../cli/steer.js';
import { transportFlags } from '../../cli/transport-flags.js';
import { type ReturnedDocument, returnedText } from '../../cli/views/returned-view.js';
import { steeredText } from '../../cli/views/steered-view.js';
import { DreamnetError } from '../../core/errors.js';
import type { SteeredDocument } from '../../documents/steered-document.js';

export default class RolloutRollback extends BaseCommand<typeof RolloutRollback> {
  static override summary = 'Return every agent of a rollout to the program it had before.';
  static override description =
    'The injector that works on the rollout does it and ends with 3; where there is none, also after the rollout is complete, this command does it. Ends with 4 when agents have not answered; rolling back again asks those again. With --to, every rollout that has come since an earlier one is taken back, newest first.';
  static override examples = [
    '<%= config.bin %> rollout rollback',
    '<%= config.bin %> rollout rollback instr_01jabc --reason "errors in checkout" --json',
    '<%= config.bin %> rollout rollback --to instr_01jaaa --dry-run',
  ];
  static override args = { id: rolloutArg };
  static override flags = {
    ...steerFlags,
    ...transportFlags,
    to: Flags.string({
      description: 'Return to the program of this earlier rollout, as far as agents still hold it.',
      helpValue: '<rollout>',
    }),
    'dry-run': Flags.boolean({
      description: 'Say which rollouts would be taken back, and send nothing.',
      dependsOn: ['to'],
    }),
  };

  async run(): Promise<SteeredDocument | ReturnedDocument> {
    const { flags, args, signal } = this;
    const note = (text: string) => this.note(text);
    if (flags.to !== undefined) {
      if (args.id !== undefined) throw bothNamed(args.id, flags.to);
      return this.#backTo(flags.to);
    }
    const document = await steer({ action: 'rollback', id: args.id, flags, signal, note });
    this.print(steeredText(document));
    if (document.silent > 0) this.endAs('partly-done');
    return document;
  }

  async #backTo(to: string): Promise<ReturnedDocument> {
    const { flags, signal } = this;
    const dryRun = flags['dry-run'];
    const document = await steerBackTo({ to, dryRun, flags, signal, note: (text) => this.note(text) });
    this.print(returnedText(document));
    if (!dryRun && document.running !== document.agents) this.endAs('partly-done');
    return document;
  }
}

function bothNamed(id: string, to: string): DreamnetError {
  return new DreamnetError({
    code: 'DN924',
    kind: 'bad-input',
    message: `${id.slice(0, 140)} is to be taken back, and --to ${to.slice(0, 140)} to be returned to: these are two things.`,
    hint: 'Leave one of them out: --to takes back whatever has come since.',
  });
}
