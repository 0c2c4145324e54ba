import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { requireOutputFor, writeCapabilityFile } from '../../cli/capabilities-output.js';
import { selectorFlag } from '../../cli/flags.js';
import { withReading } from '../../cli/open-session.js';
import { type CapabilitiesDocument, capabilitiesDocument } from '../../cli/views/capabilities-document.js';
import { capabilitiesText, summary } from '../../cli/views/capabilities-view.js';
import { capabilityFileText } from '../../core/language/write-capabilities.js';
import { nothingInCommon, nothingPublished } from '../../core/offers/offer-refusals.js';

export default class AgentsCapabilities extends BaseCommand<typeof AgentsCapabilities> {
  static override summary = 'Show what the living agents offer to programs, and where they differ.';
  static override description =
    'The file of --output is for check, compile, simulate and inject; it holds what all agents that publish an offer have in common. A file that says something else is not replaced without --force.';
  static override examples = [
    '<%= config.bin %> agents capabilities',
    '<%= config.bin %> agents capabilities --selector class=video --output video.json',
    '<%= config.bin %> agents capabilities -o fleet.json --force --json',
  ];
  static override flags = {
    selector: selectorFlag,
    output: Flags.string({
      char: 'o',
      description: 'Write the capability file of what they have in common; - is standard output.',
      helpValue: '<file>',
    }),
    force: Flags.boolean({
      description: 'Replace a file that says something else.',
      dependsOn: ['output'],
    }),
  };

  async run(): Promise<CapabilitiesDocument> {
    const { flags, signal } = this;
    requireOutputFor(flags.output, { json: this.jsonEnabled() });
    const found = await withReading({ command: 'agents', flags, signal }, ({ context }) =>
      capabilitiesDocument({ ...context, nowMs: context.clock() }, flags.selector),
    );
    const document = flags.output === undefined ? found : this.#write(found, flags.output);
    if (flags.output !== '-') this.print(capabilitiesText(document));
    return document;
  }

  #write(document: CapabilitiesDocument, file: string): CapabilitiesDocument {
    const { common, offers, agents } = document;
    if (offers.length === 0) throw nothingPublished(agents);
    if (common === null) throw nothingInCommon(offers.length, sharesFields(document) ? 'action' : 'field');
    const text = capabilityFileText(common);
    if (file === '-') {
      process.stdout.write(text);
      for (const line of summary({ ...document, common: null })) this.note(line);
      return document;
    }
    const outcome = writeCapabilityFile(file, text, { force: this.flags.force });
    return { ...document, written: { file, outcome } };
  }
}

function sharesFields({ fields }: CapabilitiesDocument): boolean {
  return fields.some((field) => field.common);
}
