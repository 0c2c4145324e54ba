/**
 * The checked tree: what leaves the language and enters the compiler. Every name is resolved, every value is in its base
 * unit, and every number is known to be of a quantity that fits where it stands.
 */
import type { ActionCapability, FieldCapability } from './capabilities.js';
import type { Span } from './diagnostics/diagnostics.js';
import type { QuantityName } from './units/units.js';

export interface CheckedProgram {
  readonly name: string;
  readonly source: string;
  readonly parameters: readonly CheckedParameter[];
  /** The LETs outside loops; none of them depends on a task. */
  readonly lets: readonly CheckedLet[];
  readonly loops: readonly CheckedLoop[];
  /** Undefined when the program leaves the interval to the agent. */
  readonly reportIntervalMs: number | undefined;
  /** How many LET slots there are; slots of numbers and of conditions are numbered together. */
  readonly slots: number;
}

/** A parameter without a range has `min` and `max` equal to its default: it cannot be tuned. */
export interface CheckedParameter {
  readonly name: string;
  readonly unit: QuantityName;
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

export interface CheckedLoop {
  readonly where: ConditionExpression | undefined;
  readonly body: readonly CheckedStatement[];
  readonly span: Span;
}

export type CheckedStatement = CheckedLet | CheckedIf | CheckedEffect;

export type CheckedLet = NumberLet | ConditionLet;

export interface NumberLet {
  readonly kind: 'number-let';
  readonly slot: number;
  readonly name: string;
  readonly value: NumberExpression;
  readonly span: Span;
}

export interface ConditionLet {
  readonly kind: 'condition-let';
  readonly slot: number;
  readonly name: string;
  readonly value: ConditionExpression;
  readonly span: Span;
}

export interface CheckedIf {
  readonly kind: 'if';
  readonly condition: ConditionExpression;
  readonly whenTrue: readonly CheckedStatement[];
  readonly whenFalse: readonly CheckedStatement[];
  readonly span: Span;
}

export interface CheckedEffect {
  readonly kind: 'effect';
  readonly action: ActionCapability;
  /** The constant 1 for an action without arguments. */
  readonly argument: NumberExpression;
  /** The value may leave the action's range, so the program limits it. */
  readonly limited: boolean;
  /** The value may be no number (NaN); then there is no effect. */
  readonly mayBeNothing: boolean;
  /** The effect counts only when this holds. The checker leaves it out; the compiler's `predicate-effects.ts` sets it. */
  readonly when?: ConditionExpression;
  readonly span: Span;
}

export type UnaryOperation = 'neg' | 'abs';
export type BinaryOperation = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max';
export type Comparison = 'lt' | 'le' | 'gt' | 'ge' | 'eq' | 'ne';

/** IEEE 754 double arithmetic throughout; `min` and `max` give NaN when either side is. */
export type NumberExpression =
  | { readonly kind: 'constant'; readonly value: number; readonly span: Span }
  | { readonly kind: 'parameter'; readonly index: number; readonly span: Span }
  | { readonly kind: 'field'; readonly field: FieldCapability; readonly span: Span }
  | { readonly kind: 'slot'; readonly slot: number; readonly span: Span }
  | UnaryNumber
  | BinaryNumber;

export interface UnaryNumber {
  readonly kind: 'unary';
  readonly operation: UnaryOperation;
  readonly operand: NumberExpression;
  readonly span: Span;
}

export interface BinaryNumber {
  readonly kind: 'binary';
  readonly operation: BinaryOperation;
  readonly left: NumberExpression;
  readonly right: NumberExpression;
  readonly span: Span;
}

export type ConditionExpression =
  | { readonly kind: 'truth'; readonly value: boolean; readonly span: Span }
  | { readonly kind: 'condition-slot'; readonly slot: number; readonly span: Span }
  | ComparisonCondition
  | { readonly kind: 'not'; readonly operand: ConditionExpression; readonly span: Span }
  | JoinedCondition;

export interface ComparisonCondition {
  readonly kind: 'comparison';
  readonly comparison: Comparison;
  readonly left: NumberExpression;
  readonly right: NumberExpression;
  readonly span: Span;
}

export interface JoinedCondition {
  readonly kind: 'and' | 'or';
  readonly left: ConditionExpression;
  readonly right: ConditionExpression;
  readonly span: Span;
}
