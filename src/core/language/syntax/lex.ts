/**
 * Source text in, tokens with spans out. Never fails: what it does not understand becomes a diagnostic, and where the
 * meaning is clear (a lower-case keyword, `&&`) the token that was meant, so that the parser finds its own errors only.
 */
import type { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import type { Span } from '../diagnostics/diagnostics.js';
import { languageLimits } from '../limits.js';
import { inBaseUnit, quantityOfUnit } from '../units/units.js';
import * as report from './lex-mistakes.js';
import { type Comment, isKeyword, type Token } from './tokens.js';

/** The last token is always `end`. */
export function lex(source: string, diagnostics: DiagnosticList): Token[] {
  return lexWithComments(source, diagnostics).tokens;
}

/** The same tokens, and beside them what the parser has no use for. */
export function lexWithComments(
  source: string,
  diagnostics: DiagnosticList,
): { readonly tokens: Token[]; readonly comments: Comment[] } {
  const start = source.startsWith('\uFEFF') ? 1 : 0;
  const scanner: Scanner = {
    source,
    at: start,
    line: 1,
    lineStart: start,
    tokens: [],
    comments: [],
    diagnostics,
    keywordsAsNames: new Set(),
    foreignLine: 0,
  };
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
  /** Keywords in small letters that were given to something; their uses are not reported again. */
  readonly keywordsAsNames: Set<string>;
  /** The last line on which a foreign character was reported: one a line is enough to see. */
  foreignLine: number;
}

const space = /[ \t]+/y;
const newline = /\r\n|\n|\r/y;
const comment = /#[^\r\n]*/y;
const slashComment = /\/\/[^\r\n]*/y;
const dashComment = /--[^\r\n]*/y;
const blockComment = /\/\*[\s\S]*?(\*\/|$)/y;
const word = /[\p{L}_][\p{L}\p{N}_]*/uy;
const number = /(\$?)(\d[\d_]*(?:\.(?!\.)[\d_]*)?(?:[eE][+-]?\d+)?)(%|\$|\p{L}[\p{L}\p{N}_]*)?/uy;
const text = /"[^"\r\n]*"/y;
const otherQuotes = /'[^'\r\n]*'|[“”„«][^“”„«»"\r\n]*[“”»"]/y;
const openText = /"[\w.-]*/y;
const symbol = /\.\.|>=|<=|==|!=|[{}(),.><=+\-*/]/y;
const lookalike = /&&|\|\||<>|===|!==|:=|=>|=<|!(?!=)|[;≥≤≠×÷−]/y;
const invisible = /[\u00a0\u00ad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]+/y;
const foreign = /[^\s\w#"'$%{}(),.><=+\-*/!;&|\p{L}]+|[\s\S]/uy;

type Handler = (scanner: Scanner, start: number, found: RegExpExecArray) => void;

/** Tried in this order; the last matches anything. */
const scanners: readonly (readonly [RegExp, Handler, ((scanner: Scanner) => boolean)?])[] = [
  [space, () => undefined],
  [newline, startLine],
  [comment, keepComment],
  [slashComment, scanSlashComment],
  [blockComment, scanBlockComment],
  [dashComment, scanDashComment, beginsStatement],
  [word, scanWord],
  [number, scanNumber],
  [text, scanText],
  [otherQuotes, scanOtherQuotes],
  [openText, scanOpenText],
  [lookalike, scanLookalike],
  [symbol, scanSymbol],
  [invisible, scanInvisible],
  [foreign, scanForeign],
];

function scanOne(scanner: Scanner): void {
  const start = scanner.at;
  for (const [pattern, handle, applies] of scanners) {
    if (applies?.(scanner) === false) continue;
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

function scanSlashComment(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  const before = scanner.tokens.at(-1);
  const goesOn = before?.span.line === scanner.line && /\bTHEN\b|[<>=]/i.test(written);
  scanner.diagnostics.add(report.slashComment(span, goesOn));
}

/** Where a statement must begin, a minus cannot stand: there `--` is how SQL and Lua begin a comment. */
function beginsStatement({ source, at, tokens }: Scanner): boolean {
  if (!source.startsWith('--', at)) return false;
  const before = tokens.at(-1);
  if (before === undefined) return true;
  if (before.kind !== 'symbol' && before.kind !== 'keyword') return false;
  return ['{', '}', 'THEN', 'ELSE'].includes(before.text) || (before.text === ')' && closesAction(tokens));
}

/** Only actions are names with parentheses, and they end a statement. */
function closesAction(tokens: readonly Token[]): boolean {
  let depth = 0;
  for (let at = tokens.length - 1; at > 0 && tokens.length - at < tokensLookedAt; at -= 1) {
    const { kind, text } = tokens[at] as Token;
    if (kind === 'symbol' && text === ')') depth += 1;
    if (kind === 'symbol' && text === '(') depth -= 1;
    if (depth === 0) return tokens[at - 1]?.kind === 'name';
  }
  return false;
}

const tokensLookedAt = 200;

function scanDashComment(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  scanner.diagnostics.add(report.dashComment(spanHere(scanner, written.length, start)));
}

function scanBlockComment(scanner: Scanner, start: number, [written, end = '']: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  const rest = /^[^\r\n]*/.exec(scanner.source.slice(scanner.at, scanner.at + 1_000))?.[0] ?? '';
  scanner.diagnostics.add(
    report.blockComment(span, { text: written, isClosed: end !== '', endsLine: rest.trim() === '' }),
  );
  for (const { index, 0: lineBreak } of written.matchAll(/\r\n|\n|\r/g)) {
    scanner.line += 1;
    scanner.lineStart = start + index + lineBreak.length;
  }
}

function scanWord(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  const capitals = written.toUpperCase();
  if (isKeyword(capitals) && scanner.tokens.at(-1)?.text !== '.') {
    const isName = capitals !== written && standsAsName(scanner, written);
    scanner.tokens.push(
      isName ? { kind: 'name', text: written, span } : { kind: 'keyword', text: capitals, span },
    );
    if (isName && scanner.keywordsAsNames.has(written)) return;
    if (isName) scanner.keywordsAsNames.add(written);
    if (capitals !== written) scanner.diagnostics.add(report.keywordCase(span, written, isName));
    return;
  }
  if (/[^\w]/.test(written)) scanner.diagnostics.add(report.foreignName(span, written));
  if (written.length > languageLimits.nameLengthMax) scanner.diagnostics.add(report.longName(span));
  scanner.tokens.push({ kind: 'name', text: written, span });
}

/** `LET max = 5`, `FUNC for() {`, `f(min = 5%)`: somebody wanted a name, and what is used later is the same one. */
function standsAsName({ source, at, tokens, keywordsAsNames }: Scanner, written: string): boolean {
  const after = source.slice(at, at + 40);
  if (keywordsAsNames.has(written)) return !/^\s*\(/.test(after);
  if (/^\s*=(?!=)/.test(after)) return true;
  const before = tokens.at(-1);
  if (before?.kind !== 'keyword') return false;
  return before.text === 'FUNC' || (before.text === 'EACH' && /^\s+in\s/i.test(after));
}

function scanNumber(scanner: Scanner, start: number, found: RegExpExecArray): void {
  const [written, sign = '', amount = '', suffix = ''] = found;
  const span = spanHere(scanner, written.length, start);
  const unit = sign === '$' && suffix === '' ? '$' : suffix;
  const value = inBaseUnit(Number(amount.replaceAll('_', '')), unit);
  const isKnown = unit === '' || quantityOfUnit(unit) !== undefined;
  const { diagnostics } = scanner;
  if (/^0$/.test(amount) && /^x[\da-f]+$/i.test(suffix)) diagnostics.add(report.hexadecimal(span, written));
  else if (!/^\d+(_\d+)*(\.\d+)?(e[+-]?\d+)?$/i.test(amount))
    diagnostics.add(report.number(span, 'is malformed'));
  else if (!Number.isFinite(value)) diagnostics.add(report.number(span, 'is too large'));
  else if (sign === '$' && suffix !== '') diagnostics.add(report.number(span, 'has two units'));
  else if (!isKnown) {
    const place = spanHere(scanner, unit.length, start + written.length - unit.length);
    diagnostics.add(report.unit(place, unit));
  }
  scanner.tokens.push({ kind: 'number', text: written, span, amount, unit: isKnown ? unit : '?', value });
}

function scanText(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  scanner.tokens.push({ kind: 'text', text: written.slice(1, -1), span });
}

function scanOtherQuotes(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  const inside = written.slice(1, -1);
  scanner.diagnostics.add(report.otherQuotes(span, written, inside));
  scanner.tokens.push({ kind: 'text', text: inside, span });
}

/** Only the word behind the quote is taken: what follows it on the line is more often outside the text than inside. */
function scanOpenText(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  scanner.diagnostics.add(report.openText(span, written));
  scanner.tokens.push({ kind: 'text', text: written.slice(1), span, isReported: true });
}

function scanSymbol(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  scanner.tokens.push({ kind: 'symbol', text: written, span: spanHere(scanner, written.length, start) });
}

function scanLookalike(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  const around = {
    before: scanner.source[start - 1] ?? ' ',
    after: scanner.source.slice(scanner.at, scanner.at + 40),
  };
  const { meant, details } = report.lookalike(span, written, around);
  scanner.diagnostics.add(details);
  if (meant !== '') scanner.tokens.push({ kind: isKeyword(meant) ? 'keyword' : 'symbol', text: meant, span });
}

function scanInvisible(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  scanner.diagnostics.add(report.invisible(spanHere(scanner, written.length, start), written));
}

/** Becomes a token about which nothing more is said, wherever the parser stumbles over it. */
function scanForeign(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  if (scanner.foreignLine !== scanner.line) scanner.diagnostics.add(report.foreign(span, written));
  scanner.foreignLine = scanner.line;
  if (/\p{Cc}/u.test(written)) return;
  scanner.tokens.push({ kind: 'symbol', text: written, span, isReported: true });
}
