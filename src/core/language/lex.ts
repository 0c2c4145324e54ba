/**
 * Source text in, tokens with spans out. Never fails: what it does not understand becomes a diagnostic, and where the
 * meaning is clear (a lower-case keyword, `&&`) the token that was meant, so that the parser finds its own errors only.
 */
import type { DiagnosticList } from './diagnostic-list.js';
import type { Span } from './diagnostics.js';
import { languageLimits } from './limits.js';
import { nearestWord } from './suggest.js';
import { type Comment, isKeyword, type Token } from './tokens.js';
import { inBaseUnit, quantityOfUnit, unitNames } from './units.js';

/** The last token is always `end`. */
export function lex(source: string, diagnostics: DiagnosticList): Token[] {
  return lexWithComments(source, diagnostics).tokens;
}

/** The same tokens, and beside them what the parser has no use for. */
export function lexWithComments(
  source: string,
  diagnostics: DiagnosticList,
): { readonly tokens: Token[]; readonly comments: Comment[] } {
  const scanner: Scanner = {
    source,
    at: 0,
    line: 1,
    lineStart: 0,
    tokens: [],
    comments: [],
    diagnostics,
  };
  if (source.startsWith('\uFEFF')) scanner.at = 1;
  while (scanner.at < source.length && !diagnostics.isFull) scanOne(scanner);
  scanner.tokens.push({ kind: 'end', text: '', span: spanHere(scanner, 0) });
  return { tokens: scanner.tokens, comments: scanner.comments };
}

interface Scanner {
  readonly source: string;
  at: number;
  line: number;
  lineStart: number;
  readonly tokens: Token[];
  readonly comments: Comment[];
  readonly diagnostics: DiagnosticList;
}

const space = /[ \t]+/y;
const newline = /\r\n|\n|\r/y;
const comment = /#[^\r\n]*/y;
const slashComment = /\/\/[^\r\n]*/y;
const word = /[\p{L}_][\p{L}\p{N}_]*/uy;
const number = /(\$?)(\d[\d_]*(?:\.(?!\.)[\d_]*)?(?:[eE][+-]?\d+)?)(%|\$|\p{L}[\p{L}\p{N}_]*)?/uy;
const text = /"[^"\r\n]*("?)/y;
const symbol = /\.\.|>=|<=|==|!=|[{}(),.><=+\-*/]/y;
const lookalike = /&&|\|\||<>|=>|=<|!(?!=)|[;≥≤≠×÷−]/y;
const unknown = /[^\s\w#"$%{}(),.><=+\-*/!;&|\p{L}]+|[\s\S]/uy;

/** What other languages write, and what is meant here; an empty meaning is left out. */
const meanings: Readonly<Record<string, string>> = {
  '&&': 'AND',
  '||': 'OR',
  '!': 'NOT',
  '<>': '!=',
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

type Handler = (scanner: Scanner, start: number, found: RegExpExecArray) => void;

/** Tried in this order; the last matches anything. */
const scanners: readonly (readonly [RegExp, Handler])[] = [
  [space, () => undefined],
  [newline, startLine],
  [comment, keepComment],
  [slashComment, reportSlashComment],
  [word, scanWord],
  [number, scanNumber],
  [text, scanText],
  [lookalike, scanLookalike],
  [symbol, scanSymbol],
  [unknown, reportCharacters],
];

function scanOne(scanner: Scanner): void {
  const start = scanner.at;
  for (const [pattern, handle] of scanners) {
    const found = match(scanner, pattern);
    if (found === undefined) continue;
    handle(scanner, start, found);
    return;
  }
}

function match(scanner: Scanner, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = scanner.at;
  const found = pattern.exec(scanner.source);
  if (found === null) return undefined;
  scanner.at += found[0].length;
  return found;
}

function startLine(scanner: Scanner): void {
  scanner.line += 1;
  scanner.lineStart = scanner.at;
}

function spanHere(scanner: Scanner, length: number, offset = scanner.at): Span {
  return { offset, line: scanner.line, column: offset - scanner.lineStart + 1, length };
}

function keepComment(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  let end = written.length;
  while (written[end - 1] === ' ' || written[end - 1] === '\t') end -= 1;
  const text = written.slice(0, end);
  scanner.comments.push({ text, span: spanHere(scanner, text.length, start) });
}

function reportSlashComment(scanner: Scanner, start: number, [found]: RegExpExecArray): void {
  const span = spanHere(scanner, found.length, start);
  scanner.diagnostics.add({
    code: 'DN002',
    message: 'a comment begins with #',
    span,
    found: '//',
    expected: '#',
    suggestion: { span: { ...span, length: 2 }, replacement: '#', certain: true },
  });
}

function scanWord(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  const afterDot = scanner.tokens.at(-1)?.text === '.';
  const capitals = written.toUpperCase();
  if (isKeyword(capitals) && !afterDot) {
    if (capitals !== written) reportKeywordCase(scanner, span, written);
    scanner.tokens.push({ kind: 'keyword', text: capitals, span });
    return;
  }
  if (/[^\w]/.test(written)) reportForeignName(scanner, span, written);
  if (written.length > languageLimits.nameLengthMax) reportLongName(scanner, span);
  scanner.tokens.push({ kind: 'name', text: written, span });
}

function reportKeywordCase(scanner: Scanner, span: Span, written: string): void {
  const capitals = written.toUpperCase();
  scanner.diagnostics.add({
    code: 'DN007',
    message: `keywords are written in capitals: ${capitals}`,
    span,
    found: written,
    expected: capitals,
    hint: `write ${capitals}; in any other case it is not free as a name either`,
    suggestion: { span, replacement: capitals, certain: true },
  });
}

function reportForeignName(scanner: Scanner, span: Span, written: string): void {
  scanner.diagnostics.add({
    code: 'DN002',
    message: `the name ${written} has letters other than a to z`,
    span,
    expected: 'letters a to z, digits and _',
    hint: 'names end up in logs and files of every agent, so they stay plain',
  });
}

function reportLongName(scanner: Scanner, span: Span): void {
  scanner.diagnostics.add({
    code: 'DN011',
    message: `a name of ${span.length} characters is longer than ${languageLimits.nameLengthMax}`,
    span,
  });
}

function scanNumber(scanner: Scanner, start: number, found: RegExpExecArray): void {
  const [written, sign = '', amount = '', suffix = ''] = found;
  const span = spanHere(scanner, written.length, start);
  const unit = sign === '$' && suffix === '' ? '$' : suffix;
  const value = inBaseUnit(Number(amount.replaceAll('_', '')), unit);
  if (!/^\d+(_\d+)*(\.\d+)?(e[+-]?\d+)?$/i.test(amount)) reportNumber(scanner, span, 'is malformed');
  else if (!Number.isFinite(value)) reportNumber(scanner, span, 'is too large');
  else if (sign === '$' && suffix !== '') reportNumber(scanner, span, 'has two units');
  else if (unit !== '' && quantityOfUnit(unit) === undefined)
    reportUnit(scanner, span, unit, start + written.length);
  const known = quantityOfUnit(unit) === undefined && unit !== '' ? '?' : unit;
  scanner.tokens.push({ kind: 'number', text: written, span, amount, unit: known, value });
}

function reportNumber(scanner: Scanner, span: Span, problem: string): void {
  scanner.diagnostics.add({
    code: 'DN003',
    message: `this number ${problem}`,
    span,
    expected: 'a number such as 5, 0.5, 1_000 or 1e6, with at most one unit behind it',
  });
}

function reportUnit(scanner: Scanner, span: Span, unit: string, end: number): void {
  const near = nearestUnit(unit);
  const place = spanHere(scanner, unit.length, end - unit.length);
  scanner.diagnostics.add({
    code: 'DN004',
    message: `${unit} is not a unit`,
    span: place,
    found: unit,
    expected: `a unit: ${unitNames.join(' ')}`,
    hint: near === undefined ? undefined : `did you mean ${near}?`,
    related: [{ span, message: 'in this number' }],
    suggestion: near === undefined ? undefined : { span: place, replacement: near, certain: false },
  });
}

/** Words that people write for units, before spelling is compared. */
const spokenUnits: Readonly<Record<string, string>> = {
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  min: 'm',
  mins: 'm',
  minutes: 'm',
  hour: 'h',
  hours: 'h',
  day: 'd',
  days: 'd',
  byte: 'B',
  bytes: 'B',
  percent: '%',
  usd: '$',
  k: 'KB',
  g: 'GB',
};

function nearestUnit(unit: string): string | undefined {
  const lower = unit.toLowerCase();
  if (Object.hasOwn(spokenUnits, lower)) return spokenUnits[lower];
  return unitNames.find((name) => name.toLowerCase() === lower) ?? nearestWord(unit, unitNames);
}

function scanText(scanner: Scanner, start: number, found: RegExpExecArray): void {
  const span = spanHere(scanner, found[0].length, start);
  if (found[1] === '') {
    scanner.diagnostics.add({
      code: 'DN005',
      message: 'this text has no closing quote on its line',
      span,
      expected: '"',
    });
  }
  scanner.tokens.push({ kind: 'text', text: found[0].replaceAll('"', ''), span });
}

function scanSymbol(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  scanner.tokens.push({ kind: 'symbol', text: written, span: spanHere(scanner, written.length, start) });
}

function scanLookalike(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  const meant = meanings[written] ?? '';
  reportLookalike(scanner, span, written, meant);
  if (meant !== '') scanner.tokens.push({ kind: isKeyword(meant) ? 'keyword' : 'symbol', text: meant, span });
}

function reportLookalike(scanner: Scanner, span: Span, written: string, meant: string): void {
  scanner.diagnostics.add({
    code: 'DN002',
    message:
      meant === '' ? `${written} is not needed between statements` : `${written} is written ${meant} here`,
    span,
    found: written,
    expected: meant === '' ? undefined : meant,
    suggestion: { span, replacement: /^[A-Z]/.test(meant) ? ` ${meant} ` : meant, certain: true },
  });
}

function reportCharacters(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  const shown = [...written].slice(0, 8).map(printable).join(' ');
  const sort = written.includes('\0') ? 'a NUL byte' : shown;
  scanner.diagnostics.add({
    code: 'DN002',
    message: `the language does not use ${sort}`,
    span,
    found: shown,
    hint: written.includes('\0') ? 'is this a binary or UTF-16 file? Save it as UTF-8' : undefined,
  });
}

function printable(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const plain = code > 0x20 && code < 0x7f;
  return plain ? character : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
