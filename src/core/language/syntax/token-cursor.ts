/**
 * A reading position in the tokens of one source, with what every parsing function needs: look, take, expect, complain.
 * Complains once per token: whatever else goes wrong at the same place is a consequence.
 */
import type { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import type { DiagnosticDetails, Span } from '../diagnostics/diagnostics.js';
import { languageLimits } from '../limits.js';
import { nearestWord } from '../suggest.js';
import { isSpokenFor } from './foreign-words.js';
import type { SuspectBlock } from './parse-block.js';
import type { Keyword, Token } from './tokens.js';

export class TokenCursor {
  readonly #tokens: readonly Token[];
  readonly #diagnostics: DiagnosticList;
  /** The first column that is written in, by line. */
  readonly #indentations = new Map<number, number>();
  #at = 0;
  #complainedAt = -1;
  #depth = 0;
  #operators = 0;
  /** False once something was left out, so that what follows may miss it. */
  isWhole = true;
  /** False once a block was not closed or has no braces: then nothing tells what belongs into what. */
  bracesMatch = true;
  /** What the innermost loop around calls its task. */
  taskName: string | undefined;
  /** Actions that take the task only, as far as they are known. */
  readonly plainActions: ReadonlySet<string>;
  /** Within what is indented behind a `:`, the column in which the line of the `:` begins; 0 where braces tell. */
  margin = 0;
  /** A block whose closing brace is probably that of a block around it. */
  suspect: SuspectBlock | undefined;
  /** Names that were given to parameters, tasks and values so far, whatever block they are in. */
  readonly givenNames = new Set<string>();

  constructor(
    tokens: readonly Token[],
    diagnostics: DiagnosticList,
    plainActions: ReadonlySet<string> = new Set(),
  ) {
    this.#tokens = tokens;
    this.plainActions = plainActions;
    this.#diagnostics = diagnostics;
    for (const { span } of tokens)
      if (!this.#indentations.has(span.line)) this.#indentations.set(span.line, span.column);
  }

  get position(): number {
    return this.#at;
  }

  get current(): Token {
    return this.peek(0);
  }

  /** The token before the current one; the first token when nothing was taken yet. */
  get previous(): Token {
    return this.peek(-1);
  }

  /** True where a statement must begin anew, because the token opens its line. */
  get opensLine(): boolean {
    return this.#at === 0 || this.current.span.line > this.previous.span.line;
  }

  /** The column in which the current line begins. */
  get indentation(): number {
    return this.#indentations.get(this.current.span.line) ?? 1;
  }

  /** True where the line of the current token no longer belongs to what is indented behind a `:`. */
  get isOutside(): boolean {
    return this.indentation <= this.margin;
  }

  get atEnd(): boolean {
    return this.current.kind === 'end';
  }

  /** For messages. */
  get statementsHere(): string {
    return this.taskName === undefined
      ? 'FOR EACH, LET or REPORT_METRICS_EVERY'
      : `IF, LET or ACTION(${this.taskName}, …)`;
  }

  peek(ahead: number): Token {
    const index = Math.min(Math.max(this.#at + ahead, 0), this.#tokens.length - 1);
    return this.#tokens[index] as Token;
  }

  take(): Token {
    const token = this.current;
    if (!this.atEnd) this.#at += 1;
    return token;
  }

  is(text: string, ahead = 0): boolean {
    const { kind, text: found } = this.peek(ahead);
    return (kind === 'symbol' || kind === 'keyword') && found === text;
  }

  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.take();
    return true;
  }

  /** Takes a symbol, or says that it is missing. */
  expectSymbol(symbol: string, where: string, hint?: string): boolean {
    if (this.accept(symbol)) return true;
    this.reportMissing({ message: `${symbol} is missing ${where}`, expected: symbol, hint });
    return false;
  }

  /** Takes a keyword; one that is misspelt, or called otherwise elsewhere, is reported and taken as meant. */
  expectKeyword(keyword: Keyword, where: string): boolean {
    if (this.accept(keyword)) return true;
    const { kind, text, span } = this.current;
    const isCall = this.peek(1).text === '(';
    const isOther = kind === 'name' && isSpokenFor(text, keyword) && !isCall;
    const isMisspelt = kind === 'name' && nearestWord(text, [keyword]) !== undefined && !isCall;
    if (!isOther && !isMisspelt) {
      this.reportMissing({ message: `${keyword} is missing ${where}`, expected: keyword });
      return false;
    }
    this.report({
      code: 'DN008',
      message: isOther ? `${text} is written ${keyword} here` : `${text} is not a keyword`,
      span,
      found: text,
      expected: keyword,
      hint: isOther ? undefined : `did you mean ${keyword}?`,
      suggestion: { span, replacement: keyword, certain: true },
    });
    this.take();
    return true;
  }

  /** Something is missing before the current token: shown behind the one before when that ends its line. */
  reportMissing(problem: Pick<DiagnosticDetails, 'message' | 'expected' | 'hint' | 'suggestion'>): void {
    const span = this.opensLine && this.#at > 0 ? this.gap : this.current.span;
    this.report({ code: 'DN008', span, found: describeToken(this.current), ...problem });
  }

  /** The place right behind the token before. */
  get gap(): Span {
    const { offset, line, column, length } = this.previous.span;
    return { offset: offset + length, line, column: column + length, length: 0 };
  }

  /** Says what was expected at the current token instead of what is there. */
  complain(message: string, expected: string, hint?: string): void {
    const found = describeToken(this.current);
    this.report({ code: 'DN008', message, span: this.current.span, found, expected, hint });
  }

  report(details: DiagnosticDetails): void {
    if (this.#complainedAt === this.#at) return;
    this.#complainedAt = this.#at;
    if (!this.#isReported()) this.#diagnostics.add(details);
  }

  /** Says what is written here for a `:`, which is the current token if no other is given; the lexer has said nothing about it. */
  reportColon(details: Omit<DiagnosticDetails, 'code' | 'span'>, span = this.current.span): void {
    this.#diagnostics.add({ code: 'DN002', span, found: ':', ...details });
  }

  #isReported(): boolean {
    const { current } = this;
    return current.kind === 'symbol' && current.isReported === true;
  }

  /** Runs `parse` one level deeper. Beyond the limit nothing more of the source is read. */
  nested<Result>(parse: () => Result): Result | undefined {
    if (this.#depth >= languageLimits.nestingDepthMax) {
      this.#giveUp(this.current.span);
      return undefined;
    }
    this.#depth += 1;
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  /** Starts counting operators anew; a statement is what they are counted in. */
  beginStatement(): void {
    this.#operators = 0;
  }

  /** Counts an operator at the current token; false, with a report, when the expression has too many of them. */
  countOperator(): boolean {
    this.#operators += 1;
    if (this.#operators <= languageLimits.expressionOperatorsMax) return true;
    this.report({
      code: 'DN011',
      message: `more than ${languageLimits.expressionOperatorsMax} operators in one statement`,
      span: this.current.span,
      hint: 'name parts of the expression with LET',
    });
    return false;
  }

  #giveUp(span: Span): void {
    this.isWhole = false;
    this.bracesMatch = false;
    this.report({
      code: 'DN006',
      message: `nested more than ${languageLimits.nestingDepthMax} levels deep`,
      span,
      hint: 'name parts of the condition with LET, or join nested IFs with AND',
    });
    this.#at = this.#tokens.length - 1;
    this.#complainedAt = this.#at;
  }
}

export function describeToken(token: Token): string {
  if (token.kind === 'end') return 'the end of the file';
  if (token.kind === 'text') return 'a text';
  return token.text.length > 40 ? `${token.text.slice(0, 40)}…` : token.text;
}
