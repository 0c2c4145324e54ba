/** The value of `--capabilities` in, what the fleet offers to programs out, or one error with all that is wrong with it. */
import { Flags } from '@oclif/core';
import { DreamnetError } from '../core/errors.js';
import { type Capabilities, referenceFleet } from '../core/language/capabilities.js';
import type { Diagnostic } from '../core/language/diagnostics/diagnostics.js';
import { renderDiagnostics } from '../core/language/diagnostics/render-diagnostic.js';
import { languageLimits } from '../core/language/limits.js';
import { readCapabilities } from '../core/language/read-capabilities.js';
import { formatCount } from './format.js';
import { readInput } from './input-file.js';
import { terminalWidth } from './terminal-text.js';

export const capabilitiesFlag = Flags.string({
  description: "What your agents offer to programs (JSON). [default: the reference fleet's]",
  helpValue: '<file>',
});

/** Throws DN935 with every mistake of the file. */
export function loadCapabilities(path: string | undefined): Capabilities {
  return openCapabilities(path).capabilities;
}

export interface OpenedCapabilities {
  readonly capabilities: Capabilities;
  /** Warnings about the file with source and carets; empty when there are none. */
  readonly rendered: string;
}

/** The same for a caller that shows warnings. */
export function openCapabilities(path: string | undefined): OpenedCapabilities {
  if (path === undefined) return { capabilities: referenceFleet, rendered: '' };
  const { name: fileName, bytes } = readInput(path, {
    what: 'a capability file',
    bytesMax: languageLimits.capabilityFileBytesMax,
  });
  const source = Buffer.from(bytes).toString('utf8');
  const result = readCapabilities(source, { fileName });
  if (!result.ok) throw unusable(fileName, source, result.diagnostics);
  const { capabilities, warnings } = result;
  return { capabilities, rendered: rendered(warnings, source, fileName) };
}

function unusable(fileName: string, source: string, diagnostics: readonly Diagnostic[]): DreamnetError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return new DreamnetError({
    code: 'DN935',
    kind: 'bad-input',
    message: [
      `The capability file ${fileName} cannot be used.`,
      rendered(diagnostics, source, fileName),
      `${fileName} has ${formatCount(errors.length, 'error')}.`,
    ].join('\n\n'),
    hint: 'docs/capabilities.md explains every key, and `dreamnet explain CODE` a code.',
  });
}

/** As wide as the terminal, and without colours, because errors are shown as they are. */
function rendered(diagnostics: readonly Diagnostic[], source: string, fileName: string): string {
  return renderDiagnostics(diagnostics, { source, fileName, columns: terminalWidth(process.stderr) });
}
