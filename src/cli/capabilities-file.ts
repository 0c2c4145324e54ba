/** The value of `--capabilities` in, what the fleet offers to programs out, or one error with all that is wrong with it. */
import { Flags } from '@oclif/core';
import { type Capabilities, referenceFleet } from '../core/language/capabilities.js';
import { languageLimits } from '../core/language/limits.js';
import { readCapabilities } from '../core/language/read-capabilities.js';
import { requireSource } from './compiled-program.js';
import { DiagnosedError, type DiagnosedSource } from './diagnosed-error.js';
import { formatCount } from './format.js';
import { readInput } from './input-file.js';

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
  /** Warnings about the file; undefined when there is none. */
  readonly about: DiagnosedSource | undefined;
}

/** The same for a caller that shows warnings. */
export function openCapabilities(path: string | undefined): OpenedCapabilities {
  if (path === undefined) return { capabilities: referenceFleet, about: undefined };
  const { name, bytes } = readInput(path, {
    what: 'a capability file',
    bytesMax: languageLimits.capabilityFileBytesMax,
  });
  requireSource({ path, name, bytes }, 'Give the capability file, which is JSON.');
  const source = Buffer.from(bytes).toString('utf8');
  const result = readCapabilities(source, { fileName: name });
  if (!result.ok) throw unusable({ name, source, diagnostics: result.diagnostics });
  const { capabilities, warnings } = result;
  return { capabilities, about: warnings.length === 0 ? undefined : { name, source, diagnostics: warnings } };
}

function unusable(about: DiagnosedSource): DiagnosedError {
  const errors = about.diagnostics.filter(({ severity }) => severity === 'error');
  return new DiagnosedError({
    code: 'DN935',
    kind: 'bad-input',
    message: `The capability file ${about.name} cannot be used: it has ${formatCount(errors.length, 'error')}.`,
    hint: 'docs/capabilities.md explains every key, and `dreamnet explain CODE` a code.',
    about,
  });
}
