import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import DreamnetHelp from '../cli/help.js';

export default class Help extends BaseCommand<typeof Help> {
  static override summary = 'Show the help of a command.';
  static override examples = ['<%= config.bin %> help run'];
  static override strict = false;
  static override args = {
    command: Args.string({ description: 'Command to explain.', ignoreStdin: true }),
  };

  async run(): Promise<undefined> {
    const words = this.argv.filter((word) => !word.startsWith('-'));
    await new DreamnetHelp(this.config, this.config.pjson.oclif.helpOptions ?? {}).showHelp(words);
  }
}
