import { BaseCommand } from '../../../../src/cli/base-command.js';

/** Shows text that would move the cursor, and ends as partly done. */
export default class Show extends BaseCommand<typeof Show> {
  async run(): Promise<object> {
    this.note('working');
    this.print('name \u001b[31mred\u001b[0m \u001b[2Jcleared\r\u009bx');
    this.endAs('partly-done');
    return {
      name: '\u001b[2Jcleared\u009b',
      prefix: this.flags.prefix ?? null,
      redis: this.flags.redis ?? null,
    };
  }
}
