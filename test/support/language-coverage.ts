/**
 * What a generated case exercises: a model, its source and what it is run with in, names of language forms out. A test
 * holds that the generator leaves none of them out.
 */
import type { ExpressionModel, LetModel, LoopModel, ProgramModel, StatementModel } from './program-model.js';

/** One entry for each time that a form occurs. */
export function formsOf(program: ProgramModel): string[] {
  const forms: string[] = [];
  const loops = program.body.filter((top) => top.kind === 'loop').length;
  forms.push(`${loops} loops`);
  program.parameters.forEach(({ initial, range }) => {
    forms.push(range === undefined ? 'parameter without a range' : 'parameter with a range');
    if (initial.kind !== 'number') forms.push('calculated parameter');
    for (const value of [initial, ...(range === undefined ? [] : [range.low, range.high])])
      visit(value, forms);
  });
  program.body.forEach((top, index) => {
    if (top.kind === 'loop') visitLoop(top, forms);
    else if (top.kind === 'let') visitLet(top, index === 0 ? 'first' : 'between loops', forms);
    else {
      forms.push('REPORT_METRICS_EVERY');
      visit(top.interval, forms);
    }
  });
  return forms;
}

/** How the source is written, and with which numbers. */
export function stylesOf(source: string): string[] {
  const patterns: readonly (readonly [string, RegExp])[] = [
    ['byte order mark', /^\uFEFF/],
    ['CRLF', /\r\n/],
    ['CR alone', /\r(?!\n)/],
    ['LF alone', /(?<!\r)\n/],
    ['tab', /\t/],
    ['comment', /#/],
    ['dollar before', /\$\d/],
    ['dollar behind', /\d\$/],
    ['exponent', /\de\d/],
    ['exponent with a sign', /\d[eE][+-]\d/],
    ['underscores in a number', /\d_\d/],
    ['decimals', /\d\.\d/],
    ['branch without braces', /\bTHEN\s+(?!\{)\w/],
    ['block after THEN', /\bTHEN\s*\{/],
    ['block after ELSE', /\bELSE\s*\{/],
    ['empty block', /\{\s*\}/],
    ['two signs', /-\s*-/],
  ];
  return patterns.filter(([, pattern]) => pattern.test(source)).map(([name]) => name);
}

/** Whether each value of a parameter is left out, at an end, between, or a zero with a sign. */
export function valuesOf(
  parameters: readonly { readonly name: string; readonly min: number; readonly max: number }[],
  values: Readonly<Record<string, number>>,
): string[] {
  return parameters.map(({ name, min, max }) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return 'value left out';
    if (Object.is(value, -0)) return 'value of -0';
    if (value === min) return 'value at the lowest';
    return value === max ? 'value at the highest' : 'value between';
  });
}

function visitLoop(loop: LoopModel, forms: string[]): void {
  forms.push(loop.where === undefined ? 'loop without WHERE' : 'WHERE');
  if (loop.where !== undefined) visit(loop.where, forms);
  for (const statement of loop.body) visitStatement(statement, 'loop', forms);
}

function visitStatement(statement: StatementModel, around: 'loop' | 'IF' | 'ELSE', forms: string[]): void {
  switch (statement.kind) {
    case 'let':
      visitLet(statement, `in ${around}`, forms);
      return;
    case 'call':
      forms.push(`${statement.action} in ${around}`, `action with ${statement.arguments.length}`);
      for (const value of statement.arguments.slice(1)) visit(value, forms);
      return;
    case 'if':
      forms.push(`IF in ${around}`, statement.whenFalse.length === 0 ? 'IF without ELSE' : 'IF with ELSE');
      visit(statement.condition, forms);
      for (const inner of statement.whenTrue) visitStatement(inner, 'IF', forms);
      for (const inner of statement.whenFalse) visitStatement(inner, 'ELSE', forms);
      return;
    default:
      statement satisfies never;
  }
}

function visitLet({ value }: LetModel, where: string, forms: string[]): void {
  const isCondition = value.kind === 'binary' && /^(AND|OR|[<>=!]=?)$/.test(value.operator);
  forms.push(`LET ${where}`);
  if (isCondition) forms.push(`LET of a condition ${where}`);
  if (value.kind === 'field' && isNameField(value)) forms.push('LET of a name');
  visit(value, forms);
}

function visit(node: ExpressionModel, forms: string[]): void {
  switch (node.kind) {
    case 'number':
      forms.push(node.unit === '' ? 'no unit' : `unit ${node.unit}`);
      return;
    case 'text':
      forms.push('text');
      return;
    case 'reference':
      forms.push('name');
      return;
    case 'field':
      forms.push(`field ${node.field}`);
      return;
    case 'unary':
      forms.push(node.operator === '-' ? 'minus in front' : 'NOT');
      visit(node.operand, forms);
      return;
    case 'binary':
      forms.push(`operator ${node.operator}`);
      if (isName(node.left) || isName(node.right)) forms.push(`names ${node.left.kind} ${node.right.kind}`);
      visit(node.left, forms);
      visit(node.right, forms);
      return;
    case 'builtin':
      forms.push(`${node.name} of ${node.arguments.length}`);
      for (const value of node.arguments) visit(value, forms);
      return;
    default:
      node satisfies never;
  }
}

function isName(node: ExpressionModel): boolean {
  return node.kind === 'text' || (node.kind === 'field' && isNameField(node));
}

function isNameField({ field }: { readonly field: string }): boolean {
  return field === 'region' || field === 'home';
}
