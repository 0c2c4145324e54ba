import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { chosenText } from '../../cli/views/keys-view.js';
import { resolveHome } from '../../core/fleet/home.js';
import { type ChosenKey, chooseKey } from '../../core/fleet/key-store.js';

export default class KeysUse extends BaseCommand<typeof KeysUse> {
  static override summary = 'Sign with another key of this home from now on.';
  static override description = 'The former one stays trusted until it is revoked.';
  static override examples = [
    '<%= config.bin %> keys use laptop-2',
    '<%= config.bin %> keys use 3f9a --json',
  ];
  static override args = {
    key: Args.string({ description: 'Name, id or beginning of an id.', required: true }),
  };

  async run(): Promise<ChosenKey> {
    const chosen = await chooseKey(resolveHome(process.env), this.args.key);
    this.print(chosenText(chosen));
    return chosen;
  }
}
