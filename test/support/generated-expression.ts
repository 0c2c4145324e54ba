/** Random numbers in, expressions of a wanted quantity or conditions out, of names and fields that are in scope. */
import { fields, type GeneratedQuantity, quantities, type Scope } from './generated-scope.js';
import type { BuiltinName, ExpressionModel } from './program-model.js';
import type { SeededRandom } from './seeded-random.js';
import { regions } from './test-fleet.js';
import { isVisible, twinOf } from './twin-expression.js';

/** Also the values that tables hold often, so that comparisons meet equal sides. */
const literals: Readonly<Record<GeneratedQuantity, readonly string[]>> = {
  duration: ['5 s', '250 ms', '1 m', '0.5 h', '0 s', '1 d', '1_000 ms', '5e-324 s', '1e308 s'],
  bytes: [
    '1 GB',
    '512 MiB',
    '0 B',
    '1e6 KB',
    '2 TB',
    '3 KiB',
    '0.5 GiB',
    '1 TiB',
    '100 MB',
    '9007199254740992 B',
  ],
  bitrate: ['100 Mbps', '1 Gbps', '1_000 bps', '64 Kbps', '0.001 Tbps', '0 bps'],
  money: ['5 $', '0.01 $', '0 $', '1_000 $'],
  ratio: ['20 %', '0.5 %', '150 %', '0 %', '0.9 ', '1 '],
  count: ['0 ', '3 ', '1e3 ', '0.25 ', '1E+2 ', '5e-324 ', '1.7976931348623157e308 ', '007 '],
};

export function literal(quantity: GeneratedQuantity, random: SeededRandom): ExpressionModel {
  return numberFrom(random.pick(literals[quantity]));
}

/** `5 ms` and the like, with a space before the unit. */
export function numberFrom(written: string): ExpressionModel {
  const [amount = '', unit = ''] = written.split(' ');
  return { kind: 'number', amount, unit };
}

export function conditionOf(scope: Scope, depth: number): ExpressionModel {
  const { random } = scope;
  const inner = (): ExpressionModel => conditionOf(scope, depth - 1);
  const named = scope.names.filter(({ holds }) => holds === 'condition');
  if (named.length > 0 && random.chance(0.2)) return { kind: 'reference', name: random.pick(named).name };
  if (depth > 0 && random.chance(0.3)) return binary(random.pick(['AND', 'OR'] as const), inner(), inner());
  if (depth > 0 && random.chance(0.15)) return { kind: 'unary', operator: 'NOT', operand: inner() };
  if (scope.task !== undefined && random.chance(0.1)) return nameComparison(scope, scope.task);
  const operator = random.pick(['>', '>=', '<', '<=', '==', '!='] as const);
  if (depth > 0 && random.chance(0.15)) {
    const shape = random.pick(compoundShapes);
    return binary(operator, compound(shape, scope, depth - 1), compound(shape, scope, depth - 1));
  }
  const quantity = random.pick(quantities);
  return binary(operator, numberOf(scope, quantity, depth), numberOf(scope, quantity, depth));
}

/** A field of names, or a LET of one, with a text or another field. */
function nameComparison(scope: Scope, task: string): ExpressionModel {
  const { random } = scope;
  const named = scope.names.filter(({ holds }) => holds === 'region');
  const field = (): ExpressionModel =>
    named.length > 0 && random.chance(0.4)
      ? { kind: 'reference', name: random.pick(named).name }
      : { kind: 'field', object: task, field: random.pick(['region', 'home']) };
  const text = (): ExpressionModel => ({ kind: 'text', text: random.pick(regions) });
  const [left, right] = random.pick([
    [field, text],
    [text, field],
    [field, field],
  ] as const);
  return binary(random.pick(['==', '!='] as const), left(), right());
}

/** Products and quotients that have no name of their own, but may be compared with each other. */
const compoundShapes: readonly (readonly [GeneratedQuantity, '*' | '/', GeneratedQuantity])[] = [
  ['money', '/', 'duration'],
  ['duration', '*', 'duration'],
  ['bytes', '*', 'money'],
  ['count', '/', 'duration'],
  ['bitrate', '/', 'duration'],
  ['bitrate', '*', 'bitrate'],
  ['money', '/', 'bitrate'],
];

function compound(shape: (typeof compoundShapes)[number], scope: Scope, depth: number): ExpressionModel {
  const { random } = scope;
  const [one, operator, other] = shape;
  const whole = binary(operator, numberOf(scope, one, depth), numberOf(scope, other, depth));
  if (depth <= 0 || random.chance(0.6)) return whole;
  const again = (): ExpressionModel => compound(shape, scope, depth - 1);
  return random.pick([
    () => binary(random.pick(['+', '-'] as const), whole, again()),
    () => builtin(random.pick(['MIN', 'MAX'] as const), [whole, again()]),
    () => builtin('ABS', [whole]),
    () => negative(whole),
    () => binary('*', whole, numberOf(scope, 'ratio', 0)),
  ])();
}

export function numberOf(scope: Scope, quantity: GeneratedQuantity, depth: number): ExpressionModel {
  const { random } = scope;
  if (depth <= 0 || random.chance(0.3)) return leaf(scope, quantity);
  if (random.chance(0.15)) {
    const known = scope.earlier.filter(
      (one) => one.quantity === quantity && isVisible(one.expression, one.names, scope),
    );
    if (known.length > 0) return twinOf(random.pick(known).expression, scope);
  }
  const inner = (of: GeneratedQuantity = quantity): ExpressionModel => numberOf(scope, of, depth - 1);
  const choices = [
    () => binary(random.pick(['+', '-'] as const), inner(), inner()),
    () => extreme(scope, quantity, depth),
    () => builtin('ABS', [inner()]),
    () => negative(inner()),
    () => scaled(scope, quantity, inner),
    () => converted(scope, quantity, inner),
  ];
  const expression = random.pick(choices)();
  scope.earlier.push({ quantity, expression, names: scope.names });
  return expression;
}

/** Two arguments mostly, and up to eight. */
function extreme(scope: Scope, quantity: GeneratedQuantity, depth: number): ExpressionModel {
  const { random } = scope;
  const count = random.chance(0.6) ? 2 : 3 + random.below(6);
  const inside = count === 2 ? depth - 1 : Math.min(depth - 1, 1);
  const values = Array.from({ length: count }, () => numberOf(scope, quantity, inside));
  return builtin(random.pick(['MIN', 'MAX'] as const), values);
}

type Inner = (of?: GeneratedQuantity) => ExpressionModel;

function scaled({ random }: Scope, quantity: GeneratedQuantity, inner: Inner): ExpressionModel {
  const plain =
    quantity === 'ratio' || quantity === 'count' ? quantity : random.pick(['ratio', 'count'] as const);
  if (quantity === 'ratio' || quantity === 'count') return binary('*', inner(), inner(plain));
  return random.pick([
    () => binary('*', inner(), inner(plain)),
    () => binary('*', inner(plain), inner()),
    () => binary('/', inner(), inner(plain)),
  ])();
}

/** What follows from other quantities: bytes over a duration are a bit rate, and so on. */
function converted({ random }: Scope, quantity: GeneratedQuantity, inner: Inner): ExpressionModel {
  switch (quantity) {
    case 'duration':
      return binary('/', inner('bytes'), inner('bitrate'));
    case 'bytes':
      return random.chance(0.5)
        ? binary('*', inner('bitrate'), inner('duration'))
        : binary('*', inner('duration'), inner('bitrate'));
    case 'bitrate':
      return binary('/', inner('bytes'), inner('duration'));
    case 'money':
      return binary('*', binary('/', inner('money'), inner('duration')), inner('duration'));
    case 'ratio':
    case 'count': {
      const other = random.pick(quantities);
      return binary('/', inner(other), inner(other));
    }
    default:
      return quantity satisfies never;
  }
}

function leaf(scope: Scope, quantity: GeneratedQuantity): ExpressionModel {
  const { random, task } = scope;
  const named = scope.names.filter(({ holds }) => holds === quantity);
  if (task !== undefined && random.chance(0.55)) {
    return { kind: 'field', object: task, field: random.pick(fields[quantity]) };
  }
  if (named.length > 0 && random.chance(0.6)) return { kind: 'reference', name: random.pick(named).name };
  return literal(quantity, random);
}

export function binary(
  operator: Extract<ExpressionModel, { kind: 'binary' }>['operator'],
  left: ExpressionModel,
  right: ExpressionModel,
): ExpressionModel {
  return { kind: 'binary', operator, left, right };
}

function builtin(name: BuiltinName, values: readonly ExpressionModel[]): ExpressionModel {
  return { kind: 'builtin', name, arguments: values };
}

function negative(operand: ExpressionModel): ExpressionModel {
  return { kind: 'unary', operator: '-', operand };
}
