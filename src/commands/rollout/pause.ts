import { BaseCommand } from '../../cli/base-command.js';
import { rolloutArg, steer, steerFlags } from '../../cli/steer.js';
import { steeredText } from '../../cli/views/steered-view.js';
import type { SteeredDocument } from '../../documents/steered-document.js';

export default class RolloutPause extends BaseCommand<typeof RolloutPause> {
  static override summary =
    'Pause a rollout that another process works on: nothing more is sent until it is resumed.';
  static override description =
    'Answers to orders that are under way are taken in first; agents stay as they are, and the injector waits. Once all agents are live there is nothing to pause.';
  static override examples = [
    '<%= config.bin %> rollout pause',
    '<%= config.bin %> rollout pause instr_01jabc --reason "payments is deploying"',
  ];
  static override args = { id: rolloutArg };
  static override flags = steerFlags;

  async run(): Promise<SteeredDocument> {
    const { flags, args, signal } = this;
    const note = (text: string) => this.note(text);
    const document = await steer({ action: 'pause', id: args.id, flags, signal, note });
    this.print(steeredText(document));
    return document;
  }
}
