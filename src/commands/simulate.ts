import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { capabilitiesFlag } from '../cli/capabilities-file.js';
import type { DiagnosedSource } from '../cli/diagnosed-error.js';
import { countFlag, selectorFlag } from '../cli/flags.js';
import { type SimulateDocument, simulateFile } from '../cli/simulate-file.js';
import { comparisonText, isComparison } from '../cli/views/comparison-view.js';
import { lookOf, sourcesText } from '../cli/views/diagnostics-view.js';
import { simulationText } from '../cli/views/simulation-view.js';

const examplesShown = 3;

export default class Simulate extends BaseCommand<typeof Simulate> {
  static override summary = 'Show what a program would do to tasks; nothing is applied.';
  static override description =
    'Without --tasks it uses the tasks that the running fleet last recorded; it never starts a fleet. What the program would do is exact. What that should bring is a model: of what the running fleet has learned, or else of what the capability file expects.';
  static override examples = [
    '<%= config.bin %> simulate cost.dream',
    '<%= config.bin %> simulate cost.dream -l class=web --set cpu_cut=30% --save web.json',
    '<%= config.bin %> simulate program.bc --tasks tasks.csv --json',
    '<%= config.bin %> simulate old.dream --diff new.dream --tasks tasks.csv --examples 10',
    'head -100 tasks.csv | <%= config.bin %> simulate cost.dream --tasks -',
  ];
  static override args = {
    file: Args.string({
      description: 'Source file or program.bc, or - for standard input.',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    tasks: Flags.string({
      char: 't',
      description: 'Task table, .csv or .json, or - for standard input; several are joined.',
      helpValue: '<file>',
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ['selector'],
    }),
    selector: selectorFlag,
    set: Flags.string({
      description: 'Value of a parameter, written as in programs: cpu_cut=30%.',
      helpValue: '<name=value>',
      multiple: true,
      multipleNonGreedy: true,
    }),
    diff: Flags.string({
      description: 'Program to compare with, on the same tasks.',
      helpValue: '<file>',
    }),
    examples: countFlag('examples', {
      description: `Differing tasks that --diff shows. [default: ${examplesShown}]`,
      dependsOn: ['diff'],
    }),
    save: Flags.string({
      description: 'Write the table that was used, to repeat the simulation: .csv or .json.',
      helpValue: '<file>',
    }),
    expected: Flags.boolean({
      description: 'Predict from the capability file alone, whatever a fleet has learned.',
    }),
    capabilities: capabilitiesFlag,
  };

  async run(): Promise<SimulateDocument> {
    const { flags, args } = this;
    const document = await simulateFile({
      file: args.file,
      diff: flags.diff,
      settings: flags.set ?? [],
      tasks: flags.tasks ?? [],
      selector: flags.selector,
      capabilities: flags.capabilities,
      expected: flags.expected,
      save: flags.save,
      examplesMax: Number(flags.examples ?? examplesShown),
      fleet: flags,
      note: (text) => this.note(text),
      warn: (sources) => this.#warn(sources),
    });
    this.print(isComparison(document) ? comparisonText(document) : simulationText(document));
    return document;
  }

  /** With --json they are in the document. */
  #warn(sources: readonly DiagnosedSource[]): void {
    if (sources.length > 0 && !this.jsonEnabled())
      this.note(sourcesText(sources, lookOf(process.stderr, this.flags)));
  }
}
