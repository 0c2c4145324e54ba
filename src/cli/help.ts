/**
 * Help as oclif prints it, with the exit codes that the command can end with at the end, and with an unknown command as an error of ours.
 */
import { CommandHelp, Errors, Help } from '@oclif/core';
import { EXIT_CODES, exitCodesOf } from './exit-codes.js';
import { unknownCommand } from './unknown-command.js';

class HelpOfCommand extends CommandHelp {
  /** The summary stands above everything already; oclif would repeat it here. */
  protected override description(): string | undefined {
    const { description, summary } = this.command;
    return summary === undefined ? super.description() : description && this.wrap(description);
  }

  /** A flag that goes with none of two others stands alone where the second one is named: `[--jsonl | ]`. */
  protected override defaultUsage(): string {
    return super.defaultUsage().replaceAll(/(?: \| )+(?=[\])])/g, '');
  }

  /** Below long flags oclif indents by two columns more than it leaves room for. */
  override wrap(body: string, spacing = this.indentSpacing): string {
    return super.wrap(body, spacing + 2);
  }

  /** A pipe into the command is typed like the command itself. */
  protected override examples(examples: Parameters<CommandHelp['examples']>[0]): string | undefined {
    return super.examples(examples)?.replaceAll(/^(?=(?:cat|head) .*\|)/gm, '$ ');
  }

  protected override sections() {
    return [
      ...super.sections(),
      {
        header: 'EXIT CODES',
        generate: (_: unknown, header: string) => ({
          header,
          body: rowsOf(exitCodesOf(this.command.id.replaceAll(' ', ':'))),
        }),
      },
    ];
  }
}

export default class DreamnetHelp extends Help {
  protected override CommandHelpClass = HelpOfCommand;

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    this.log(this.section('EXIT CODES', rowsOf(EXIT_CODES)));
    this.log(`\nSee ${this.config.bin} COMMAND --help for flags and examples of a command.`);
  }

  override async showHelp(argv: string[]): Promise<void> {
    try {
      await super.showHelp(argv);
    } catch (error) {
      const id =
        error instanceof Errors.CLIError
          ? /^Command (.*) not found\.$/su.exec(error.message)?.[1]
          : undefined;
      throw id === undefined ? error : unknownCommand(id, this.config);
    }
  }
}

function rowsOf(codes: typeof EXIT_CODES): [string, string][] {
  return codes.map((row) => [...row]);
}
