import { BaseCommand } from '../../cli/base-command.js';
import { keyListText } from '../../cli/views/keys-view.js';
import { resolveHome } from '../../core/fleet/home.js';
import { type KeyList, listKeys } from '../../core/fleet/key-store.js';

export default class KeysList extends BaseCommand<typeof KeysList> {
  static override summary = 'List the keys of this home: which signs, which are trusted or revoked.';
  static override description =
    'Changes nothing. Ends with 1 when a file among the keys is damaged, and says which.';
  static override examples = ['<%= config.bin %> keys list', '<%= config.bin %> keys list --json'];

  async run(): Promise<KeyList> {
    const list = listKeys(resolveHome(process.env));
    this.print(keyListText(list));
    if (list.damaged.length > 0) this.endAs('failed');
    return list;
  }
}
