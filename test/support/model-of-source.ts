/** Source text in, its model out, by way of the parser; for fixtures, and to see that the parser reads what was written. */
import { DiagnosticList } from '../../src/core/language/diagnostics/diagnostic-list.js';
import { lex } from '../../src/core/language/syntax/lex.js';
import { parse } from '../../src/core/language/syntax/parse.js';
import type { ExpressionNode, ProgramNode, StatementNode } from '../../src/core/language/syntax/tree.js';
import type { ExpressionModel, LetModel, LoopModel, ProgramModel, StatementModel } from './program-model.js';

/** Throws when the parser complains. */
export function modelOfSource(source: string): ProgramModel {
  const diagnostics = new DiagnosticList();
  const tree = parse(lex(source, diagnostics), diagnostics);
  if (tree === undefined || diagnostics.hasErrors) throw new Error('the source has syntax errors');
  return programModel(tree);
}

function programModel({ name, parameters, body }: ProgramNode): ProgramModel {
  return {
    name: name.name,
    parameters: parameters.map(({ name: { name: own }, initial, range }) => ({
      name: own,
      initial: expression(initial),
      ...(range === undefined ? {} : { range: { low: expression(range.low), high: expression(range.high) } }),
    })),
    body: body.map((node) => {
      if (node.kind === 'report') return { kind: 'report', interval: expression(node.interval) };
      return node.kind === 'loop' ? loop(node) : (statement(node) as LetModel);
    }),
  };
}

function loop(node: StatementNode & { kind: 'loop' }): LoopModel {
  const where = node.where === undefined ? {} : { where: expression(node.where) };
  return { kind: 'loop', variable: node.variable.name, ...where, body: node.body.map(statement) };
}

function statement(node: StatementNode): StatementModel {
  switch (node.kind) {
    case 'let':
      return { kind: 'let', name: node.name.name, value: expression(node.value) };
    case 'call':
      return { kind: 'call', action: node.action.name, arguments: node.arguments.map(expression) };
    case 'if':
      return {
        kind: 'if',
        condition: expression(node.condition),
        whenTrue: node.whenTrue.map(statement),
        whenFalse: node.whenFalse.map(statement),
      };
    default:
      throw new Error(`${node.kind} stands where the grammar does not allow it`);
  }
}

function expression(node: ExpressionNode): ExpressionModel {
  switch (node.kind) {
    case 'number':
      return { kind: 'number', amount: node.amount, unit: node.unit };
    case 'text':
      return { kind: 'text', text: node.text };
    case 'reference':
      return { kind: 'reference', name: node.name };
    case 'field':
      return { kind: 'field', object: node.object.name, field: node.field.name };
    case 'unary':
      return { kind: 'unary', operator: node.operator, operand: expression(node.operand) };
    case 'binary':
      return {
        kind: 'binary',
        operator: node.operator,
        left: expression(node.left),
        right: expression(node.right),
      };
    case 'builtin':
      return { kind: 'builtin', name: node.name, arguments: node.arguments.map(expression) };
    default:
      return node satisfies never;
  }
}
