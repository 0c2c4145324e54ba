/** Checked loops in, the most effects that one task can receive in a run out: the longest way through the statements. */
import type { CheckedLoop, CheckedStatement } from './checked-tree.js';

export function effectsPerTask(loops: readonly CheckedLoop[]): number {
  return loops.reduce((sum, loop) => sum + effectsMax(loop.body), 0);
}

function effectsMax(statements: readonly CheckedStatement[]): number {
  return statements.reduce((sum, statement) => {
    if (statement.kind === 'effect') return sum + 1;
    if (statement.kind !== 'if') return sum;
    return sum + Math.max(effectsMax(statement.whenTrue), effectsMax(statement.whenFalse));
  }, 0);
}
