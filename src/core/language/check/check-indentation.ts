/**
 * Statements of one block in; a warning out where white space says something else than the program: IF, THEN and ELSE take
 * one statement, and the next one, indented as if it belonged to them, runs for every task.
 */
import type { Span } from '../diagnostics/diagnostics.js';
import type { IfNode, StatementNode } from '../syntax/tree.js';
import type { CheckContext } from './check-context.js';

export function warnIndentation(statements: readonly StatementNode[], context: CheckContext): void {
  statements.forEach((statement, index) => {
    const next = statements[index + 1];
    if (statement.kind !== 'if' || next === undefined) return;
    const only = onlyStatement(statement);
    if (only === undefined || next.span.line === only.span.line) return;
    const isBeneath = !opensLine(only.span, context) || next.span.column >= only.span.column;
    const deceives =
      opensLine(statement.span, context) &&
      opensLine(next.span, context) &&
      next.span.column > statement.span.column &&
      isBeneath;
    if (deceives) warn(statement, next, context);
  });
}

/** The statement of the last branch, when it stands there without braces. */
function onlyStatement({ whenTrue, whenFalse, span }: IfNode): StatementNode | undefined {
  const last = whenFalse.length > 0 ? whenFalse : whenTrue;
  const [only, ...more] = last;
  if (only === undefined || more.length > 0 || endOf(only.span) !== endOf(span)) return undefined;
  // ELSE IF: what belongs to it is a question of the inner IF.
  return only.kind === 'if' && whenFalse.length > 0 ? (onlyStatement(only) ?? only) : only;
}

function endOf({ offset, length }: Span): number {
  return offset + length;
}

function opensLine({ offset, column }: Span, context: CheckContext): boolean {
  return context.source.slice(offset - (column - 1), offset).trim() === '';
}

function warn(statement: IfNode, next: StatementNode, context: CheckContext): void {
  context.diagnostics.add({
    code: 'DN045',
    message: 'this stands behind the IF, and is indented as if it belonged to it',
    span: next.span,
    related: [
      { span: { ...statement.span, length: 2 }, message: 'without braces, one statement belongs to it' },
    ],
    hint: 'put both between { and }, or begin this line where the IF begins; dreamnet fmt does the latter',
  });
}
