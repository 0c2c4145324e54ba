/**
 * A reading position in the tokens of one source, with what every parsing function needs: look, take, expect, complain.
 * Complains once per token: whatever else goes wrong at the same place is a consequence.
 */
import type { DiagnosticList } from './diagnostic-list.js';
import type { DiagnosticDetails, Span } from './diagnostics.js';
import { languageLimits } from './limits.js';
import { nearestWord } from './suggest.js';
import type { Keyword, Token } from './tokens.js';

export class TokenCursor {
  readonly #tokens: readonly Token[];
  readonly #diagnostics: DiagnosticList;
  #at = 0;
  #complainedAt = -1;
  #depth = 0;
  #operators = 0;

  constructor(tokens: readonly Token[], diagnostics: DiagnosticList) {
    this.#tokens = tokens;
    this.#diagnostics = diagnostics;
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

  get atEnd(): boolean {
    return this.current.kind === 'end';
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

  is(text: string): boolean {
    const { kind } = this.current;
    return (kind === 'symbol' || kind === 'keyword') && this.current.text === text;
  }

  accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.take();
    return true;
  }

  /** Takes a symbol, or says that it is missing. */
  expectSymbol(symbol: string, where: string): boolean {
    if (this.accept(symbol)) return true;
    this.complain(`${symbol} is missing ${where}`, symbol);
    return false;
  }

  /** Takes a keyword; a misspelt one is reported and taken, so that the rest is read as meant. */
  expectKeyword(keyword: Keyword, where: string): boolean {
    if (this.accept(keyword)) return true;
    const { kind, text, span } = this.current;
    const misspelt = kind === 'name' && nearestWord(text, [keyword]) !== undefined;
    this.report({
      code: 'DN008',
      message: misspelt ? `${text} is not a keyword` : `${keyword} is missing ${where}`,
      span,
      found: describeToken(this.current),
      expected: keyword,
      hint: misspelt ? `did you mean ${keyword}?` : undefined,
      suggestion: misspelt ? { span, replacement: keyword, certain: true } : undefined,
    });
    if (misspelt) this.take();
    return misspelt;
  }

  /** Says what was expected at the current token instead of what is there. */
  complain(message: string, expected: string, hint?: string): void {
    const found = describeToken(this.current);
    this.report({ code: 'DN008', message, span: this.current.span, found, expected, hint });
  }

  report(details: DiagnosticDetails): void {
    if (this.#complainedAt === this.#at) return;
    this.#complainedAt = this.#at;
    this.#diagnostics.add(details);
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
