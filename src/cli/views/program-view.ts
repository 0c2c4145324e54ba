/** The document of `compile` in, a sheet about the program out. */
import type { CompileDocument } from '../compile-file.js';
import { formatBytes, formatDuration, formatNumber } from '../format.js';
import { formatPairs } from '../table.js';

type Row = readonly [name: string, value: string];

export function compileText(document: CompileDocument & { readonly ok: true }): string {
  const { costPerTask, parameters, actions, fields } = document;
  const rows: Row[] = [
    ['program', `${document.name}, ${formatBytes(document.bytes)}`],
    ['for', document.capabilities],
    ['written', document.output],
    ['digest', document.digest],
    ['signed', signedText(document.signers)],
    ['score', `${formatNumber(document.optimizationScore, 2)} of 1`],
    ['cost', `${formatNumber(costPerTask.min)} to ${formatNumber(costPerTask.max)} instructions a task`],
    ['reads', fields.join(' ') || 'nothing'],
    ['does', actions.join(' ') || 'nothing'],
    ...parameters.map(
      ({ name, default: initial, min, max }, at): Row => [
        at === 0 ? 'parameters' : '',
        `${name} = ${initial}, ${min} to ${max}`,
      ],
    ),
    ['reports', `every ${formatDuration(document.reportIntervalMs)}`],
  ];
  return formatPairs(rows);
}

function signedText(signers: readonly string[]): string {
  if (signers.length === 0) return 'no; agents will refuse it';
  return `by ${signers.length === 1 ? 'key' : 'keys'} ${signers.join(', ')}`;
}
