/** What is known of a code in, a page of text for a terminal out; and the list of all codes. */
import { Chalk, type ChalkInstance } from 'chalk';
import type { CodeExample, CodeSummary, ExplainedCode } from '../explain-code.js';
import { formatPairs, wrap } from '../table.js';
import { diagnosticsText, type Look } from './diagnostics-view.js';
import { shortened } from './shortened-source.js';

export function explanationText(explained: ExplainedCode, look: Look): string {
  const { code, severity, title, meaning, example, remedy } = explained;
  const chalk = new Chalk({ level: look.color ? 1 : 0 });
  const bold = severity === 'error' ? chalk.bold.red : chalk.bold.yellow;
  const columns = Math.min(look.columns, readableColumns);
  return [
    `${bold(`${severity} ${code}`)}: ${chalk.bold(title)}`,
    wrap(meaning, columns).join('\n'),
    ...(remedy === undefined ? [] : [wrap(remedy, columns).join('\n')]),
    ...(example === undefined ? [] : exampleText(example, { ...look, chalk })),
  ].join('\n\n');
}

/** Grouped by what the codes are about. */
export function codesText(codes: readonly CodeSummary[]): string {
  const groups = Map.groupBy(codes, ({ about }) => about);
  return [...groups]
    .map(([about, group]) => {
      const rows = group.map(
        ({ code, severity, title }) =>
          [`  ${code}`, severity === 'warning' ? `${title} (warning)` : title] as const,
      );
      return `${headings[about]}\n${formatPairs(rows)}`;
    })
    .join('\n\n');
}

const headings: Readonly<Record<CodeSummary['about'], string>> = {
  program: 'Programs',
  'capability file': 'Capability files',
  'program file': 'Compiled programs',
};

/** Longer lines are tiring to read. */
const readableColumns = 80;

function exampleText(
  { fileName, wrong, diagnostics, right, fields }: CodeExample,
  { chalk, ...look }: Look & { readonly chalk: ChalkInstance },
): string[] {
  const heading = (text: string) => chalk.dim(text);
  const where = fields.length === 0 ? '' : `, where tasks have a ${fields.join(', ')}`;
  return [
    heading(`A wrong example${where}:`),
    indented(shortened(wrong)),
    heading('What is said about it:'),
    diagnosticsText(diagnostics.slice(0, 3), { source: wrong, fileName, ...look }),
    heading('Mended:'),
    indented(shortened(right)),
  ];
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ');
}
