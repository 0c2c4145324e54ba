import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { chosenText } from '../../cli/views/keys-view.js';
import { resolveHome } from '../../core/fleet/home.js';
import { type ChosenKey, createKey } from '../../core/fleet/key-store.js';

export default class KeysCreate extends BaseCommand<typeof KeysCreate> {
  static override summary = 'Make a key pair, whose public half the agents of this home trust.';
  static override description =
    'The first pair of a home signs; a further one does with --use. The former one stays trusted until it is revoked.';
  static override examples = [
    '<%= config.bin %> keys create --use',
    '<%= config.bin %> keys create laptop-2 --json',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the pair. [default: key- and the date]' }),
  };
  static override flags = {
    use: Flags.boolean({ description: 'Sign with it from now on.' }),
  };

  async run(): Promise<ChosenKey> {
    const { use } = this.flags;
    const created = await createKey(resolveHome(process.env), {
      name: this.args.name,
      use,
      nowMs: Date.now(),
    });
    this.print(chosenText(created));
    return created;
  }
}
