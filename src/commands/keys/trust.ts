import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { type TrustDocument, trustKeyFile } from '../../cli/trust-key-file.js';
import { trustedText } from '../../cli/views/keys-view.js';
import { resolveHome } from '../../core/fleet/home.js';

export default class KeysTrust extends BaseCommand<typeof KeysTrust> {
  static override summary = 'Trust a public key: agents of this home accept what it signs.';
  static override description =
    'Takes a PEM file of an Ed25519 key. Of a private key only the public half is taken. A key that was revoked is refused.';
  static override examples = [
    '<%= config.bin %> keys trust colleague.pub.pem',
    'ssh build cat signing.pub.pem | <%= config.bin %> keys trust - --name build',
  ];
  static override args = {
    file: Args.string({ description: 'PEM file, or - for standard input.', required: true }),
  };
  static override flags = {
    name: Flags.string({ description: 'Name of the key. [default: that of the file]', helpValue: '<name>' }),
  };

  async run(): Promise<TrustDocument> {
    const home = resolveHome(process.env);
    const document = await trustKeyFile(home, { file: this.args.file, name: this.flags.name });
    this.print(trustedText(document));
    return document;
  }
}
