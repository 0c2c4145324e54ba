/**
 * Numbers expressions so that two have the same number exactly when they calculate the same from the same (value numbering).
 * A LET's slot has the number of the value that it names.
 */
import type { CheckedLet } from '../../language/checked-tree.js';
import { type AnyExpression, partsOf } from '../visit-expressions.js';

export class ValueNumbers {
  readonly #byKey = new Map<string, number>();
  readonly #ofNode = new WeakMap<AnyExpression, number>();
  readonly #ofSlot = new Map<number, AnyExpression>();

  of(expression: AnyExpression): number {
    const known = this.#ofNode.get(expression);
    if (known !== undefined) return known;
    const number = this.#ofNew(expression);
    this.#ofNode.set(expression, number);
    return number;
  }

  /** Slots are set once and before their uses, so a LET must be named before expressions that read it are numbered. */
  name({ slot, value }: CheckedLet): void {
    const meaning = this.meaning(value);
    this.#ofSlot.set(slot, meaning);
    // Numbered now, while all that it reads is: later, a chain of many LETs would be followed down to the first at once.
    this.of(meaning);
  }

  /** What a slot stands for; any other expression itself. */
  meaning(expression: AnyExpression): AnyExpression {
    const isSlot = expression.kind === 'slot' || expression.kind === 'condition-slot';
    return (isSlot ? this.#ofSlot.get(expression.slot) : undefined) ?? expression;
  }

  #ofNew(expression: AnyExpression): number {
    const meaning = this.meaning(expression);
    if (meaning !== expression) return this.of(meaning);
    const key = [ownKey(expression), ...partsOf(expression).map((part) => this.of(part))].join(' ');
    const number = this.#byKey.get(key) ?? this.#byKey.size;
    this.#byKey.set(key, number);
    return number;
  }
}

/** What an expression is apart from its parts. */
function ownKey(expression: AnyExpression): string {
  switch (expression.kind) {
    case 'constant':
      return `constant ${Object.is(expression.value, -0) ? '-0' : expression.value}`;
    case 'parameter':
      return `parameter ${expression.index}`;
    case 'field':
      return `field ${expression.field.name}`;
    case 'slot':
    case 'condition-slot':
      return `slot ${expression.slot}`;
    case 'truth':
      return `truth ${expression.value}`;
    case 'unary':
    case 'binary':
      return expression.operation;
    case 'comparison':
      return expression.comparison;
    case 'not':
    case 'and':
    case 'or':
      return expression.kind;
    default:
      return expression satisfies never;
  }
}
