/**
 * A model in, source text that means it out: with as few parentheses as the grammar allows, some that are not needed,
 * and with spaces, tabs, comments and line ends of every kind between the words.
 */
import type {
  ExpressionModel,
  LoopModel,
  ParameterModel,
  ProgramModel,
  StatementModel,
} from './program-model.js';
import type { SeededRandom } from './seeded-random.js';

export function programText(program: ProgramModel, random: SeededRandom): string {
  const style: Style = {
    random,
    lineEnd: random.pick(['\n', '\n', '\n', '\r\n', '\r']),
    space: random.pick([' ', ' ', '  ', '\t']),
    untidy: random.chance(0.2),
  };
  const words = [
    ...['FUNC', program.name, '('],
    ...program.parameters.flatMap((one, index) => [...(index > 0 ? [','] : []), ...parameter(one, style)]),
    ...[')', '{', lineBreak],
    ...program.body.flatMap((top) => {
      if (top.kind === 'loop') return loop(top, style);
      if (top.kind === 'let') return [...statement(top, style), lineBreak];
      return ['REPORT_METRICS_EVERY', '(', ...expression(top.interval, style), ')', lineBreak];
    }),
    '}',
    lineBreak,
  ];
  return (random.chance(0.03) ? '\uFEFF' : '') + joined(words, style);
}

interface Style {
  readonly random: SeededRandom;
  readonly lineEnd: string;
  readonly space: string;
  /** Line breaks and comments between any two words. */
  readonly untidy: boolean;
}

const lineBreak = '\n';

function parameter({ name, initial, range }: ParameterModel, style: Style): string[] {
  const value = [name, '=', ...expression(initial, style, 'sum')];
  if (range === undefined) return value;
  return [
    ...value,
    'IN',
    ...expression(range.low, style, 'sum'),
    '..',
    ...expression(range.high, style, 'sum'),
  ];
}

function loop({ variable, where, body }: LoopModel, style: Style): string[] {
  const condition = where === undefined ? [] : ['WHERE', ...expression(where, style)];
  return ['FOR', 'EACH', variable, 'IN', 'task_queue', ...condition, ...block(body, style), lineBreak];
}

function block(statements: readonly StatementModel[], style: Style): string[] {
  return ['{', lineBreak, ...statements.flatMap((one) => [...statement(one, style), lineBreak]), '}'];
}

function statement(node: StatementModel, style: Style): string[] {
  switch (node.kind) {
    case 'let':
      return ['LET', node.name, '=', ...expression(node.value, style)];
    case 'call': {
      const values = node.arguments.flatMap((value, index) => [
        ...(index > 0 ? [','] : []),
        ...expression(value, style),
      ]);
      return [node.action, '(', ...values, ')'];
    }
    case 'if': {
      const hasElse = node.whenFalse.length > 0;
      const whenTrue = branch(node.whenTrue, hasElse, style);
      const whenFalse = hasElse ? ['ELSE', ...branch(node.whenFalse, false, style)] : [];
      return ['IF', ...expression(node.condition, style), 'THEN', ...whenTrue, ...whenFalse];
    }
    default:
      return node satisfies never;
  }
}

/** One statement may stand without braces, unless an ELSE that follows would be taken for its own. */
function branch(statements: readonly StatementModel[], elseFollows: boolean, style: Style): string[] {
  const [only, ...more] = statements;
  const needsBraces = only === undefined || more.length > 0 || (elseFollows && takesElse(only));
  return needsBraces || style.random.chance(0.4) ? block(statements, style) : statement(only, style);
}

function takesElse(node: StatementModel): boolean {
  if (node.kind !== 'if') return false;
  return (
    [...node.whenTrue.slice(-1), ...node.whenFalse.slice(-1)].some(takesElse) || node.whenFalse.length === 0
  );
}

const levels = ['or', 'and', 'not', 'comparison', 'sum', 'product', 'sign', 'primary'] as const;
type Level = (typeof levels)[number];

function expression(node: ExpressionModel, style: Style, least: Level = 'or'): string[] {
  const level = levelOf(node);
  const words = bareExpression(node, style);
  const needsParentheses = levels.indexOf(level) < levels.indexOf(least);
  return needsParentheses || style.random.chance(0.05) ? ['(', ...words, ')'] : words;
}

function levelOf(node: ExpressionModel): Level {
  if (node.kind === 'unary') return node.operator === 'NOT' ? 'not' : 'sign';
  if (node.kind !== 'binary') return 'primary';
  if (node.operator === 'OR') return 'or';
  if (node.operator === 'AND') return 'and';
  if (node.operator === '+' || node.operator === '-') return 'sum';
  return node.operator === '*' || node.operator === '/' ? 'product' : 'comparison';
}

/** Operators of one level group to the left; comparisons do not chain. */
const operandLevels: Readonly<Record<string, readonly [Level, Level]>> = {
  or: ['or', 'and'],
  and: ['and', 'not'],
  comparison: ['sum', 'sum'],
  sum: ['sum', 'product'],
  product: ['product', 'sign'],
};

function bareExpression(node: ExpressionModel, style: Style): string[] {
  switch (node.kind) {
    case 'number':
      return [
        node.unit === '$' && style.random.chance(0.5) ? `$${node.amount}` : `${node.amount}${node.unit}`,
      ];
    case 'text':
      return [`"${node.text}"`];
    case 'reference':
      return [node.name];
    case 'field':
      return [node.object, '.', node.field];
    case 'unary':
      return [node.operator, ...expression(node.operand, style, node.operator === 'NOT' ? 'not' : 'sign')];
    case 'binary': {
      const [left, right] = operandLevels[levelOf(node)] ?? ['primary', 'primary'];
      return [...expression(node.left, style, left), node.operator, ...expression(node.right, style, right)];
    }
    case 'builtin': {
      const values = node.arguments.flatMap((value, index) => [
        ...(index > 0 ? [','] : []),
        ...expression(value, style),
      ]);
      return [node.name, '(', ...values, ')'];
    }
    default:
      return node satisfies never;
  }
}

function joined(words: readonly string[], style: Style): string {
  const parts: string[] = [];
  for (const word of words) {
    if (word === lineBreak) parts.push(style.random.chance(0.9) ? style.lineEnd : style.space);
    else parts.push(gap(parts.at(-1) ?? '', word, style), word);
  }
  return parts.join('');
}

const comments = ['# FUNC } ELSE "', '#', '# größer als 5s → teurer', '# 😀 \u4efb\u52a1', '## \t//'];

/** What separates a word from the one before: nothing where that is enough, or whatever the language skips. */
function gap(before: string, word: string, { random, lineEnd, space, untidy }: Style): string {
  if (untidy && random.chance(0.05)) return ` ${random.pick(comments)}${lineEnd}`;
  if (untidy && random.chance(0.1)) return random.pick([lineEnd, '\t', `${space}${lineEnd}${space}`]);
  const mustSeparate = /[\w%$"]$/.test(before) && /^[\w%$"]/.test(word);
  const isTight = word === '.' || before.endsWith('.') || word === '..' || /^[(,)]$/.test(word);
  return mustSeparate || (!isTight && random.chance(0.9)) ? space : '';
}
