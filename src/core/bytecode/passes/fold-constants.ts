/**
 * Calculates what is known before the program runs, in the same double arithmetic that would run: `2 * 3s` becomes `6s`,
 * `NOT (a > b)` stays, a LET that names a constant disappears into its uses.
 */
import type {
  BinaryOperation,
  CheckedLet,
  CheckedProgram,
  CheckedStatement,
  Comparison,
  ConditionExpression,
  NumberExpression,
} from '../../language/checked-tree.js';

export function foldConstants(program: CheckedProgram): CheckedProgram {
  const known: Known = { numbers: new Map(), conditions: new Map() };
  const lets = program.lets.map((statement) => foldLet(statement, known));
  const loops = program.loops.map((loop) => ({
    ...loop,
    body: loop.body.map((statement) => foldStatement(statement, known)),
  }));
  return { ...program, lets, loops };
}

/** The slots whose value is a constant. A slot is set once, before its uses. */
interface Known {
  readonly numbers: Map<number, number>;
  readonly conditions: Map<number, boolean>;
}

export function arithmetic(operation: BinaryOperation, left: number, right: number): number {
  switch (operation) {
    case 'add':
      return left + right;
    case 'sub':
      return left - right;
    case 'mul':
      return left * right;
    case 'div':
      return left / right;
    case 'min':
      return Math.min(left, right);
    case 'max':
      return Math.max(left, right);
    default:
      return operation satisfies never;
  }
}

export function compare(comparison: Comparison, left: number, right: number): boolean {
  switch (comparison) {
    case 'lt':
      return left < right;
    case 'le':
      return left <= right;
    case 'gt':
      return left > right;
    case 'ge':
      return left >= right;
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    default:
      return comparison satisfies never;
  }
}

function foldStatement(statement: CheckedStatement, known: Known): CheckedStatement {
  switch (statement.kind) {
    case 'number-let':
    case 'condition-let':
      return foldLet(statement, known);
    case 'effect':
      return { ...statement, argument: foldNumber(statement.argument, known) };
    case 'if':
      return {
        ...statement,
        condition: foldCondition(statement.condition, known),
        whenTrue: statement.whenTrue.map((inner) => foldStatement(inner, known)),
        whenFalse: statement.whenFalse.map((inner) => foldStatement(inner, known)),
      };
    default:
      return statement satisfies never;
  }
}

function foldLet(statement: CheckedLet, known: Known): CheckedLet {
  if (statement.kind === 'number-let') {
    const value = foldNumber(statement.value, known);
    if (value.kind === 'constant') known.numbers.set(statement.slot, value.value);
    return { ...statement, value };
  }
  const value = foldCondition(statement.value, known);
  if (value.kind === 'truth') known.conditions.set(statement.slot, value.value);
  return { ...statement, value };
}

function foldNumber(expression: NumberExpression, known: Known): NumberExpression {
  const { span } = expression;
  switch (expression.kind) {
    case 'constant':
    case 'parameter':
    case 'field':
      return expression;
    case 'slot': {
      const value = known.numbers.get(expression.slot);
      return value === undefined ? expression : { kind: 'constant', value, span };
    }
    case 'unary': {
      const operand = foldNumber(expression.operand, known);
      if (operand.kind !== 'constant') return { ...expression, operand };
      const value = expression.operation === 'neg' ? -operand.value : Math.abs(operand.value);
      return { kind: 'constant', value, span };
    }
    case 'binary': {
      const left = foldNumber(expression.left, known);
      const right = foldNumber(expression.right, known);
      if (left.kind !== 'constant' || right.kind !== 'constant') return { ...expression, left, right };
      return { kind: 'constant', value: arithmetic(expression.operation, left.value, right.value), span };
    }
    default:
      return expression satisfies never;
  }
}

function foldCondition(expression: ConditionExpression, known: Known): ConditionExpression {
  const { span } = expression;
  switch (expression.kind) {
    case 'truth':
      return expression;
    case 'condition-slot': {
      const value = known.conditions.get(expression.slot);
      return value === undefined ? expression : { kind: 'truth', value, span };
    }
    case 'comparison': {
      const left = foldNumber(expression.left, known);
      const right = foldNumber(expression.right, known);
      if (left.kind !== 'constant' || right.kind !== 'constant') return { ...expression, left, right };
      return { kind: 'truth', value: compare(expression.comparison, left.value, right.value), span };
    }
    case 'not': {
      const operand = foldCondition(expression.operand, known);
      return operand.kind === 'truth'
        ? { kind: 'truth', value: !operand.value, span }
        : { ...expression, operand };
    }
    case 'and':
    case 'or':
      return foldJoined(
        expression,
        foldCondition(expression.left, known),
        foldCondition(expression.right, known),
      );
    default:
      return expression satisfies never;
  }
}

type Joined = Extract<ConditionExpression, { kind: 'and' | 'or' }>;

/** `TRUE AND x` is `x`, `FALSE AND x` is `FALSE`; the other way round for OR. Conditions have no side effects. */
function foldJoined(
  expression: Joined,
  left: ConditionExpression,
  right: ConditionExpression,
): ConditionExpression {
  const neutral = expression.kind === 'and';
  if (left.kind === 'truth') return left.value === neutral ? right : left;
  if (right.kind === 'truth') return right.value === neutral ? left : right;
  return { ...expression, left, right };
}
