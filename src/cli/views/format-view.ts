/** What `fmt` did in, what a person reads out: the files that differ, why others were left alone, one line of sum. */
import { failureText } from '../failure.js';
import { formatCount, formatNumber } from '../format.js';
import type { FormattedProgram } from '../format-programs.js';
import { diagnosticsText, type Look } from './diagnostics-view.js';
import type { FormatDocument } from './format-document.js';

/** A line for each file that was or would be changed; empty when there is none. */
export function changedText({ files }: FormatDocument): string {
  return files.flatMap(({ file, changed }) => (changed ? [file] : [])).join('\n');
}

/** Why files could not be formatted; empty when all could. */
export function formatProblems(
  programs: readonly FormattedProgram[],
  document: FormatDocument,
  look: Look,
): string {
  const texts = programs.flatMap((program, at) => {
    const { error } = document.files[at] ?? {};
    const columns = look.wrapsHeadlines === true ? look.columns : undefined;
    if (error !== undefined) return [failureText(error, { columns })];
    if (program.kind !== 'mistaken') return [];
    const { diagnostics, source, name: fileName } = program;
    return [diagnosticsText(diagnostics, { source, fileName, ...look })];
  });
  return texts.join('\n\n');
}

/** `5 files: 2 formatted, 1 could not be formatted` */
export function formatSummary(
  { files, changed, failed }: FormatDocument,
  { isCheck }: { readonly isCheck: boolean },
): string {
  const some = (count: number, what: string) => {
    if (count === 0) return [];
    return files.length === 1 ? [what] : [`${formatNumber(count)} ${what}`];
  };
  const parts = [
    ...some(changed, isCheck ? 'to be formatted' : 'formatted'),
    ...some(failed, 'could not be formatted'),
  ];
  return `${formatCount(files.length, 'file')}: ${parts.join(', ') || 'nothing to format'}`;
}
