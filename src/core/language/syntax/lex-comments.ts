/** Comments as other languages have them: what begins one in; a diagnostic, and whether it may be something else, out. */
import * as report from './lex-mistakes.js';
import { type Scanner, spanHere } from './scanner.js';
import type { Token } from './tokens.js';

/** Where it may be the division of Python, a token stands for it about which nothing more is said: neither reading is certain. */
export function scanSlashComment(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  const span = spanHere(scanner, written.length, start);
  const isDivision = couldDivide(scanner, written);
  scanner.diagnostics.add(report.slashComment(span, isDivision));
  if (isDivision) scanner.tokens.push({ kind: 'symbol', text: '//', span, isReported: true });
}

/** Behind a value, before what may be another one or the rest of a condition. */
function couldDivide({ tokens, line, endedAt }: Scanner, written: string): boolean {
  const before = tokens.at(-1);
  if (before === undefined || endedAt === tokens.length || !endsValue(tokens)) return false;
  if (before.span.line !== line) return onlyNumber.test(written);
  return operand.test(written) || /\bTHEN\b|[<>=]/i.test(written);
}

/** A number, something in parentheses, or a name that does not just begin a sentence. */
const operand =
  /^\/\/\s*-?\s*(?:[$.]?\d|(?:MIN|MAX|ABS)?\s*\(|[A-Za-z_]\w*(?:\s*\.\s*\w+)?\s*(?:$|[^\w\s]|(?:AND|OR|ELSE|IF|LET|WHERE|IN|FOR|REPORT_METRICS_EVERY)\b|\w+\s*[(.=]))/;
const onlyNumber = /^\/\/\s*[$.]?\d[\w.%$]*\s*(?:$|[)},]|THEN\b)/i;

function endsValue(tokens: readonly Token[]): boolean {
  const before = tokens.at(-1);
  if (before?.kind === 'number' || before?.kind === 'text') return true;
  if (before?.kind === 'name') return before.text !== 'task_queue';
  return before?.kind === 'symbol' && before.text === ')' && !closesAction(tokens);
}

/** Where a statement must begin, a minus cannot stand: there `--` is how SQL and Lua begin a comment. */
export function isDashComment({ source, at, tokens, endedAt }: Scanner): boolean {
  if (!source.startsWith('--', at)) return false;
  const before = tokens.at(-1);
  if (before === undefined || endedAt === tokens.length) return true;
  if (before.kind !== 'symbol' && before.kind !== 'keyword') return false;
  return ['{', '}', 'THEN', 'ELSE'].includes(before.text) || (before.text === ')' && closesAction(tokens));
}

/** Only actions, and the report, are words with parentheses that are no part of a value; they end a statement. */
function closesAction(tokens: readonly Token[]): boolean {
  let depth = 0;
  for (let at = tokens.length - 1; at > 0 && tokens.length - at < tokensLookedAt; at -= 1) {
    const { kind, text } = tokens[at] as Token;
    if (kind === 'symbol' && text === ')') depth += 1;
    if (kind === 'symbol' && text === '(') depth -= 1;
    if (depth > 0) continue;
    const word = tokens[at - 1];
    const isAction = word?.kind === 'name' || word?.text === 'REPORT_METRICS_EVERY';
    return isAction && !isWithinValue(tokens[at - 2]);
  }
  return false;
}

const tokensLookedAt = 200;

/** What another value, or no word at all, must follow. */
function isWithinValue(before: Token | undefined): boolean {
  if (before?.kind === 'symbol') return !['{', '}', ')'].includes(before.text);
  return before?.kind === 'keyword' && !['THEN', 'ELSE'].includes(before.text);
}

export function scanDashComment(scanner: Scanner, start: number, [written]: RegExpExecArray): void {
  scanner.diagnostics.add(report.dashComment(spanHere(scanner, written.length, start)));
}

export function scanBlockComment(
  scanner: Scanner,
  start: number,
  [written, end = '']: RegExpExecArray,
): void {
  const span = spanHere(scanner, written.length, start);
  scanner.diagnostics.add(
    report.blockComment(span, { text: written, isClosed: end !== '', endsLine: endsLine(scanner) }),
  );
  for (const { index, 0: lineBreak } of written.matchAll(/\r\n|\n|\r/g)) {
    scanner.line += 1;
    scanner.lineStart = start + index + lineBreak.length;
  }
}

function endsLine({ source, at }: Scanner): boolean {
  const rest = /[ \t]*(?=[\r\n]|$)/y;
  rest.lastIndex = at;
  return rest.test(source);
}
