/** The document of `compile` in, a sheet about the program out. */
import type { CompileDocument } from '../compile-file.js';
import { formatBytes, formatDuration, formatNumber } from '../format.js';
import { formatPairs } from '../table.js';

type Row = readonly [name: string, value: string];

export function compileText(document: CompileDocument & { readonly ok: true }): string {
  const { costPerTask, parameters, actions, fields } = document;
  const rows: Row[] = [
    ['program', `${document.name}, ${formatBytes(document.bytes)}`],
    ['written', document.output],
    ['digest', document.digest],
    ['signed', document.signedBy === null ? 'no; agents will refuse it' : `by key ${document.signedBy}`],
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
