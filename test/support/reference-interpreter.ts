/**
 * What a program means, as plainly as it can be written: walks the model task by task, with units, arithmetic and
 * comparisons of its own. Shares nothing with the compiler, which is compared with it. Slow on purpose.
 */
import type {
  BinaryOperator,
  CallModel,
  ExpressionModel,
  ProgramModel,
  StatementModel,
} from './program-model.js';
import {
  absolute,
  compares,
  extreme,
  type Measured,
  measuredIn,
  numberWritten,
  opposite,
  product,
  sum,
} from './reference-arithmetic.js';

export interface Effect {
  readonly action: number;
  readonly row: number;
  readonly argument: number;
}

/** What the interpreter needs to know of a fleet; a capability file has it. */
export interface Fleet {
  readonly fields: readonly {
    readonly name: string;
    readonly unit: string;
    readonly names?: readonly string[];
  }[];
  readonly actions: readonly {
    readonly name: string;
    readonly code: number;
    readonly arguments: readonly { readonly min: number; readonly max: number }[];
  }[];
}

export interface Tasks {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Float64Array>>;
}

/** Effects by row, and within a row in program order. */
export function interpret(
  program: ProgramModel,
  fleet: Fleet,
  tasks: Tasks,
  parameters: ReadonlyMap<string, number> = new Map(),
): Effect[] {
  const effects: Effect[] = [];
  for (let row = 0; row < tasks.rows; row += 1) {
    const state: State = { fleet, tasks, row, effects, names: new Map() };
    for (const { name, initial } of program.parameters) {
      const { dimension, amount } = measured(evaluate(initial, state));
      // As in an effect, a zero has no sign.
      state.names.set(name, { dimension, amount: parameters.get(name) ?? amount + 0 });
    }
    for (const top of program.body) {
      if (top.kind === 'report') continue;
      if (top.kind === 'let') perform(top, state);
      else if (top.where === undefined || truth(evaluate(top.where, state))) performAll(top.body, state);
    }
  }
  return effects;
}

/** Default and range of each parameter, and the report interval in milliseconds, as a host should find them. */
export function declared(program: ProgramModel) {
  const report = program.body.find((top) => top.kind === 'report');
  const signless = (node: ExpressionModel): number => writtenValue(node) + 0;
  return {
    parameters: program.parameters.map(({ name, initial, range }) => ({
      name,
      default: signless(initial),
      min: signless(range?.low ?? initial),
      max: signless(range?.high ?? initial),
    })),
    reportIntervalMs: report === undefined ? 5_000 : Math.round(signless(report.interval) * 1_000),
  };
}

/** An expression without names or fields, in the base unit of its quantity. */
export function writtenValue(node: ExpressionModel): number {
  const nothing = {
    fleet: { fields: [], actions: [] },
    tasks: { rows: 0, columns: {} },
    row: 0,
    effects: [],
  };
  return measured(evaluate(node, { ...nothing, names: new Map() })).amount;
}

/** A quantity, a condition, or a name: the number of one of a field's names, or a text that is to be one. */
type Value = Measured | boolean | NameValue;

interface NameValue {
  readonly names: readonly string[] | undefined;
  readonly is: number | string;
}

interface State {
  readonly fleet: Fleet;
  readonly tasks: Tasks;
  readonly row: number;
  readonly effects: Effect[];
  readonly names: Map<string, Value>;
}

/** What a block names is forgotten behind it. */
function performAll(statements: readonly StatementModel[], outer: State): void {
  const state = { ...outer, names: new Map(outer.names) };
  for (const statement of statements) perform(statement, state);
}

function perform(statement: StatementModel, state: State): void {
  if (statement.kind === 'let') state.names.set(statement.name, evaluate(statement.value, state));
  else if (statement.kind === 'call') apply(statement, state);
  else if (truth(evaluate(statement.condition, state))) performAll(statement.whenTrue, state);
  else performAll(statement.whenFalse, state);
}

function apply(call: CallModel, state: State): void {
  const action = state.fleet.actions.find(({ name }) => name === call.action);
  if (action === undefined) throw new Error(`no action ${call.action}`);
  const [, given] = call.arguments;
  const [range] = action.arguments;
  let argument = given === undefined ? 1 : measured(evaluate(given, state)).amount;
  if (Number.isNaN(argument)) return;
  if (range !== undefined && argument < range.min) argument = range.min;
  if (range !== undefined && argument > range.max) argument = range.max;
  // A zero has no sign in an effect: adding 0 makes both the same.
  state.effects.push({ action: action.code, row: state.row, argument: argument + 0 });
}

function evaluate(node: ExpressionModel, state: State): Value {
  switch (node.kind) {
    case 'number':
      return numberWritten(node.amount, node.unit);
    case 'text':
      return { names: undefined, is: node.text };
    case 'reference': {
      const value = state.names.get(node.name);
      if (value === undefined) throw new Error(`no name ${node.name}`);
      return value;
    }
    case 'field':
      return fieldOf(node.field, state);
    case 'unary': {
      const operand = evaluate(node.operand, state);
      return node.operator === 'NOT' ? !truth(operand) : opposite(measured(operand));
    }
    case 'builtin': {
      const values = node.arguments.map((argument) => measured(evaluate(argument, state)));
      const { name } = node;
      if (name === 'ABS') return absolute(values[0] as Measured);
      return values.reduce((one, other) => extreme(name, one, other));
    }
    case 'binary':
      return binary(node.operator, evaluate(node.left, state), evaluate(node.right, state));
    default:
      return node satisfies never;
  }
}

function fieldOf(name: string, { fleet, tasks, row }: State): Value {
  const field = fleet.fields.find((one) => one.name === name);
  const amount = Object.hasOwn(tasks.columns, name) ? tasks.columns[name]?.[row] : undefined;
  if (field === undefined || amount === undefined) throw new Error(`no field ${name}`);
  return field.unit === 'name' ? { names: field.names, is: amount } : measuredIn(field.unit, amount);
}

function binary(operator: BinaryOperator, left: Value, right: Value): Value {
  switch (operator) {
    case 'AND':
      return truth(left) ? truth(right) : false;
    case 'OR':
      return truth(left) ? true : truth(right);
    case '+':
    case '-':
      return sum(operator, measured(left), measured(right));
    case '*':
    case '/':
      return product(operator, measured(left), measured(right));
    default:
      return compares(operator, ...comparable(left, right));
  }
}

/** A text counts as the number that it has among the names of the other side. */
function comparable(left: Value, right: Value): [number, number] {
  if (!isName(left) || !isName(right)) return [measured(left).amount, measured(right).amount];
  const names = left.names ?? right.names ?? [];
  const numberOf = ({ is }: NameValue): number => (typeof is === 'number' ? is : names.indexOf(is));
  return [numberOf(left), numberOf(right)];
}

function isName(value: Value): value is NameValue {
  return typeof value === 'object' && 'is' in value;
}

function truth(value: Value): boolean {
  if (typeof value !== 'boolean') throw new Error('a condition is needed');
  return value;
}

function measured(value: Value): Measured {
  if (typeof value !== 'object' || !('amount' in value)) throw new Error('a quantity is needed');
  return value;
}
