/**
 * How close the emitted instructions are to what the program cannot do without: 1 when nothing could be left out, lower
 * for repeated calculations, values that must be limited, and further loops over the same tasks.
 */
import type { CheckedProgram, CheckedStatement } from '../language/checked-tree.js';
import type { CostPerTask } from './verify.js';
import { type AnyExpression, visitStatements } from './visit-expressions.js';

/** Both counts are of the longest way that a task can take. */
export function optimizationScore(program: CheckedProgram, emitted: CostPerTask): number {
  if (emitted.max === 0) return 1;
  const distinct = new Set<string>();
  const statements = program.loops.flatMap((loop) => loop.body);
  let needed = loopCost;
  visitStatements(
    statements,
    program.loops.flatMap((loop) => loop.where ?? []),
    (expression) => {
      const key = keyOf(expression);
      if (distinct.has(key)) return;
      distinct.add(key);
      needed += costOf(expression);
    },
  );
  needed += statements.reduce((sum, statement) => sum + effectCost(statement), 0);
  needed += program.loops.reduce((sum, loop) => sum + (loop.where === undefined ? 0 : 1), 0);
  return Math.min(1, needed / emitted.max);
}

/** Count, compare, repeat. */
const loopCost = 7;
/** Three values stored in the record, each with its address. */
const recordCost = 9;
/** Address, step, sum, new address. */
const advanceCost = 4;

function effectCost(statement: CheckedStatement): number {
  if (statement.kind === 'effect') return recordCost - 1 + advanceCost;
  if (statement.kind !== 'if') return 0;
  const sum = (branch: readonly CheckedStatement[]): number =>
    branch.reduce((total, inner) => total + effectCost(inner), 0);
  return 1 + Math.max(sum(statement.whenTrue), sum(statement.whenFalse));
}

/** A field takes its address and a load; everything else one instruction. */
function costOf(expression: AnyExpression): number {
  return expression.kind === 'field' ? 4 : 1;
}

/** The same for expressions that calculate the same; constants count each time, since each is one instruction. */
function keyOf(expression: AnyExpression): string {
  if (expression.kind === 'constant') return `constant ${expression.span.offset}`;
  return JSON.stringify(expression, (key, value: unknown) =>
    key === 'span' || key === 'about' ? undefined : value,
  );
}
