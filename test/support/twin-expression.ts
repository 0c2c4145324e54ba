/** An expression that a generated program has calculated in, one that calculates it again, or nearly, out. */
import { fields, type KnownName, type Scope } from './generated-scope.js';
import type { ExpressionModel } from './program-model.js';

/** Whether all that it reads can be read here, and is of the same quantity. */
export function isVisible(node: ExpressionModel, names: readonly KnownName[], scope: Scope): boolean {
  const isInside = (inner: ExpressionModel): boolean => isVisible(inner, names, scope);
  if (node.kind === 'field') return node.object === scope.task;
  if (node.kind === 'reference') {
    const holds = names.find(({ name }) => name === node.name)?.holds;
    return scope.names.some((known) => known.name === node.name && known.holds === holds);
  }
  if (node.kind === 'unary') return isInside(node.operand);
  if (node.kind === 'binary') return isInside(node.left) && isInside(node.right);
  return node.kind !== 'builtin' || node.arguments.every(isInside);
}

/** The same expression again, with some of what it reads exchanged for something else of the same quantity. */
export function twinOf(node: ExpressionModel, scope: Scope): ExpressionModel {
  switch (node.kind) {
    case 'field':
    case 'reference':
      return scope.random.chance(0.3) ? likeIt(node, scope) : node;
    case 'unary':
      return { ...node, operand: twinOf(node.operand, scope) };
    case 'binary':
      return { ...node, left: twinOf(node.left, scope), right: twinOf(node.right, scope) };
    case 'builtin':
      return { ...node, arguments: node.arguments.map((one) => twinOf(one, scope)) };
    case 'number':
    case 'text':
      return node;
    default:
      return node satisfies never;
  }
}

function likeIt(node: ExpressionModel, scope: Scope): ExpressionModel {
  if (node.kind === 'field') {
    const alike = Object.values(fields).find((names) => names.includes(node.field)) ?? [];
    return { ...node, field: scope.random.pick(alike) };
  }
  const own = scope.names.find(({ name }) => node.kind === 'reference' && name === node.name);
  const alike = scope.names.filter(({ holds }) => holds === own?.holds);
  return { kind: 'reference', name: scope.random.pick(alike).name };
}
