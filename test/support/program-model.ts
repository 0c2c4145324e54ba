/**
 * A program as generators build it and the reference interpreter reads it: what the grammar says and nothing more. On
 * purpose no type of `src`, so that neither shares a mistake with the compiler.
 */

export interface ProgramModel {
  readonly name: string;
  readonly parameters: readonly ParameterModel[];
  readonly body: readonly TopModel[];
}

export interface ParameterModel {
  readonly name: string;
  readonly initial: ExpressionModel;
  readonly range?: { readonly low: ExpressionModel; readonly high: ExpressionModel };
}

export type TopModel = LoopModel | LetModel | ReportModel;

export interface LoopModel {
  readonly kind: 'loop';
  readonly variable: string;
  readonly where?: ExpressionModel;
  readonly body: readonly StatementModel[];
}

export interface ReportModel {
  readonly kind: 'report';
  readonly interval: ExpressionModel;
}

export type StatementModel = IfModel | LetModel | CallModel;

export interface IfModel {
  readonly kind: 'if';
  readonly condition: ExpressionModel;
  readonly whenTrue: readonly StatementModel[];
  readonly whenFalse: readonly StatementModel[];
}

export interface LetModel {
  readonly kind: 'let';
  readonly name: string;
  readonly value: ExpressionModel;
}

export interface CallModel {
  readonly kind: 'call';
  readonly action: string;
  readonly arguments: readonly ExpressionModel[];
}

export type ExpressionModel =
  | { readonly kind: 'number'; readonly amount: string; readonly unit: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'field'; readonly object: string; readonly field: string }
  | { readonly kind: 'unary'; readonly operator: '-' | 'NOT'; readonly operand: ExpressionModel }
  | BinaryModel
  | { readonly kind: 'builtin'; readonly name: BuiltinName; readonly arguments: readonly ExpressionModel[] };

export interface BinaryModel {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: ExpressionModel;
  readonly right: ExpressionModel;
}

export type BinaryOperator = (typeof binaryOperators)[number];
export type BuiltinName = 'MIN' | 'MAX' | 'ABS';

export const binaryOperators = ['OR', 'AND', '>', '>=', '<', '<=', '==', '!=', '+', '-', '*', '/'] as const;
