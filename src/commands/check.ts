import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { capabilitiesFlag, openCapabilities } from '../cli/capabilities-file.js';
import { type CheckedFile, checkFiles } from '../cli/check-files.js';
import { knownKeys } from '../cli/check-program.js';
import type { DiagnosedSource } from '../cli/diagnosed-error.js';
import { strictFlag } from '../cli/flags.js';
import { requireOneStandardInput } from '../cli/input-file.js';
import { safeForTerminal } from '../cli/terminal-text.js';
import { type CheckDocument, checkDocument } from '../cli/views/check-document.js';
import { capabilitiesHint, checkSummary, checkText } from '../cli/views/check-view.js';
import { lookOf, sourcesText } from '../cli/views/diagnostics-view.js';

export default class Check extends BaseCommand<typeof Check> {
  static override summary = 'Check programs, capability files and compiled programs.';
  static override description =
    'Takes any number of files: sources, capability files (.json) and compiled programs (.bc); a directory means all *.dream files below it. Shows every mistake with its source line on stderr, and ends with 2 when there is one. A compiled program is verified from its bytes, and its signature is looked at. `dreamnet explain CODE` says more about a code.';
  static override examples = [
    '<%= config.bin %> check cost.dream',
    '<%= config.bin %> check playbooks/*.dream --strict',
    '<%= config.bin %> check cost.dream --fix',
    'cat cost.dream | <%= config.bin %> check - --fix > mended.dream',
    '<%= config.bin %> check program.bc --key team.pub.pem --json',
  ];
  static override args = {
    files: Args.string({
      description: 'Files and directories to check; - is a source from standard input.',
      multiple: true,
      required: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    fix: Flags.boolean({
      description: 'Mend what is certain, in the files themselves; text from - goes to stdout.',
    }),
    strict: strictFlag,
    capabilities: capabilitiesFlag,
    key: Flags.string({
      description:
        'Key that must have signed compiled programs: a name of `keys list`, or a public Ed25519 key (PEM).',
      helpValue: '<name|file>',
    }),
  };

  async run(): Promise<CheckDocument> {
    const { fix, strict, capabilities, key } = this.flags;
    requireOneStandardInput([...new Set(this.args.files), capabilities, key]);
    const opened = openCapabilities(capabilities);
    const checked = checkFiles({
      files: this.args.files,
      capabilities: opened.capabilities,
      fix,
      known: knownKeys(key === undefined ? [] : [key], process.env),
    });
    const document = checkDocument(checked, { fix, strict, aboutCapabilities: opened.about });
    if (!this.jsonEnabled()) this.#show(checked, document, opened.about);
    if (!document.ok) this.endAs('bad-input');
    return document;
  }

  #show(
    checked: readonly CheckedFile[],
    document: CheckDocument,
    aboutCapabilities: DiagnosedSource | undefined,
  ): void {
    const { fix, strict, capabilities } = this.flags;
    const look = lookOf(process.stderr, this.flags);
    const sources = aboutCapabilities === undefined ? [] : [aboutCapabilities];
    for (const text of [sourcesText(sources, look), checkText(checked, document, look)])
      if (text !== '') process.stderr.write(`${safeForTerminal(text)}\n\n`);
    this.note(checkSummary(document, { fix, strict }));
    const hint = capabilities === undefined ? capabilitiesHint(checked) : undefined;
    if (hint !== undefined) this.note(hint);
    for (const { source } of document.files) if (source !== undefined) process.stdout.write(source);
  }
}
