import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { compiled, effectsOf, inLoop, tableOf } from './support.js';

const move = 'ROUTE_TO_CHEAPER_REGION(task)';

/** Whether the condition holds for a task with these fields. */
function holds(condition: string, fields: Readonly<Record<string, number>>): boolean {
  const columns = Object.entries(fields).map(([name, value]) => [name, [value]] as const);
  return effectsOf(inLoop(`IF ${condition} THEN ${move}`), tableOf(Object.fromEntries(columns))).length > 0;
}

/** The argument of an effect, limited to 0 to 0.9; undefined when there is none. */
function argumentOf(expression: string, fields: Readonly<Record<string, number>>): number | undefined {
  const columns = Object.entries(fields).map(([name, value]) => [name, [value]] as const);
  const source = inLoop(`REDUCE_CPU_THROTTLE(task, ${expression})`);
  return effectsOf(source, tableOf(Object.fromEntries(columns)))[0]?.argument;
}

describe('nothing that a task holds stops a program', () => {
  it('divides by zero: infinities, and no number for 0 / 0', () => {
    expect(argumentOf('task.errors / task.priority', { errors: 1, priority: 0 })).toBe(0.9);
    expect(argumentOf('task.errors / task.priority', { errors: -1, priority: 0 })).toBe(0);
    expect(argumentOf('task.errors / task.priority', { errors: 1, priority: -0 })).toBe(0);
    expect(argumentOf('task.errors / task.priority', { errors: 0, priority: 0 })).toBeUndefined();
    expect(holds('task.errors / task.priority > 1e308', { errors: 1, priority: 0 })).toBe(true);
  });

  it('divides by a zero that is written out as by any other, with a warning', () => {
    const source = inLoop(`IF task.errors / 0 > 1 THEN ${move} REDUCE_CPU_THROTTLE(task, 0 / 0)`);
    const result = compileSource(source, { fileName: 'zero.dream' });
    expect(result.ok && result.warnings.map(({ code }) => code)).toEqual(['DN043', 'DN043']);
    expect(effectsOf(source, tableOf({ errors: [1, 0, -1] })).map(({ row }) => row)).toEqual([0]);
  });

  it('takes what was not measured for no number, through arithmetic, MIN, MAX and ABS', () => {
    const unknown = { errors: Number.NaN };
    for (const expression of [
      'task.errors',
      'task.errors + 1',
      'task.errors * 0',
      '1 - task.errors',
      '-task.errors',
      'ABS(task.errors)',
      'MIN(task.errors, 0.5)',
      'MIN(0.5, task.errors)',
      'MAX(task.errors, 0.5)',
      'MAX(0.1, 0.5, task.errors)',
    ]) {
      expect(argumentOf(`(${expression}) / 1`, unknown), expression).toBeUndefined();
    }
  });

  it.each(['>', '>=', '<', '<=', '=='])('finds every comparison with no number false: %s', (operator) => {
    const unknown = { memory: Number.NaN, errors: 0 };
    expect(holds(`task.memory ${operator} 1GB`, unknown)).toBe(false);
    expect(holds(`1GB ${operator} task.memory`, unknown)).toBe(false);
    expect(holds(`task.memory ${operator} task.memory`, unknown)).toBe(false);
    expect(holds(`NOT task.memory ${operator} 1GB`, unknown)).toBe(true);
  });

  it('finds no number different from everything, itself included', () => {
    expect(holds('task.memory != 1GB', { memory: Number.NaN })).toBe(true);
    expect(holds('task.memory != task.memory', { memory: Number.NaN })).toBe(true);
    expect(holds('task.memory != task.memory', { memory: 1 })).toBe(false);
  });

  it('limits what is too large or too small, infinities as well', () => {
    for (const [value, argument] of [
      [Infinity, 0.9],
      [-Infinity, 0],
      [1e308, 0.9],
      [0.25, 0.25],
      [5e-324, 5e-324],
    ] as const) {
      expect(argumentOf('task.errors / 1', { errors: value })).toBe(argument);
    }
  });

  it('calculates beyond the largest number to infinity, and below the smallest to zero', () => {
    expect(holds('task.errors * 10 > 1.7976931348623157e308', { errors: 1e308 })).toBe(true);
    expect(holds('task.errors * 10 - task.errors * 10 == 0', { errors: 1e308 })).toBe(false);
    expect(holds('task.errors / 2 == 0', { errors: 5e-324 })).toBe(true);
  });

  it('takes a written number that is too small for zero, and rounds others to the nearest', () => {
    expect(holds('task.errors == 1e-400', { errors: 0 })).toBe(true);
    expect(holds('task.errors == 9007199254740993', { errors: 2 ** 53 })).toBe(true);
    expect(holds('task.errors == 0.1', { errors: 0.1 })).toBe(true);
    expect(holds('task.errors + 0.2 == 0.3', { errors: 0.1 })).toBe(false);
  });

  it('tells zeros apart by dividing only', () => {
    expect(holds('task.errors == 0', { errors: -0 })).toBe(true);
    expect(holds('task.errors < 0', { errors: -0 })).toBe(false);
    expect(holds('1 / task.errors < 0', { errors: -0 })).toBe(true);
    expect(holds('1 / MIN(task.errors, 0) < 0', { errors: -0 })).toBe(true);
    expect(holds('1 / MAX(task.errors, 0) > 0', { errors: -0 })).toBe(true);
  });

  it('gives no parameter a sign of zero', () => {
    const source = `FUNC f(p = -0% IN -0%..5%) { FOR EACH task IN task_queue { IF 1 / p > 0 THEN ${move} } }`;
    const [parameter] = compiled(source).manifest.parameters;
    expect(parameter).toEqual({ name: 'p', unit: 'ratio', default: 0, min: 0, max: 0.05 });
    expect(effectsOf(source, { rows: 1, columns: {} })).toHaveLength(1);
  });
});

describe('names that mean something to JavaScript', () => {
  const names = [
    'constructor',
    'toString',
    'valueOf',
    'hasOwnProperty',
    'prototype',
    'then',
    'length',
    'NaN',
  ];

  it.each(names)('are names like others of programs, parameters, LETs, tasks and fields: %s', (name) => {
    const task = name === 'length' ? 'NaN' : 'length';
    const capabilities = {
      version: 1,
      name,
      fields: [{ name, unit: 'count', about: name }],
      actions: [
        {
          name,
          code: 5,
          about: name,
          arguments: [{ name, unit: 'count', min: 0, max: 9 }],
          risk: 0,
          effects: [],
        },
      ],
    } as const;
    const source = `FUNC ${name}(${name} = 3 IN 1..5) {
      FOR EACH ${task} IN task_queue { LET t = ${task}.${name} + ${name} ${name}(${task}, t) } }`;
    if (/^then$/i.test(name)) return;
    const result = compileSource(source, { fileName: name, capabilities });
    expect(result.ok ? [] : result.diagnostics).toEqual([]);
    if (!result.ok) return;
    expect(result.program.manifest).toMatchObject({ name, fields: [{ name }], actions: [{ name }] });
  });
});
