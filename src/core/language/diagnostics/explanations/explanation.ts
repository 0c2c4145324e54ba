/** What is told about a code of the language beyond its title, and the two small sources that show it. */
import type { Capabilities } from '../../capabilities.js';

export interface CodeExplanation {
  /** What it means and why it is so, in two or three sentences. */
  readonly meaning: string;
  /** Gets this diagnostic, and no other. */
  readonly wrong: string;
  /** Gets none. */
  readonly right: string;
  /** What the example is checked with; the reference fleet's when absent. */
  readonly capabilities?: Capabilities;
}

/** A program whose loop has these lines. */
export function inLoop(...lines: readonly string[]): string {
  return program('', [
    '  FOR EACH task IN task_queue {',
    ...lines.map((line) => (line === '' ? '' : `    ${line}`)),
    '  }',
  ]);
}

export function program(parameters: string, lines: readonly string[]): string {
  return [`FUNC example(${parameters}) {`, ...lines, '}', ''].join('\n');
}

/** A program with parameters that does one thing with each task. */
export function tunable(parameters: string, statement: string): string {
  return program(parameters, ['  FOR EACH task IN task_queue {', `    ${statement}`, '  }']);
}
