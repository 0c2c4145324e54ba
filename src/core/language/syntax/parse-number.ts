/** Numbers: a token in, a node out; a unit that stands apart, or is called otherwise, is joined to its number. */
import { type Span, spanBetween } from '../diagnostics/diagnostics.js';
import { spelledOut, surelyMeant } from '../units/unit-words.js';
import { quantityOfUnit } from '../units/units.js';
import type { TokenCursor } from './token-cursor.js';
import type { ExpressionNode } from './tree.js';

export function parseNumber(cursor: TokenCursor): ExpressionNode | undefined {
  const token = cursor.take();
  if (token.kind !== 'number') return undefined;
  const unit = token.unit === '' ? splitUnit(cursor, token.span) : undefined;
  if (unit === undefined) {
    return { kind: 'number', value: token.value, amount: token.amount, unit: token.unit, span: token.span };
  }
  reportSplitNumber(cursor, token, unit);
  return unreadable(token.span);
}

interface SplitUnit {
  /** The unit as it is written in the language; undefined when only its place is wrong. */
  readonly meant: string;
  readonly isKnown: boolean;
  readonly tokens: number;
}

/** A unit, or a word for one, behind the number that it belongs to; `Mb/s` is one too. */
function splitUnit(cursor: TokenCursor, number: Span): SplitUnit | undefined {
  const { kind, text, span } = cursor.current;
  const beginsStatement = cursor.is('(', 1) || cursor.is('=', 1) || cursor.is('.', 1);
  if (kind !== 'name' || span.line !== number.line || beginsStatement) return undefined;
  const rate = perSecond[text.toLowerCase()];
  if (rate !== undefined && cursor.is('/', 1) && /^s(ec)?$/.test(cursor.peek(2).text))
    return { meant: rate, isKnown: false, tokens: 3 };
  const isKnown = quantityOfUnit(text) !== undefined;
  const meant = isKnown ? text : spelledOut(text);
  return meant === undefined ? undefined : { meant, isKnown, tokens: 1 };
}

const perSecond: Readonly<Record<string, string | undefined>> = {
  b: 'bps',
  bit: 'bps',
  kb: 'Kbps',
  kbit: 'Kbps',
  mb: 'Mbps',
  mbit: 'Mbps',
  gb: 'Gbps',
  gbit: 'Gbps',
};

function reportSplitNumber(
  cursor: TokenCursor,
  number: { readonly text: string; readonly span: Span },
  { meant, isKnown, tokens }: SplitUnit,
): void {
  const { text, span: first } = cursor.current;
  const span = spanBetween(number.span, cursor.peek(tokens - 1).span);
  const joined = meant === '$' ? `$${number.text}` : `${number.text}${meant}`;
  cursor.report({
    code: isKnown ? 'DN003' : 'DN004',
    message: isKnown ? 'a number and its unit are written together' : `${cursor.current.text} is not a unit`,
    span: isKnown ? span : spanBetween(first, cursor.peek(tokens - 1).span),
    expected: joined,
    suggestion: {
      span,
      replacement: joined,
      certain: (isKnown || (tokens === 1 && surelyMeant(text) !== undefined)) && !cursor.givenNames.has(text),
    },
  });
  for (let taken = 0; taken < tokens; taken += 1) cursor.take();
}

/** `USD 5`, with the word as the current token. */
export function parseSpokenMoney(cursor: TokenCursor): ExpressionNode | undefined {
  const { kind, text, span: word } = cursor.current;
  const number = cursor.peek(1);
  const isMoney = kind === 'name' && /^(?:usd|dollars?)$/i.test(text) && !cursor.givenNames.has(text);
  if (!isMoney || number.kind !== 'number' || number.unit !== '' || number.span.line !== word.line)
    return undefined;
  const span = spanBetween(word, number.span);
  const written = `$${number.text}`;
  cursor.report({
    code: 'DN004',
    message: 'money is written with $ before the number',
    span,
    found: `${text} ${number.text}`,
    expected: written,
    hint: `write ${written}`,
    suggestion: { span, replacement: written, certain: true },
  });
  cursor.take();
  cursor.take();
  return unreadable(span);
}

/** `.5` */
export function parsePoint(cursor: TokenCursor): ExpressionNode {
  const { text, span: digits } = cursor.peek(1);
  const span = spanBetween(cursor.current.span, digits);
  const written = `0.${text}`;
  const isOneWord = span.length === text.length + 1 && /^\d/.test(text);
  cursor.report({
    code: 'DN003',
    message: 'a number begins with a digit',
    span,
    found: written.slice(1),
    expected: written,
    suggestion: { span, replacement: written, certain: isOneWord },
  });
  cursor.take();
  cursor.take();
  return unreadable(span);
}

/** Stands for what could not be read: its reason was reported, and nothing more is said about it. */
export function unreadable(span: Span): ExpressionNode {
  return { kind: 'number', value: 0, amount: '0', unit: '?', span };
}
