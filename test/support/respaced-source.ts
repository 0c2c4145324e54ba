/** A program and random numbers in; the same tokens with other white space between them, and comments put in, out. */
import { DiagnosticList } from '../../src/core/language/diagnostics/diagnostic-list.js';
import { lex } from '../../src/core/language/syntax/lex.js';
import type { SeededRandom } from './seeded-random.js';

export interface RespaceOptions {
  readonly random: SeededRandom;
  /** Of a comment at each place between two tokens. */
  readonly commentProbability: number;
  readonly blankLines: boolean;
}

export interface Respaced {
  readonly source: string;
  /** In order. */
  readonly comments: readonly string[];
}

export function respaced(source: string, options: RespaceOptions): Respaced {
  const { random, commentProbability } = options;
  const comments: string[] = [];
  let result = random.chance(0.1) ? '\uFEFF' : '';
  let previous = '';
  for (const { span } of lex(source, new DiagnosticList())) {
    const text = source.slice(span.offset, span.offset + span.length);
    result += gap(previous, text, options);
    while (random.chance(commentProbability)) {
      const comment = `#${random.pick(commentTexts)} ${comments.length}`;
      comments.push(comment);
      result += random.pick(['', ' ', '\n', '\r\n  ']) + comment + random.pick(['\n', '  \t\r\n', ' \r']);
      if (random.chance(0.5)) result += gap('', '', options);
    }
    result += text;
    previous = text;
  }
  return { source: result, comments };
}

const commentTexts = [
  '',
  ' a',
  '# } {',
  '!/usr/bin/env dreamnet',
  ' IF x THEN "',
  '\tno "#" end',
  ' größer 😀',
];

function gap(previous: string, next: string, { random, blankLines }: RespaceOptions): string {
  const spaces = [' ', '\t ', '   ', '\n', '\r\n\t', '\r'];
  const areWords = /[\w%$"]$/.test(previous) && /^[\w$"]/.test(next);
  const isGlued = areWords || (previous === '-' && next === '-');
  if (!isGlued && random.chance(0.3)) return '';
  return random.pick(blankLines ? [...spaces, '\n\n', '\n \n\n\n', '\r\n\r\n'] : spaces);
}
