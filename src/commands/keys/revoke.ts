import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { revokedText } from '../../cli/views/keys-view.js';
import { resolveHome } from '../../core/fleet/home.js';
import { type RevokedKey, revokeKey } from '../../core/fleet/key-store.js';

export default class KeysRevoke extends BaseCommand<typeof KeysRevoke> {
  static override summary = 'Revoke a key for good: from now on agents here refuse what it signed.';
  static override description =
    'Running agents notice without a restart. A program that runs already goes on until it is replaced or its agent restarts. The key that signs cannot be revoked before another one signs.';
  static override examples = [
    '<%= config.bin %> keys revoke key-2026-01-31 --reason "laptop stolen"',
    '<%= config.bin %> keys revoke 3f9a --json',
  ];
  static override args = {
    key: Args.string({ description: 'Name, id or beginning of an id.', required: true }),
  };
  static override flags = {
    reason: Flags.string({ description: 'Why, for those who look later.', helpValue: '<text>' }),
  };

  async run(): Promise<RevokedKey> {
    const wish = { word: this.args.key, reason: this.flags.reason, nowMs: Date.now() };
    const revoked = await revokeKey(resolveHome(process.env), wish);
    this.print(revokedText(revoked));
    return revoked;
  }
}
