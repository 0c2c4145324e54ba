/** Diagnostics and their source in, text for a terminal out: wrapped to its width, and with colours where it has them. */
import { Chalk, type ChalkInstance } from 'chalk';
import type { Diagnostic } from '../../core/language/diagnostics/diagnostics.js';
import { type DiagnosticPart, renderDiagnostic } from '../../core/language/diagnostics/render-diagnostic.js';
import type { DiagnosedSource } from '../diagnosed-error.js';
import { displayWidth, terminalWidth } from '../terminal-text.js';

export interface Look {
  readonly columns: number;
  readonly color: boolean;
  /** A person reads it: headlines are wrapped, too. Editors and log readers look for them on one line. */
  readonly wrapsHeadlines?: boolean;
}

export type DiagnosticPaint = (part: DiagnosticPart, text: string) => string;

/** A blank line between two; empty when there are none. */
export function diagnosticsText(
  diagnostics: readonly Diagnostic[],
  { source, fileName, ...look }: Look & { readonly source: string; readonly fileName: string },
): string {
  const { columns, color } = look;
  const paint = diagnosticPaint(color);
  const texts = diagnostics.map((diagnostic) => {
    const [headline = '', ...lines] = renderDiagnostic(diagnostic, {
      source,
      fileName,
      columns,
      paint,
    }).split('\n');
    return [headlineText(headline, look), ...lines].join('\n');
  });
  return texts.join('\n\n');
}

/** Of several sources, in order. */
export function sourcesText(sources: readonly DiagnosedSource[], look: Look): string {
  const texts = sources.map(({ name: fileName, source, diagnostics }) =>
    diagnosticsText(diagnostics, { source, fileName, ...look }),
  );
  return texts.filter((text) => text !== '').join('\n\n');
}

/** `place: error CODE: message`, broken between words and indented as what stands below it where that is wanted. */
export function headlineText(headline: string, { columns, wrapsHeadlines }: Look): string {
  if (wrapsHeadlines !== true) return headline;
  const lines: string[] = [];
  for (const word of headline.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(`${last} ${word}`) <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `${' '.repeat(headlineIndent)}${word}`);
  }
  return lines.join('\n');
}

const headlineIndent = 4;

export function diagnosticPaint(color: boolean): DiagnosticPaint {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return (part, text) => styles[part](chalk)(text);
}

const styles: Readonly<Record<DiagnosticPart, (chalk: ChalkInstance) => ChalkInstance>> = {
  place: (chalk) => chalk.bold,
  error: (chalk) => chalk.bold.red,
  warning: (chalk) => chalk.bold.yellow,
  message: (chalk) => chalk.bold,
  gutter: (chalk) => chalk.dim,
  source: (chalk) => chalk.reset,
  '^': (chalk) => chalk.bold.red,
  '-': (chalk) => chalk.cyan,
  label: (chalk) => chalk.dim,
};

/** How wide and how colourful the stream is that text goes to. */
export function lookOf(stream: NodeJS.WriteStream, flags: { readonly 'no-color': boolean }): Look {
  return {
    columns: terminalWidth(stream),
    color: wantsColor({ refused: flags['no-color'], stream }),
    wrapsHeadlines: stream.isTTY === true,
  };
}

export interface ColorQuestion {
  /** `--no-color`. */
  readonly refused: boolean;
  readonly stream: { readonly isTTY?: boolean };
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Colours are for a terminal that has them, for who forces them, and for nobody who said no. */
export function wantsColor({ refused, stream, env = process.env }: ColorQuestion): boolean {
  if (refused || (env.NO_COLOR ?? '') !== '') return false;
  if ((env.FORCE_COLOR ?? '') !== '') return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return env.TERM !== 'dumb' && stream.isTTY === true;
}
