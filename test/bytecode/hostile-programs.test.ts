import { describe, expect, it } from 'vitest';
import { decodeModule } from '../../src/core/bytecode/decode-module.js';
import { instantiateProgram } from '../../src/core/bytecode/instance.js';
import { ProgramError } from '../../src/core/bytecode/program-error.js';
import { languageLimits } from '../../src/core/language/limits.js';
import { compiled, effectsOf, inLoop, tableOf, verified } from './support.js';

const move = 'ROUTE_TO_CHEAPER_REGION(task)';
const { letsMax } = languageLimits;

describe('programs that would double at every step', () => {
  it.each<[string, string, (name: string) => string, string]>([
    ['sums', 'task.errors', (name) => `${name} + ${name}`, '> 3'],
    ['products', 'task.errors', (name) => `${name} * ${name}`, '> 3'],
    [
      'least of eight',
      'task.errors',
      (name) => `MIN(${Array.from({ length: 8 }, () => name).join(', ')})`,
      '> 3',
    ],
    ['conditions', 'task.errors > 3', (name) => `${name} AND NOT ${name} OR ${name}`, ''],
    ['numbers known beforehand', '1', (name) => `${name} / 2 + ${name} / 2`, '< task.errors'],
  ])('stay as small as they are written: %s', (_, first, next, end) => {
    const names = Array.from({ length: letsMax }, (_, index) => `n${index}`);
    const lets = names.map((name, at) => `LET ${name} = ${at === 0 ? first : next(names[at - 1] ?? '')}`);
    const { bytes } = compiled(inLoop(`${lets.join('\n')} IF ${names.at(-1)} ${end} THEN ${move}`));
    expect(decodeModule(bytes).instructions.length).toBeLessThan(letsMax * 25);
  });

  it('stay as small as they are written: IFs whose branches are both IFs', () => {
    const branches = (depth: number): string =>
      depth === 0
        ? move
        : `IF task.errors > ${depth} THEN { ${branches(depth - 1)} } ELSE { ${branches(depth - 1)} }`;
    const { bytes, costPerTask } = compiled(inLoop(branches(11)));
    expect(decodeModule(bytes).instructions.length).toBeLessThan(2 ** 11 * 25);
    expect(costPerTask.max).toBeLessThan(11 * 20);
  });

  it('stay as small as they are written: the same long sum again and again', () => {
    const sum = Array.from({ length: 100 }, (_, index) => `task.errors * ${index}`).join(' + ');
    const { bytes } = compiled(inLoop(`IF ${sum} > 1 THEN ${move}\n`.repeat(130)));
    expect(decodeModule(bytes).instructions.length).toBeLessThan(100 * 130);
  });
});

describe('names that every object of JavaScript has', () => {
  const source = `FUNC valueOf(toString = 3 IN 1..5) {
    FOR EACH task IN task_queue { LET constructor = task.errors + toString IF constructor > 4 THEN ${move} } }`;

  it('are parameters only when they are given, and columns only when they are there', () => {
    const table = tableOf({ errors: [1, 2] });
    expect(effectsOf(source, table).map(({ row }) => row)).toEqual([1]);
    expect(effectsOf(source, table, { toString: 5 } as never).map(({ row }) => row)).toEqual([0, 1]);
    const instance = instantiateProgram(verified(compiled(source).bytes));
    const run = (columns: object, values: object) => () =>
      instance.run({ rows: 1, columns: columns as never }, values as never, () => undefined);
    expect(run({}, {})).toThrow(ProgramError);
    expect(run(Object.create({ errors: Float64Array.of(1) }), {})).toThrow(ProgramError);
    expect(run(table.columns, JSON.parse('{ "__proto__": 1 }'))).toThrow(ProgramError);
    expect(run(table.columns, { constructor: 1 })).toThrow(ProgramError);
  });
});
