/** The syntax tree: what the parser hands to the checker. Every node knows where it stands. */
import type { Span } from '../diagnostics/diagnostics.js';

export interface NameNode {
  readonly name: string;
  readonly span: Span;
}

export interface ProgramNode {
  readonly name: NameNode;
  readonly parameters: readonly ParameterNode[];
  readonly body: readonly StatementNode[];
  readonly span: Span;
  /** False when something could not be read and was left out. */
  readonly isWhole: boolean;
  /** False when a block has no braces or is not closed, so that nothing tells what belongs into what. */
  readonly bracesMatch: boolean;
}

export interface ParameterNode {
  readonly name: NameNode;
  readonly initial: ExpressionNode;
  readonly range?: { readonly low: ExpressionNode; readonly high: ExpressionNode };
  readonly span: Span;
}

export type StatementNode = LoopNode | IfNode | LetNode | CallNode | ReportNode | BlockNode;

export interface LoopNode {
  readonly kind: 'loop';
  readonly variable: NameNode;
  readonly queue: NameNode;
  readonly where?: ExpressionNode;
  readonly body: readonly StatementNode[];
  readonly span: Span;
  readonly headSpan: Span;
}

export interface IfNode {
  readonly kind: 'if';
  readonly condition: ExpressionNode;
  readonly whenTrue: readonly StatementNode[];
  readonly whenFalse: readonly StatementNode[];
  readonly span: Span;
}

export interface LetNode {
  readonly kind: 'let';
  readonly name: NameNode;
  readonly value: ExpressionNode;
  readonly span: Span;
}

/** An action applied to a task. */
export interface CallNode {
  readonly kind: 'call';
  readonly action: NameNode;
  readonly arguments: readonly ExpressionNode[];
  readonly span: Span;
}

export interface ReportNode {
  readonly kind: 'report';
  readonly interval: ExpressionNode;
  readonly span: Span;
}

/** A block without a head; the parser has reported it and keeps what is inside. */
export interface BlockNode {
  readonly kind: 'block';
  readonly body: readonly StatementNode[];
  readonly span: Span;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/';
export type ComparisonOperator = '>' | '>=' | '<' | '<=' | '==' | '!=';
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | 'AND' | 'OR';
export type BuiltinName = 'MIN' | 'MAX' | 'ABS';

export type ExpressionNode =
  | NumberNode
  | TextNode
  | ReferenceNode
  | FieldNode
  | UnaryNode
  | BinaryNode
  | BuiltinNode;

/** `unit` is `?` when it was reported as unknown; nothing more is said about such a number. */
export interface NumberNode {
  readonly kind: 'number';
  readonly value: number;
  readonly amount: string;
  readonly unit: string;
  readonly span: Span;
}

export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
  readonly span: Span;
}

export interface ReferenceNode {
  readonly kind: 'reference';
  readonly name: string;
  readonly span: Span;
}

export interface FieldNode {
  readonly kind: 'field';
  readonly object: NameNode;
  readonly field: NameNode;
  readonly span: Span;
}

export interface UnaryNode {
  readonly kind: 'unary';
  readonly operator: '-' | 'NOT';
  readonly operand: ExpressionNode;
  readonly span: Span;
}

export interface BinaryNode {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: ExpressionNode;
  readonly right: ExpressionNode;
  readonly span: Span;
  readonly operatorSpan: Span;
}

export interface BuiltinNode {
  readonly kind: 'builtin';
  readonly name: BuiltinName;
  readonly arguments: readonly ExpressionNode[];
  readonly span: Span;
}
