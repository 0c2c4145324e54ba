/**
 * Calculates once per task what several places need: fields are loaded once, common parts of expressions kept in a LET,
 * as long as the first place is on the way to all the others (common subexpression elimination by value numbers).
 *
 *     IF t.memory > 1GB THEN E(t) IF t.memory > 2GB THEN F(t)
 *     →   LET x = t.memory IF x > 1GB THEN E(t) IF x > 2GB THEN F(t)
 */
import type {
  CheckedLet,
  CheckedProgram,
  CheckedStatement,
  ConditionExpression,
  NumberExpression,
} from '../../language/checked-tree.js';
import { bytecodeLimits } from '../limits.js';
import { type AnyExpression, ownExpressions, partsOf } from '../visit-expressions.js';
import { expressionCost } from './expression-cost.js';
import { inlineSlots } from './inline-slots.js';
import { mapConditionParts, mapNumberParts, mapOwnExpressions, type Replacement } from './map-expressions.js';
import { ValueNumbers } from './value-numbers.js';

export function shareValues(program: CheckedProgram): CheckedProgram {
  const numbers = new ValueNumbers();
  const outside = new Map<number, number>();
  for (const named of program.lets) {
    numbers.name(named);
    outside.set(numbers.of(named.value), named.slot);
  }
  const sharing: Sharing = { numbers, nextSlot: program.slots };
  const loops = program.loops.map((loop) => ({ ...loop, body: shareBlock(loop.body, outside, sharing) }));
  const ownSlots = (slot: number): boolean => slot >= program.slots;
  return inlineSlots({ ...program, loops, slots: sharing.nextSlot }, ownSlots);
}

/** Less than this is as quickly calculated as kept. */
const worthwhileCost = 3;

interface Sharing {
  readonly numbers: ValueNumbers;
  nextSlot: number;
}

/** `around` says which slot holds a value already, by value number. */
function shareBlock(
  statements: readonly CheckedStatement[],
  around: ReadonlyMap<number, number>,
  sharing: Sharing,
): CheckedStatement[] {
  const block = new Block(around, sharing, countUses(statements, sharing.numbers));
  return statements.flatMap((statement): CheckedStatement[] => {
    const own = block.share(statement);
    if (statement.kind !== 'if') return own;
    const whenTrue = shareBlock(statement.whenTrue, block.held, sharing);
    const whenFalse = shareBlock(statement.whenFalse, block.held, sharing);
    return own.map((one) => (one.kind === 'if' ? { ...one, whenTrue, whenFalse } : one));
  });
}

class Block implements Replacement {
  readonly held: Map<number, number>;
  readonly #sharing: Sharing;
  readonly #uses: ReadonlyMap<number, number>;
  /** The LETs to put before the statement at hand. */
  #before: CheckedLet[] = [];

  constructor(around: ReadonlyMap<number, number>, sharing: Sharing, uses: ReadonlyMap<number, number>) {
    this.held = new Map(around);
    this.#sharing = sharing;
    this.#uses = uses;
  }

  share(statement: CheckedStatement): CheckedStatement[] {
    this.#before = [];
    const shared = isLet(statement) ? this.#shareLet(statement) : mapOwnExpressions(statement, this);
    return [...this.#before, shared];
  }

  number(expression: NumberExpression): NumberExpression {
    const { span } = expression;
    const held = this.#slotOf(expression);
    if (held !== undefined) return { kind: 'slot', slot: held, span };
    if (!this.#isWorthKeeping(expression)) return expression;
    const value = mapNumberParts(expression, this);
    const slot = this.#keep(expression);
    this.#before.push({ kind: 'number-let', slot, name: '', value, span });
    return { kind: 'slot', slot, span };
  }

  condition(expression: ConditionExpression): ConditionExpression {
    const { span } = expression;
    const held = this.#slotOf(expression);
    if (held !== undefined) return { kind: 'condition-slot', slot: held, span };
    if (!this.#isWorthKeeping(expression)) return expression;
    const value = mapConditionParts(expression, this);
    const slot = this.#keep(expression);
    this.#before.push({ kind: 'condition-let', slot, name: '', value, span });
    return { kind: 'condition-slot', slot, span };
  }

  /** A LET keeps its value anyway; only its parts may be shared with others. */
  #shareLet(statement: CheckedLet): CheckedStatement {
    const number = this.#sharing.numbers.of(statement.value);
    const held = this.held.get(number);
    if (held === undefined) this.held.set(number, statement.slot);
    if (statement.kind === 'number-let') {
      const { span } = statement.value;
      const value: NumberExpression =
        held === undefined ? mapNumberParts(statement.value, this) : { kind: 'slot', slot: held, span };
      return { ...statement, value };
    }
    const { span } = statement.value;
    const value: ConditionExpression =
      held === undefined
        ? mapConditionParts(statement.value, this)
        : { kind: 'condition-slot', slot: held, span };
    return { ...statement, value };
  }

  #slotOf(expression: AnyExpression): number | undefined {
    return isLeaf(expression) ? undefined : this.held.get(this.#sharing.numbers.of(expression));
  }

  #isWorthKeeping(expression: AnyExpression): boolean {
    if (isLeaf(expression) || expressionCost(expression) < worthwhileCost) return false;
    const uses = this.#uses.get(this.#sharing.numbers.of(expression)) ?? 0;
    return uses > 1 && this.held.size < bytecodeLimits.sharedValuesMax;
  }

  #keep(expression: AnyExpression): number {
    const slot = this.#sharing.nextSlot;
    this.#sharing.nextSlot += 1;
    this.held.set(this.#sharing.numbers.of(expression), slot);
    return slot;
  }
}

/**
 * How many places need each value if everything were calculated once: each statement that mentions it counts, and each
 * different expression that it is a part of.
 */
function countUses(statements: readonly CheckedStatement[], numbers: ValueNumbers): Map<number, number> {
  const uses = new Map<number, number>();
  const count = (expression: AnyExpression): void => {
    const number = numbers.of(expression);
    const known = uses.get(number) ?? 0;
    uses.set(number, known + 1);
    if (known === 0) for (const part of partsOf(expression)) count(part);
  };
  const countAll = (block: readonly CheckedStatement[]): void => {
    for (const statement of block) {
      for (const expression of ownExpressions(statement)) count(expression);
      if (isLet(statement)) numbers.name(statement);
      if (statement.kind === 'if') countAll([...statement.whenTrue, ...statement.whenFalse]);
    }
  };
  countAll(statements);
  return uses;
}

function isLet(statement: CheckedStatement): statement is CheckedLet {
  return statement.kind === 'number-let' || statement.kind === 'condition-let';
}

/** What is read as quickly as a local; a field is a load from memory. */
function isLeaf(expression: AnyExpression): boolean {
  return expression.kind !== 'field' && partsOf(expression).length === 0;
}
