/** The value of `--capabilities` in, what the fleet offers to programs out, or one error with all that is wrong with it. */
import { Flags } from '@oclif/core';
import { DreamnetError } from '../core/errors.js';
import { type Capabilities, referenceFleet } from '../core/language/capabilities.js';
import type { Diagnostic } from '../core/language/diagnostics.js';
import { readCapabilities } from '../core/language/read-capabilities.js';
import { renderDiagnostics } from '../core/language/render-diagnostic.js';
import { formatCount } from './format.js';
import { readInput } from './input-file.js';

export const capabilitiesFlag = Flags.string({
  description: "What your agents offer to programs (JSON). [default: the reference fleet's]",
  helpValue: '<file>',
});

/** Throws DN935 with every mistake of the file. */
export function loadCapabilities(path: string | undefined): Capabilities {
  if (path === undefined) return referenceFleet;
  const { name: fileName, bytes } = readInput(path);
  const source = Buffer.from(bytes).toString('utf8');
  const result = readCapabilities(source, { fileName });
  if (result.ok) return result.capabilities;
  throw unusable(fileName, source, result.diagnostics);
}

function unusable(fileName: string, source: string, diagnostics: readonly Diagnostic[]): DreamnetError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const rendered = renderDiagnostics(diagnostics, { source, fileName });
  return new DreamnetError({
    code: 'DN935',
    kind: 'bad-input',
    message: `The capability file ${fileName} has ${formatCount(errors.length, 'error')}.\n\n${rendered}\n`,
    hint: 'Every key is explained in docs/capabilities.md.',
  });
}
