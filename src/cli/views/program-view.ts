/** The document of `compile` in, a sheet about the program out. */
import type { CompileDocument } from '../compile-file.js';
import { formatBytes, formatDuration, formatNumber } from '../format.js';
import { formatPairs } from '../table.js';
import { costText, parameterText } from './program-words.js';

type Row = readonly [name: string, value: string];

/** Labels are short, so that a digest fits beside its own on 80 columns. */
export function compileText(document: CompileDocument & { readonly ok: true }): string {
  const { costPerTask, parameters, actions, fields } = document;
  const rows: Row[] = [
    ['program', `${document.name}, ${formatBytes(document.bytes)}`],
    ['for', document.capabilities],
    ['written', document.output === '-' ? 'to standard output' : document.output],
    ['digest', document.digest],
    ['signed', signedText(document.signers)],
    ['score', `${formatNumber(document.optimizationScore, 2)} of 1`],
    ['steps', costText(costPerTask)],
    ['reads', fields.join(' ') || 'nothing'],
    ['does', actions.join(' ') || 'nothing'],
    ...parameters.map((parameter, at): Row => [at === 0 ? 'takes' : '', parameterText(parameter)]),
    ['reports', `every ${formatDuration(document.reportIntervalMs)}`],
  ];
  return formatPairs(rows);
}

function signedText(signers: readonly string[]): string {
  if (signers.length === 0) return 'no; agents will refuse it';
  return `by ${signers.length === 1 ? 'key' : 'keys'} ${signers.join(', ')}`;
}

/** Told once: whoever deploys programs will need it again. */
export function madeKeyText(path: string): string {
  return `This home had no key to sign with, so one was made: ${path}`;
}
