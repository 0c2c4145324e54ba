import { BaseCommand } from '../../cli/base-command.js';
import { rolloutArg, steer, steerFlags } from '../../cli/steer.js';
import { steeredText } from '../../cli/views/steered-view.js';
import type { SteeredDocument } from '../../documents/steered-document.js';

export default class RolloutAbort extends BaseCommand<typeof RolloutAbort> {
  static override summary =
    'Abort a rollout that another process works on: nothing more is sent, agents stay as they are.';
  static override description =
    'The injector ends with 130 and the command that resumes. While all agents are live, an abort ends the measurement only.';
  static override examples = [
    '<%= config.bin %> rollout abort',
    '<%= config.bin %> rollout abort instr_01jabc --reason "wrong fleet"',
  ];
  static override args = { id: rolloutArg };
  static override flags = steerFlags;

  async run(): Promise<SteeredDocument> {
    const { flags, args, signal } = this;
    const note = (text: string) => this.note(text);
    const document = await steer({ action: 'abort', id: args.id, flags, signal, note });
    this.print(steeredText(document));
    return document;
  }
}
