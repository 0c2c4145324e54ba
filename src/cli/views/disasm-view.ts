/** The document of `disasm` and its listing in, what stands above the instructions and both together out. */
import type { DisasmDocument } from '../disassemble-file.js';
import { formatBytes } from '../format.js';
import { costText, parameterText } from './program-words.js';

/** The head is in comments, so that a listing can be kept and compared. */
export function disasmText(document: DisasmDocument, listing: string): string {
  return [...headOf(document).map((line) => `# ${line}`), listing].join('\n');
}

/** What should be known beside the listing; undefined: nothing. */
export function disasmNote({
  verified,
  source,
  sourceProblem,
  sourceIsStale,
}: DisasmDocument): string | undefined {
  const notes = [
    ...(source === null && sourceIsStale ? [`Listed without its source: ${sourceProblem}.`] : []),
    ...(verified.ok ? [] : [`Agents refuse this program: ${verified.code} ${verified.reason}.`]),
  ];
  return notes.length === 0 ? undefined : notes.join('\n');
}

function headOf({ verified, file, bytes, digest, source, sourceProblem }: DisasmDocument): string[] {
  const origin =
    source === null
      ? `source: none, ${sourceProblem}`
      : `source: ${source === '-' ? 'standard input' : source}`;
  if (!verified.ok) return [`${file}, ${formatBytes(bytes)}`, digest, `refused: ${verified.code}`, origin];
  const { name, costPerTask, parameters } = verified;
  return [
    `${name}, ${formatBytes(bytes)}, ${costText(costPerTask)}`,
    digest,
    ...parameters.map((parameter) => `takes ${parameterText(parameter)}`),
    origin,
  ];
}
