/** Diagnostics and their source in, text for a terminal out: wrapped to its width, and with colours where it has them. */
import { Chalk, type ChalkInstance } from 'chalk';
import type { Diagnostic } from '../../core/language/diagnostics/diagnostics.js';
import { type DiagnosticPart, renderDiagnostics } from '../../core/language/diagnostics/render-diagnostic.js';
import { terminalWidth } from '../terminal-text.js';

export interface Look {
  readonly columns: number;
  readonly color: boolean;
}

export type DiagnosticPaint = (part: DiagnosticPart, text: string) => string;

/** A blank line between two; empty when there are none. */
export function diagnosticsText(
  diagnostics: readonly Diagnostic[],
  { source, fileName, columns, color }: Look & { readonly source: string; readonly fileName: string },
): string {
  return renderDiagnostics(diagnostics, { source, fileName, columns, paint: diagnosticPaint(color) });
}

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
  return { columns: terminalWidth(stream), color: wantsColor({ refused: flags['no-color'], stream }) };
}

export interface ColorQuestion {
  /** `--no-color`. */
  readonly refused: boolean;
  readonly stream: { readonly isTTY?: boolean };
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Colours are for a terminal that has them, and for nobody who said no. */
export function wantsColor({ refused, stream, env = process.env }: ColorQuestion): boolean {
  return !refused && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb' && stream.isTTY === true;
}
