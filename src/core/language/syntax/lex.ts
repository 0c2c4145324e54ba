/**
 * Source text in, tokens with spans out. Never fails: what it does not understand becomes a diagnostic, and where the
 * meaning is clear (a lower-case keyword, `&&`) the token that was meant, so that the parser finds its own errors only.
 */
import type { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import { languageLimits } from '../limits.js';
import { inBaseUnit, quantityOfUnit } from '../units/units.js';
import { refuseHiddenCharacters } from './hidden-characters.js';
import { isDashComment, scanBlockComment, scanDashComment, scanSlashComment } from './lex-comments.js';
import * as report from './lex-mistakes.js';
import { lookalike as lookalikeOf } from './lookalikes.js';
import { match, type Scanner, spanHere } from './scanner.js';
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
    endedAt: -1,
  };
  while (scanner.at < source.length && !diagnostics.isFull) scanOne(scanner);
  scanner.tokens.push({ kind: 'end', text: '', span: spanHere(scanner, 0) });
  const { tokens, comments } = scanner;
  const quoted = [...comments, ...tokens.filter(({ kind }) => kind === 'text')].map(({ span }) => span);
  refuseHiddenCharacters(source, quoted, diagnostics);
  return { tokens, comments };
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
  [dashComment, scanDashComment, isDashComment],
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

function startLine(scanner: Scanner): void {
  scanner.line += 1;
  scanner.lineStart = scanner.at;
}

function keepComment(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  let end = written.length;
  while (written[end - 1] === ' ' || written[end - 1] === '\t') end -= 1;
  const text = written.slice(0, end);
  scanner.comments.push({ text, span: spanHere(scanner, text.length, start) });
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

/** With a quote inside it may be two texts, of other languages, or of this one with what stands between them. */
function scanOtherQuotes(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  const inside = written.slice(1, -1);
  scanner.diagnostics.add(report.otherQuotes(span, written, inside));
  const isReported = inside.includes('"');
  scanner.tokens.push({ kind: 'text', text: inside, span, ...(isReported ? { isReported } : {}) });
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
  const { meant, details } = lookalikeOf(span, written, scanner);
  scanner.diagnostics.add(details);
  if (written === ';') scanner.endedAt = scanner.tokens.length;
  if (meant !== '') scanner.tokens.push({ kind: isKeyword(meant) ? 'keyword' : 'symbol', text: meant, span });
}

function scanInvisible(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  scanner.diagnostics.add(report.invisible(spanHere(scanner, written.length, start), written));
}

/** Becomes a token about which nothing more is said, wherever the parser stumbles over it. */
function scanForeign(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  if (written === ':') {
    // What it stands for depends on where: the parser says so.
    scanner.tokens.push({ kind: 'symbol', text: written, span, isReported: true });
    return;
  }
  if (scanner.foreignLine !== scanner.line) scanner.diagnostics.add(report.foreign(span, written));
  scanner.foreignLine = scanner.line;
  if (/\p{Cc}/u.test(written)) return;
  scanner.tokens.push({ kind: 'symbol', text: written, span, isReported: true });
}
