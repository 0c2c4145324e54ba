/** A sign of another language and where it stands in; what is meant by it here, and what to say about it, out. */
import type { DiagnosticDetails, Span } from '../diagnostics/diagnostics.js';
import type { Scanner } from './scanner.js';

/** What other languages write, and what is meant here; an empty meaning is left out. */
const meanings: Readonly<Record<string, string>> = {
  '&&': 'AND',
  '||': 'OR',
  '!': 'NOT',
  '<>': '!=',
  '===': '==',
  '!==': '!=',
  ':=': '=',
  '=>': '>=',
  '=<': '<=',
  '≥': '>=',
  '≤': '<=',
  '≠': '!=',
  '×': '*',
  '÷': '/',
  '−': '-',
  ';': '',
};

/** The scanner is behind the sign. A word that replaces a sign gets spaces where there are none. */
export function lookalike(
  span: Span,
  written: string,
  { source, at, tokens }: Pick<Scanner, 'source' | 'at' | 'tokens'>,
): { readonly meant: string; readonly details: DiagnosticDetails } {
  const meant = meanings[written] ?? '';
  const isWord = /^[A-Z]/.test(meant);
  const pad = (neighbour = '') => (isWord && /[^\s(]/.test(neighbour) ? ' ' : '');
  const after = source.slice(at, at + charactersLookedAt);
  const details: DiagnosticDetails = {
    code: 'DN002',
    message:
      meant === '' ? `${written} is not needed between statements` : `${written} is written ${meant} here`,
    span,
    found: written,
    expected: meant === '' ? undefined : meant,
    hint: meant === '' ? 'leave it out' : undefined,
  };
  const before = source.slice(Math.max(0, span.offset - 2), span.offset);
  const gap = meant === '' && /\S$/.test(before) && /^[^\s;]/.test(after) ? ' ' : '';
  const replacement = gap + pad(before.at(-1)) + meant + pad(after[0]);
  const certain = isCertain(written, after, tokens.at(-1)?.text);
  return { meant, details: { ...details, suggestion: { span, replacement, certain } } };
}

const charactersLookedAt = 1_000;

function isCertain(written: string, after: string, before: string | undefined): boolean {
  switch (written) {
    case '=>':
      return !/^\s*[{(]/.test(after);
    case '!':
      return !takesOnlyPart(after);
    case ';':
      return !goesOn(after) && before !== 'THEN' && before !== 'ELSE';
    default:
      return true;
  }
}

/** `; -1` would become a difference, and what is empty in `THEN ;` would become the next statement. */
function goesOn(after: string): boolean {
  return /^\s*(?:[^\s\w#"}{)$]|(?:AND|OR)\b)/i.test(after);
}

/** In `!a > b` other languages negate `a`, and NOT negates the comparison. */
function takesOnlyPart(after: string): boolean {
  const word = /^[\s!]*[A-Za-z_]\w*(?:\s*\.\s*\w+)?/.exec(after)?.[0] ?? /^[\s!]*/.exec(after)?.[0] ?? '';
  const rest = after.slice(word.length).trimStart();
  const behind = rest.startsWith('(') ? afterParentheses(rest) : rest;
  return behind === undefined || /^\s*[-+*/<>=!≥≤≠×÷−]/.test(behind);
}

/** Undefined when they do not close in sight. */
function afterParentheses(text: string): string | undefined {
  let depth = 0;
  for (const [index, character] of [...text].entries()) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth === 0) return [...text].slice(index + 1).join('');
  }
  return undefined;
}
