/** Random numbers in, the source of a program that checks, and a task table with ugly values, out. */
import type { TaskTable } from '../../src/core/bytecode/task-table.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import type { SeededRandom } from './seeded-random.js';

type Unit = 'duration' | 'bytes' | 'bitrate' | 'money' | 'ratio' | 'count';

const fieldsOf: Readonly<Record<Unit, readonly string[]>> = {
  duration: ['task.cpu_time', 'task.latency', 'task.age'],
  bytes: ['task.memory'],
  bitrate: ['task.network'],
  money: ['task.cost'],
  ratio: [],
  count: ['task.errors', 'task.priority', 'task.throughput'],
};

const literals: Readonly<Record<Unit, readonly string[]>> = {
  duration: ['5s', '250ms', '1m', '0.5h', '0s'],
  bytes: ['1GB', '512MiB', '0B', '1e6KB'],
  bitrate: ['100Mbps', '1Gbps', '1_000bps'],
  money: ['$5', '0.01$', '$0'],
  ratio: ['20%', '0.5%', '150%', '0%'],
  count: ['0', '3', '1e3', '0.25'],
};

const units: readonly Unit[] = ['duration', 'bytes', 'bitrate', 'money', 'ratio', 'count'];

interface Scope {
  readonly random: SeededRandom;
  readonly numbers: { name: string; unit: Unit }[];
  readonly conditions: string[];
  readonly inLoop: boolean;
  readonly counter: { next: number };
}

export function generatedProgram(random: SeededRandom): string {
  const counter = { next: 0 };
  const scope: Scope = { random, numbers: [], conditions: [], inLoop: false, counter };
  const parameters = repeat(random.below(3), () => parameter(scope));
  const lets = repeat(random.below(2), () => letStatement(scope, 2));
  const loops = repeat(1 + random.below(2), () => loop(scope));
  const report = random.chance(0.5) ? ['  REPORT_METRICS_EVERY(5s)'] : [];
  return [`FUNC generated(${parameters.join(', ')}) {`, ...lets, ...loops, ...report, '}', ''].join('\n');
}

/** Mostly plausible values, some that are none. */
export function generatedTable(random: SeededRandom, rows: number): TaskTable {
  const ugly = [Number.NaN, Infinity, -Infinity, 0, -0, -1, 1e308, 5e-324, 2 ** 53];
  const scale: Readonly<Record<string, number>> = {
    duration: 10,
    bytes: 2e9,
    bitrate: 2e8,
    money: 5,
    count: 5,
  };
  const columns = referenceFleet.fields.map(({ name, unit }) => {
    const value = () => (random.chance(0.08) ? random.pick(ugly) : random.next() * (scale[unit] ?? 1));
    return [name, Float64Array.from({ length: rows }, value)] as const;
  });
  return { rows, columns: Object.fromEntries(columns) };
}

function repeat<Item>(count: number, make: () => Item): Item[] {
  return Array.from({ length: count }, make);
}

function freshName(scope: Scope): string {
  scope.counter.next += 1;
  return `name_${scope.counter.next}`;
}

function parameter(scope: Scope): string {
  const unit = scope.random.pick<Unit>(['ratio', 'duration', 'bytes']);
  const name = freshName(scope);
  scope.numbers.push({ name, unit });
  const written = { ratio: '20% IN 5%..120%', duration: '5s IN 0s..1m', bytes: '1GB' }[unit as 'ratio'];
  return `${name} = ${written}`;
}

function loop(outer: Scope): string {
  const scope: Scope = {
    ...outer,
    numbers: [...outer.numbers],
    conditions: [...outer.conditions],
    inLoop: true,
  };
  const where = scope.random.chance(0.3) ? ` WHERE ${condition(scope, 2)}` : '';
  const body = statements(scope, 3);
  return `  FOR EACH task IN task_queue${where} {\n${body}\n  }`;
}

function statements(outer: Scope, depth: number): string {
  const scope: Scope = { ...outer, numbers: [...outer.numbers], conditions: [...outer.conditions] };
  return repeat(1 + scope.random.below(4), () => statement(scope, depth)).join('\n');
}

function statement(scope: Scope, depth: number): string {
  const { random } = scope;
  if (depth > 0 && random.chance(0.5)) return ifStatement(scope, depth - 1);
  if (random.chance(0.3)) return letStatement(scope, 2);
  return effect(scope);
}

function ifStatement(scope: Scope, depth: number): string {
  const branch = () => (scope.random.chance(0.5) ? effect(scope) : `{ ${statements(scope, depth)} }`);
  const otherwise = scope.random.chance(0.4) ? ` ELSE ${branch()}` : '';
  return `IF ${condition(scope, 3)} THEN ${branch()}${otherwise}`;
}

function letStatement(scope: Scope, depth: number): string {
  const isNumber = scope.random.chance(0.6);
  const unit = scope.random.pick(units);
  const value = isNumber ? number(scope, unit, depth) : condition(scope, depth);
  const name = freshName(scope);
  if (isNumber) scope.numbers.push({ name, unit });
  else scope.conditions.push(name);
  return `LET ${name} = ${value}`;
}

function effect(scope: Scope): string {
  const action = scope.random.pick(referenceFleet.actions);
  if (action.arguments.length === 0) return `${action.name}(task)`;
  const literal = scope.random.pick(['0%', '10%', '35%', '0.9']);
  return `${action.name}(task, ${scope.random.chance(0.5) ? literal : `MIN(${number(scope, 'ratio', 2)}, 90%)`})`;
}

function condition(scope: Scope, depth: number): string {
  const { random } = scope;
  if (scope.conditions.length > 0 && random.chance(0.2)) return random.pick(scope.conditions);
  if (depth > 0 && random.chance(0.25)) {
    return `(${condition(scope, depth - 1)} ${random.pick(['AND', 'OR'])} ${condition(scope, depth - 1)})`;
  }
  if (depth > 0 && random.chance(0.15)) return `NOT ${condition(scope, 0)}`;
  const unit = random.pick(units);
  const operator = random.pick(['>', '>=', '<', '<=', '==', '!=']);
  return `${number(scope, unit, depth)} ${operator} ${number(scope, unit, depth)}`;
}

function number(scope: Scope, unit: Unit, depth: number): string {
  const { random } = scope;
  const inner = (of: Unit = unit): string => number(scope, of, depth - 1);
  if (depth <= 0 || random.chance(0.35)) return leaf(scope, unit);
  switch (random.below(7)) {
    case 0:
      return `(${inner()} ${random.pick(['+', '-'])} ${inner()})`;
    case 1:
      return `${random.pick(['MIN', 'MAX'])}(${inner()}, ${inner()})`;
    case 2:
      return `ABS(${inner()})`;
    case 3:
      return `-${leaf(scope, unit)}`;
    case 4:
      return unit === 'bitrate'
        ? `(${inner('bytes')} / ${inner('duration')})`
        : `(${inner()} * ${inner('ratio')})`;
    case 5:
      return unit === 'bytes' ? `(${inner('bitrate')} * ${inner('duration')})` : `(${inner()} / 3)`;
    default: {
      const other = random.pick(units);
      return unit === 'ratio' || unit === 'count' ? `(${inner(other)} / ${inner(other)})` : leaf(scope, unit);
    }
  }
}

function leaf(scope: Scope, unit: Unit): string {
  const names = scope.numbers.filter((known) => known.unit === unit).map(({ name }) => name);
  const fields = scope.inLoop ? fieldsOf[unit] : [];
  return scope.random.pick([...literals[unit], ...names, ...names, ...fields, ...fields, ...fields]);
}
