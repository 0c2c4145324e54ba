/** What `check` found in, what a person reads out: everything that was fixed, everything that is wrong, one line of sum. */
import type { CheckedFile } from '../check-files.js';
import type { ProgramFacts } from '../check-program.js';
import { failureText } from '../failure.js';
import { formatCount, formatNumber } from '../format.js';
import { wrap } from '../table.js';
import type { CheckDocument, CheckSettings } from './check-document.js';
import { diagnosticPaint, diagnosticsText, headlineText, type Look } from './diagnostics-view.js';
import { costText } from './program-words.js';

/** Files about which there is nothing to say are left out; empty when all are. */
export function checkText(files: readonly CheckedFile[], document: CheckDocument, look: Look): string {
  const texts = files.map((file, at) => {
    const { fixes = [], error } = document.files[at] ?? {};
    const fixed = fixes.map(
      ({ code, line, column, message }) => `${file.name}:${line}:${column}: fixed ${code}: ${message}`,
    );
    const columns = look.wrapsHeadlines === true ? look.columns : undefined;
    const failed = error === undefined ? [] : [failureText(error, { columns })];
    return [fixed.join('\n'), ...problemsText(file, look), ...failed].filter((text) => text !== '');
  });
  return texts.flat().join('\n\n');
}

/** `3 files: 2 errors, 1 warning; 1 can be fixed with --fix` */
export function checkSummary(document: CheckDocument, { fix, strict }: CheckSettings): string {
  const { files, errors, warnings, fixed, fixable } = document;
  const found = [
    errors > 0 ? formatCount(errors, 'error') : '',
    warnings > 0 ? formatCount(warnings, 'warning') : '',
  ].filter((part) => part !== '');
  const rest = [
    fixed > 0 ? `${formatNumber(fixed)} fixed` : '',
    fixable > 0 && !fix ? `${formatNumber(fixable)} can be fixed with --fix` : '',
    warnings > 0 && errors === 0 && strict ? 'warnings count as errors' : '',
  ].filter((part) => part !== '');
  const sum = found.length === 0 ? 'no errors' : found.join(', ');
  return `${formatCount(files.length, 'file')}: ${[sum, ...rest].join('; ')}`;
}

/** Of files that were checked together as if they had to do with each other; undefined when they do not. */
export function capabilitiesHint(files: readonly CheckedFile[]): string | undefined {
  const given = files.find((file) => file.kind === 'capabilities');
  const isForReference = files.some((file) => file.kind === 'source');
  if (given === undefined || !isForReference) return undefined;
  return `Programs were checked for the reference fleet; for that of ${given.name} add: --capabilities ${given.name}`;
}

function problemsText(file: CheckedFile, look: Look): string[] {
  switch (file.kind) {
    case 'source':
    case 'capabilities': {
      const { source, name: fileName, diagnostics } = file;
      return diagnostics.length === 0 ? [] : [diagnosticsText(diagnostics, { source, fileName, ...look })];
    }
    case 'program':
      return programText(file, look);
    case 'unreadable':
      return [];
    default:
      return file satisfies never;
  }
}

function programText({ name, program, problems }: CheckedFile & { readonly kind: 'program' }, look: Look) {
  const paint = diagnosticPaint(look.color);
  const lines = problems.flatMap(({ code, severity, message, hint }) => [
    headlineText(
      `${paint('place', `${name}:`)} ${paint(severity, `${severity} ${code}`)}: ${paint('message', message)}`,
      look,
    ),
    `${paint('label', `${' '.repeat(hintIndent)}hint:`)} ${hanging(hint, look.columns)}`,
  ]);
  const facts = program === undefined ? [] : [`${name}: ${factsText(program)}`];
  return [...(lines.length === 0 ? [] : [lines.join('\n')]), ...facts];
}

/** As under the diagnostics of a source. */
const hintIndent = 9;

function hanging(text: string, columns: number): string {
  const indent = hintIndent + 'hint: '.length;
  return wrap(text, Math.max(20, columns - indent)).join(`\n${' '.repeat(indent)}`);
}

/** What was said as a problem is not said again. */
function factsText({ name, costPerTask, signature }: ProgramFacts): string {
  const facts = [name, costText(costPerTask)];
  if (signature.ok) facts.push(`signed by trusted key ${signature.keyId}`);
  else if (signature.code === 'DN122') facts.push(signature.reason);
  return facts.join(', ');
}
