/**
 * How close the emitted instructions are to what the program cannot do without: 1 when nothing could be left out, lower
 * for values calculated again in another loop, arguments that must be limited, LETs, and further loops.
 */
import type { CheckedProgram, CheckedStatement } from '../language/checked-tree.js';
import { effectCost, operationCost } from './passes/expression-cost.js';
import { ValueNumbers } from './passes/value-numbers.js';
import type { CostPerTask } from './verify.js';
import { type AnyExpression, ownExpressions, partsOf } from './visit-expressions.js';

/** `program` is what all passes made of it. Both counts are of the longest way that a task can take. */
export function optimizationScore(program: CheckedProgram, emitted: CostPerTask): number {
  if (emitted.max === 0) return 1;
  const known: Known = { numbers: new ValueNumbers(), uses: new Uses() };
  for (const named of program.lets) {
    known.numbers.name(named);
    known.uses.add(known.numbers.of(named.value));
  }
  const needed = neededBy(
    program.loops.flatMap(({ body }) => body),
    known,
  );
  return Math.min(1, (loopCost + needed) / emitted.max);
}

/** Count, compare, repeat. */
const loopCost = 7;

interface Known {
  readonly numbers: ValueNumbers;
  readonly uses: Uses;
}

/** How often each value was used on the way to here, by value number. */
class Uses {
  readonly #counts = new Map<number, number>();
  /** What was counted, in order, so that a branch can be forgotten again. */
  readonly #counted: number[] = [];

  /** How often it was used before. */
  add(number: number): number {
    const before = this.#counts.get(number) ?? 0;
    this.#counts.set(number, before + 1);
    this.#counted.push(number);
    return before;
  }

  /** Nothing that is used in a branch is known to be used behind it, or in the other one. */
  inBranch(count: () => number): number {
    const start = this.#counted.length;
    const result = count();
    for (const number of this.#counted.splice(start)) {
      this.#counts.set(number, (this.#counts.get(number) ?? 0) - 1);
    }
    return result;
  }
}

/** Every value is calculated once, kept when a second place needs it, and read by each further place. */
function neededBy(statements: readonly CheckedStatement[], known: Known): number {
  return statements.reduce((sum, statement) => {
    if (statement.kind === 'number-let' || statement.kind === 'condition-let') {
      known.numbers.name(statement);
      return sum;
    }
    const own = ownExpressions(statement).reduce((total, one) => total + neededFor(one, known), sum);
    if (statement.kind === 'effect') return own + effectCost(statement);
    const ways = [statement.whenTrue, statement.whenFalse].map((way) =>
      known.uses.inBranch(() => neededBy(way, known)),
    );
    return own + 1 + Math.max(...ways);
  }, 0);
}

/** Without recursion: through its LETs an expression can be thousands of operations deep. */
function neededFor(expression: AnyExpression, { numbers, uses }: Known): number {
  let needed = 0;
  const open = [expression];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const meant = numbers.meaning(next);
    const parts = partsOf(meant);
    if (parts.length === 0 && meant.kind !== 'field') {
      needed += 1;
      continue;
    }
    const number = numbers.of(meant);
    const usesBefore = uses.add(number);
    if (usesBefore > 0) needed += usesBefore === 1 ? 2 : 1;
    else {
      needed += operationCost(meant);
      open.push(...parts);
    }
  }
  return needed;
}
