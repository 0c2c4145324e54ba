/**
 * Leaves out what can never run or never matters: branches of a constant condition, loops without effects, LETs that
 * nothing reads. Runs after folding, which makes such things visible.
 */
import type {
  CheckedLet,
  CheckedLoop,
  CheckedProgram,
  CheckedStatement,
  ConditionExpression,
} from '../../language/checked-tree.js';
import { visitStatements } from '../visit-expressions.js';

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

/** Repeats until nothing changes, because a LET may be read by another LET only. */
function withoutUnreadLets(program: CheckedProgram): CheckedProgram {
  const read = new Set<number>();
  const statements = [...program.lets, ...program.loops.flatMap((loop) => loop.body)];
  visitStatements(statements, (expression) => {
    if (expression.kind === 'slot' || expression.kind === 'condition-slot') read.add(expression.slot);
  });
  let removed = false;
  const isRead = (statement: CheckedStatement): boolean => {
    const unread = isLet(statement) && !read.has(statement.slot);
    removed ||= unread;
    return !unread;
  };
  const lets = program.lets.filter(isRead);
  const loops = program.loops.map((loop) => ({ ...loop, body: filterStatements(loop.body, isRead) }));
  return removed ? withoutUnreadLets({ ...program, lets, loops }) : program;
}

function isLet(statement: CheckedStatement): statement is CheckedLet {
  return statement.kind === 'number-let' || statement.kind === 'condition-let';
}

function filterStatements(
  statements: readonly CheckedStatement[],
  keep: (statement: CheckedStatement) => boolean,
): CheckedStatement[] {
  return statements.filter(keep).map((statement) => {
    if (statement.kind !== 'if') return statement;
    const whenTrue = filterStatements(statement.whenTrue, keep);
    return { ...statement, whenTrue, whenFalse: filterStatements(statement.whenFalse, keep) };
  });
}
