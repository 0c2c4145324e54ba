/** Puts the values of LETs that are read only once where they are read. What comes out calculates the same, without the LET. */
import type {
  CheckedLet,
  CheckedProgram,
  CheckedStatement,
  ConditionExpression,
  NumberExpression,
} from '../../language/checked-tree.js';
import { visitStatements } from '../visit-expressions.js';
import { mapCondition, mapNumber, mapOwnExpressions, type Replacement } from './map-expressions.js';

/** Only LETs in loops, and only those whose slot `mayInline`: whoever asks knows that their values are not nested deeply. */
export function inlineSlots(program: CheckedProgram, mayInline: (slot: number) => boolean): CheckedProgram {
  const uses = new Map<number, number>();
  const statements = program.loops.flatMap((loop) => loop.body);
  visitStatements(statements, (expression) => {
    if (expression.kind !== 'slot' && expression.kind !== 'condition-slot') return;
    uses.set(expression.slot, (uses.get(expression.slot) ?? 0) + 1);
  });
  const inlining = new Inlining((slot) => mayInline(slot) && uses.get(slot) === 1);
  const loops = program.loops.map((loop) => ({ ...loop, body: inlining.within(loop.body) }));
  return { ...program, loops };
}

class Inlining implements Replacement {
  readonly #isInlined: (slot: number) => boolean;
  readonly #values = new Map<number, CheckedLet['value']>();

  constructor(isInlined: (slot: number) => boolean) {
    this.#isInlined = isInlined;
  }

  /** A LET stands before its uses, so its value is known when they are reached. */
  within(statements: readonly CheckedStatement[]): CheckedStatement[] {
    return statements.flatMap((statement): CheckedStatement[] => {
      const own = mapOwnExpressions(statement, this);
      switch (own.kind) {
        case 'if':
          return [{ ...own, whenTrue: this.within(own.whenTrue), whenFalse: this.within(own.whenFalse) }];
        case 'effect':
          return [own];
        case 'number-let':
        case 'condition-let':
          if (!this.#isInlined(own.slot)) return [own];
          this.#values.set(own.slot, own.value);
          return [];
        default:
          return own satisfies never;
      }
    });
  }

  number(expression: NumberExpression): NumberExpression {
    const value = expression.kind === 'slot' ? this.#values.get(expression.slot) : undefined;
    return value === undefined ? expression : mapNumber(value as NumberExpression, this);
  }

  condition(expression: ConditionExpression): ConditionExpression {
    const value = expression.kind === 'condition-slot' ? this.#values.get(expression.slot) : undefined;
    return value === undefined ? expression : mapCondition(value as ConditionExpression, this);
  }
}
