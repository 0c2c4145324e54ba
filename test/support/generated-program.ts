/** Random numbers in; programs that check against the test fleet, task tables with ugly values and parameter values out. */
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import type { FieldCapability } from '../../src/core/language/capabilities.js';
import { binary, conditionOf, literal, numberFrom, numberOf } from './generated-expression.js';
import { type GeneratedQuantity, type KnownName, quantities, type Scope } from './generated-scope.js';
import type {
  ExpressionModel,
  LetModel,
  LoopModel,
  ParameterModel,
  ProgramModel,
  StatementModel,
  TopModel,
} from './program-model.js';
import { programText } from './program-text.js';
import { writtenValue } from './reference-interpreter.js';
import type { SeededRandom } from './seeded-random.js';
import { testFleet } from './test-fleet.js';

/** The source of a program that checks against the test fleet. */
export function generatedProgram(random: SeededRandom): string {
  return programText(generatedModel(random), random);
}

export function generatedModel(random: SeededRandom): ProgramModel {
  const names: KnownName[] = [];
  const scope: Scope = { random, names, task: undefined, earlier: [] };
  const parameters = repeat(random.below(4), () => parameter(scope, names));
  const loops = random.chance(0.02) ? 16 : 1 + random.below(3);
  const body: TopModel[] = [];
  for (let index = 0; index < loops; index += 1) {
    if (random.chance(0.4)) body.push(letStatement(scope, names, 2));
    body.push(loop(scope, loops === 16 ? 1 : 3));
  }
  if (random.chance(0.4)) body.splice(random.below(body.length + 1), 0, report(scope));
  return {
    name: random.pick(['generated', '_', 'toString', 'Constructor', 'n'.repeat(64)]),
    parameters,
    body,
  };
}

const ugly = [
  ...[Number.NaN, Infinity, -Infinity, 0, -0, -1, 1e308, -1e308, Number.MAX_VALUE, -Number.MAX_VALUE],
  ...[5e-324, -5e-324, 2.2250738585072014e-308, 2 ** 53, 2 ** 53 + 2, 0.1 + 0.2, Number.EPSILON],
];

const scales: Readonly<Record<string, readonly [about: number, often: readonly number[]]>> = {
  duration: [10, [5, 0.25, 60]],
  bytes: [2e9, [1e9, 512 * 2 ** 20]],
  bitrate: [2e8, [1e8, 1_000]],
  money: [5, [5, 0.01]],
  ratio: [1.5, [0.2, 0.9]],
  count: [5, [0, 3]],
  name: [0, [0, 1, 2, 3]],
};

/** Mostly plausible values, some that are none, some that programs compare with. */
export function generatedTable(
  random: SeededRandom,
  rows: number,
  fields: readonly FieldCapability[] = testFleet.fields,
): TaskTable {
  const columns = fields.map(({ name, unit }) => {
    const [about, often] = scales[unit] ?? [1, [0]];
    const value = (): number => {
      if (random.chance(0.1)) return random.pick(ugly);
      return unit === 'name' || random.chance(0.2) ? random.pick(often) : random.next() * about;
    };
    return [name, Float64Array.from({ length: rows }, value)] as const;
  });
  return { rows, columns: Object.fromEntries(columns) };
}

/** Values within the ranges: left out, the default, the ends, between, and a zero with a sign. */
export function generatedValues(
  random: SeededRandom,
  parameters: readonly {
    readonly name: string;
    readonly default: number;
    readonly min: number;
    readonly max: number;
  }[],
): Record<string, number> {
  const entries = parameters.flatMap(({ name, default: initial, min, max }): [string, number][] => {
    const share = random.next();
    const between = Math.min(Math.max(min * (1 - share) + max * share, min), max);
    const zero = min <= 0 && max >= 0 ? [-0] : [];
    const value = random.pick([undefined, initial, min, max, between, between, ...zero]);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}

function repeat<Item>(count: number, make: () => Item): Item[] {
  return Array.from({ length: count }, make);
}

const namePool = [
  ...[
    'constructor',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'memory',
    'task_queue',
    '_',
    'x9',
    'N'.repeat(64),
  ],
  ...Array.from({ length: 30 }, (_, index) => `name_${index}`),
];

/** Any name that is not visible: blocks beside each other use the same ones. */
function freshName({ random, names, task }: Scope): string {
  const free = namePool.filter((name) => name !== task && names.every((known) => known.name !== name));
  return random.chance(0.3) ? random.pick(free) : (free[9] ?? `name_${names.length + 100}`);
}

function parameter(scope: Scope, names: KnownName[]): ParameterModel {
  const { random } = scope;
  const name = freshName(scope);
  // Several of one quantity, so that one can be taken for the other.
  const last = names.at(-1)?.holds ?? 'ratio';
  const isQuantity = last !== 'condition' && last !== 'region';
  const quantity = isQuantity && random.chance(0.5) ? last : random.pick(quantities);
  names.push({ name, holds: quantity });
  const [low, initial, high] = repeat(3, () => written(quantity, random)).toSorted(
    (one, other) => writtenValue(one) - writtenValue(other),
  );
  if (low === undefined || initial === undefined || high === undefined) throw new Error('three are written');
  return random.chance(0.3) ? { name, initial } : { name, initial, range: { low, high } };
}

/** A number as it may stand in a parameter: written out, or calculated from such. */
function written(quantity: GeneratedQuantity, random: SeededRandom): ExpressionModel {
  const number = literal(quantity, random);
  const calculated = random.pick<() => ExpressionModel>([
    () => number,
    () => number,
    () => ({ kind: 'unary', operator: '-', operand: number }),
    () => binary('/', number, { kind: 'number', amount: '4', unit: '' }),
    () => binary('+', number, literal(quantity, random)),
    () => ({ kind: 'builtin', name: 'MAX', arguments: [number, literal(quantity, random)] }),
  ])();
  return Number.isFinite(writtenValue(calculated)) ? calculated : number;
}

const interval = { kind: 'number', amount: '30', unit: 's' } as const;

function report({ random }: Scope): TopModel {
  const minutes = { kind: 'number', amount: random.pick(['1', '0.5', '7']), unit: 'm' } as const;
  return { kind: 'report', interval: random.pick([interval, minutes, binary('+', interval, minutes)]) };
}

function loop(outer: Scope, depth: number): LoopModel {
  const { random } = outer;
  const variable = random.pick(['task', 'job', 't']);
  const scope: Scope = { ...outer, names: [...outer.names], task: variable };
  const where = random.chance(0.35) ? { where: conditionOf(scope, 2) } : {};
  return { kind: 'loop', variable, ...where, body: statements(scope, depth) };
}

function statements(outer: Scope, depth: number): StatementModel[] {
  const names = [...outer.names];
  const scope: Scope = { ...outer, names };
  return repeat(1 + scope.random.below(4), () => statement(scope, names, depth));
}

function statement(scope: Scope, names: KnownName[], depth: number): StatementModel {
  const { random } = scope;
  if (depth > 0 && random.chance(0.45)) return ifStatement(scope, depth - 1);
  return random.chance(0.3) ? letStatement(scope, names, 2) : effect(scope);
}

function ifStatement(scope: Scope, depth: number): StatementModel {
  const { random } = scope;
  const branch = (): StatementModel[] => {
    if (random.chance(0.03)) return [];
    if (random.chance(0.4)) return [effect(scope)];
    return depth > 0 && random.chance(0.4) ? [ifStatement(scope, depth - 1)] : statements(scope, depth);
  };
  const whenFalse = random.chance(0.5) ? branch() : [];
  return { kind: 'if', condition: conditionOf(scope, 2), whenTrue: branch(), whenFalse };
}

/** Adds its name to those of the block. */
function letStatement(scope: Scope, names: KnownName[], depth: number): LetModel {
  const { random, task } = scope;
  const name = freshName(scope);
  const holds = random.pick([...quantities, 'condition', 'condition', 'condition', 'region'] as const);
  const value = ((): ExpressionModel => {
    if (holds === 'condition') return conditionOf(scope, depth);
    if (holds !== 'region') return numberOf(scope, holds, depth);
    return { kind: 'field', object: task ?? '', field: random.pick(['region', 'home']) };
  })();
  if (holds === 'region' && task === undefined) return letStatement(scope, names, depth);
  names.push({ name, holds });
  return { kind: 'let', name, value };
}

function effect(scope: Scope): StatementModel {
  const { random } = scope;
  const task: ExpressionModel = { kind: 'reference', name: scope.task ?? '' };
  const { name, arguments: taken } = random.pick(testFleet.actions);
  const [argument] = taken;
  if (argument === undefined) return { kind: 'call', action: name, arguments: [task] };
  return { kind: 'call', action: name, arguments: [task, argumentOf(scope, name, argument.unit)] };
}

/** Mostly one that can fit: the compiler refuses what never does. */
function argumentOf(scope: Scope, action: string, unit: GeneratedQuantity): ExpressionModel {
  const { random } = scope;
  const [low, high] = (fitting.get(action) ?? ['2 ', '2 ']).map(numberFrom) as [
    ExpressionModel,
    ExpressionModel,
  ];
  if (random.chance(0.2)) return random.pick([low, high]);
  const value = numberOf(scope, unit, 3);
  if (mentions(value, 'field') || (mentions(value, 'reference') && random.chance(0.2))) return value;
  const least: ExpressionModel = { kind: 'builtin', name: 'MAX', arguments: [value, low] };
  return { kind: 'builtin', name: 'MIN', arguments: [high, least] };
}

function mentions(node: ExpressionModel, kind: 'field' | 'reference'): boolean {
  if (node.kind === kind) return true;
  if (node.kind === 'unary') return mentions(node.operand, kind);
  if (node.kind === 'binary') return mentions(node.left, kind) || mentions(node.right, kind);
  return node.kind === 'builtin' && node.arguments.some((one) => mentions(one, kind));
}

/** Two values within what each action takes. */
const fitting: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['THROTTLE', ['5 %', '0.9 ']],
  ['SET_CACHE', ['0 B', '1 TB']],
  ['DELAY', ['100 ms', '1 h']],
  ['SHAPE', ['1_000 bps', '10 Gbps']],
  ['BUDGET', ['0 $', '10 $']],
  ['RANK', ['0 ', '3 ']],
]);
