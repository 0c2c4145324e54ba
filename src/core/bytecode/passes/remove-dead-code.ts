/**
 * Leaves out what can never run or never matters: branches of a constant condition, loops without effects, LETs that
 * nothing reads. Runs after folding, which makes such things visible.
 */
import type {
  CheckedIf,
  CheckedLet,
  CheckedLoop,
  CheckedProgram,
  CheckedStatement,
  ConditionExpression,
} from '../../language/checked-tree.js';
import { type AnyExpression, ownExpressions, visitExpression } from '../visit-expressions.js';

export function removeDeadCode(program: CheckedProgram): CheckedProgram {
  const loops = program.loops.flatMap(liveLoop);
  return withoutUnreadLets({ ...program, loops });
}

function liveLoop(loop: CheckedLoop): CheckedLoop[] {
  const body = liveStatements(loop.body);
  return body.some(hasEffect) ? [{ ...loop, body }] : [];
}

function liveStatements(statements: readonly CheckedStatement[]): CheckedStatement[] {
  return statements.flatMap((statement) => {
    if (statement.kind !== 'if') return [statement];
    const whenTrue = liveStatements(statement.whenTrue);
    const whenFalse = liveStatements(statement.whenFalse);
    const { condition } = statement;
    if (condition.kind === 'truth') return condition.value ? whenTrue : whenFalse;
    if (!whenTrue.some(hasEffect) && !whenFalse.some(hasEffect)) return [];
    if (whenTrue.some(hasEffect))
      return [{ ...statement, whenTrue, whenFalse: whenFalse.some(hasEffect) ? whenFalse : [] }];
    const negated: ConditionExpression = { kind: 'not', operand: condition, span: condition.span };
    return [{ ...statement, condition: negated, whenTrue: whenFalse, whenFalse: [] }];
  });
}

function hasEffect(statement: CheckedStatement): boolean {
  if (statement.kind === 'effect') return true;
  return statement.kind === 'if' && [...statement.whenTrue, ...statement.whenFalse].some(hasEffect);
}

/** From the end to the start, so that what only a left out LET reads is not read either. */
function withoutUnreadLets(program: CheckedProgram): CheckedProgram {
  const read = new Set<number>();
  const loops = program.loops
    .toReversed()
    .map((loop) => ({ ...loop, body: readStatements(loop.body, read) }))
    .toReversed();
  return { ...program, loops, lets: readStatements(program.lets, read).filter(isLet) };
}

/** Adds to `read` what the statements that stay read. */
function readStatements(statements: readonly CheckedStatement[], read: Set<number>): CheckedStatement[] {
  const kept: CheckedStatement[] = [];
  for (const statement of statements.toReversed()) {
    if (isLet(statement) && !read.has(statement.slot)) continue;
    kept.push(statement.kind === 'if' ? withReadBranches(statement, read) : statement);
    for (const expression of ownExpressions(statement)) addSlots(expression, read);
  }
  return kept.toReversed();
}

function withReadBranches(statement: CheckedIf, read: Set<number>): CheckedIf {
  const whenTrue = readStatements(statement.whenTrue, read);
  return { ...statement, whenTrue, whenFalse: readStatements(statement.whenFalse, read) };
}

function addSlots(expression: AnyExpression, read: Set<number>): void {
  visitExpression(expression, (part) => {
    if (part.kind === 'slot' || part.kind === 'condition-slot') read.add(part.slot);
  });
}

function isLet(statement: CheckedStatement): statement is CheckedLet {
  return statement.kind === 'number-let' || statement.kind === 'condition-let';
}
