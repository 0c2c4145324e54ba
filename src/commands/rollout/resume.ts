import { BaseCommand } from '../../cli/base-command.js';
import { rolloutArg, steer, steerFlags } from '../../cli/steer.js';
import { steeredText } from '../../cli/views/steered-view.js';
import type { SteeredDocument } from '../../documents/steered-document.js';

export default class RolloutResume extends BaseCommand<typeof RolloutResume> {
  static override summary = 'Let a paused rollout go on where it was.';
  static override description =
    "Its injector must still be waiting; when it has ended, `inject --resume` goes on with the rollout. What was left of the canary's bake time is watched first.";
  static override examples = [
    '<%= config.bin %> rollout resume',
    '<%= config.bin %> rollout resume instr_01jabc --json',
  ];
  static override args = { id: rolloutArg };
  static override flags = steerFlags;

  async run(): Promise<SteeredDocument> {
    const { flags, args, signal } = this;
    const note = (text: string) => this.note(text);
    const document = await steer({ action: 'resume', id: args.id, flags, signal, note });
    this.print(steeredText(document));
    return document;
  }
}
