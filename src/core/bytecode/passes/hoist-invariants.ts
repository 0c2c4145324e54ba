/**
 * Calculates once a run what is the same for every task: only parameters and constants are in it.
 *
 *     IF task.memory > 2 * limit THEN …   →   LET x = 2 * limit … IF task.memory > x THEN …
 */
import type {
  CheckedLet,
  CheckedProgram,
  CheckedStatement,
  ConditionExpression,
  NumberExpression,
} from '../../language/checked-tree.js';
import { bytecodeLimits } from '../limits.js';
import { type AnyExpression, partsOf, visitExpression } from '../visit-expressions.js';
import { expressionCost } from './expression-cost.js';
import { mapOwnExpressions, type Replacement } from './map-expressions.js';
import { ValueNumbers } from './value-numbers.js';

export function hoistInvariants(program: CheckedProgram): CheckedProgram {
  const hoisted = new Hoisted(program);
  const loops = program.loops.map((loop) => ({ ...loop, body: hoisted.from(loop.body) }));
  return { ...program, loops, lets: hoisted.lets, slots: hoisted.slots };
}

/** Less than this is as quickly calculated as read from a local. */
const worthwhileCost = 3;

class Hoisted implements Replacement {
  readonly lets: CheckedLet[];
  slots: number;
  readonly #numbers = new ValueNumbers();
  /** Slots outside loops, by the number of the value that they hold. */
  readonly #slotOf = new Map<number, number>();
  readonly #outside: ReadonlySet<number>;
  #room: number = bytecodeLimits.hoistedValuesMax;

  constructor({ lets, slots }: CheckedProgram) {
    this.lets = [...lets];
    this.slots = slots;
    this.#outside = new Set(lets.map(({ slot }) => slot));
    for (const named of lets) {
      this.#numbers.name(named);
      this.#slotOf.set(this.#numbers.of(named.value), named.slot);
    }
  }

  from(statements: readonly CheckedStatement[]): CheckedStatement[] {
    return statements.map((statement) => {
      const own = mapOwnExpressions(statement, this);
      if (own.kind !== 'if') return own;
      return { ...own, whenTrue: this.from(own.whenTrue), whenFalse: this.from(own.whenFalse) };
    });
  }

  number(expression: NumberExpression): NumberExpression {
    const { span } = expression;
    const slot = this.#slotFor(expression, (into) => ({ ...into, kind: 'number-let', value: expression }));
    return slot === undefined ? expression : { kind: 'slot', slot, span };
  }

  condition(expression: ConditionExpression): ConditionExpression {
    const { span } = expression;
    const slot = this.#slotFor(expression, (into) => ({ ...into, kind: 'condition-let', value: expression }));
    return slot === undefined ? expression : { kind: 'condition-slot', slot, span };
  }

  #slotFor(
    expression: AnyExpression,
    named: (into: Pick<CheckedLet, 'slot' | 'name' | 'span'>) => CheckedLet,
  ): number | undefined {
    if (partsOf(expression).length === 0 || expressionCost(expression) < worthwhileCost) return undefined;
    if (!this.#isInvariant(expression)) return undefined;
    const number = this.#numbers.of(expression);
    const known = this.#slotOf.get(number);
    if (known !== undefined || this.#room === 0) return known;
    const slot = this.slots;
    this.slots += 1;
    this.#room -= 1;
    this.lets.push(named({ slot, name: '', span: expression.span }));
    this.#slotOf.set(number, slot);
    return slot;
  }

  #isInvariant(expression: AnyExpression): boolean {
    let invariant = true;
    visitExpression(expression, (part) => {
      if (part.kind === 'field') invariant = false;
      if (part.kind === 'slot' || part.kind === 'condition-slot') invariant &&= this.#outside.has(part.slot);
    });
    return invariant;
  }
}
