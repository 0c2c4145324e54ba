/** The document of a loop in, the card that a person reads at its end out. */
import chalk from 'chalk';
import { type RunDocument, resultCard } from '../progress/result-card.js';
import { terminalWidth } from '../terminal-text.js';

export function showLoop(document: RunDocument, flags: { readonly 'no-color': boolean }): string {
  const color = chalk.level > 0 && !flags['no-color'];
  return resultCard(document, { columns: terminalWidth(), color });
}
