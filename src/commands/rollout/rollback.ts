import { BaseCommand } from '../../cli/base-command.js';
import { rolloutArg, steer, steerFlags } from '../../cli/steer.js';
import { transportFlags } from '../../cli/transport-flags.js';
import { type SteeredDocument, steeredText } from '../../cli/views/steered-view.js';

export default class RolloutRollback extends BaseCommand<typeof RolloutRollback> {
  static override summary = 'Return every agent of a rollout to the program it had before.';
  static override description =
    'The injector that works on the rollout does it and ends with 3; where there is none, also after the rollout is complete, this command does it. Ends with 4 when agents have not answered; rolling back again asks those again.';
  static override examples = [
    '<%= config.bin %> rollout rollback',
    '<%= config.bin %> rollout rollback instr_01jabc --reason "errors in checkout" --json',
  ];
  static override args = { id: rolloutArg };
  static override flags = { ...steerFlags, ...transportFlags };

  async run(): Promise<SteeredDocument> {
    const { flags, args, signal } = this;
    const note = (text: string) => this.note(text);
    const document = await steer({ action: 'rollback', id: args.id, flags, signal, note });
    this.print(steeredText(document));
    if (document.silent > 0) this.endAs('partly-done');
    return document;
  }
}
