import { describe, expect, it } from 'vitest';
import { formatQuantity, inBaseUnit } from '../../src/core/language/units/units.js';
import {
  applied,
  checkedProgram,
  codesOf,
  diagnosticsOf,
  ifCondition,
  inLoop,
  onlyDiagnostic,
} from './support.js';

describe('a comparison of different units', () => {
  const source = ifCondition('task.memory > 5s');
  const diagnostic = onlyDiagnostic(source);

  it('names both units and points at both places', () => {
    expect(diagnostic).toMatchObject({
      code: 'DN020',
      severity: 'error',
      message: 'cannot compare bytes (B) and a duration (s)',
      found: 'a duration (s)',
      expected: 'bytes (B)',
    });
    const text = ({ offset, length }: { offset: number; length: number }) =>
      source.slice(offset, offset + length);
    expect(text(diagnostic.span)).toBe('5s');
    expect(diagnostic.related.map(({ span, message }) => [text(span), message])).toEqual([
      ['task.memory', 'task.memory is bytes (B)'],
    ]);
  });

  it('suggests a way out of it', () => {
    expect(diagnostic.hint).toContain('task.cpu_time, task.latency or task.age');
    expect(diagnostic.suggestion).toMatchObject({ replacement: '5MB', certain: false });
    expect(diagnosticsOf(applied(source, diagnostic))).toEqual([]);
  });
});

describe('units', () => {
  it.each([
    ['task.cost > 5', '$5'],
    ['task.age > 5', '5s'],
    ['task.network > 5MB', '5Mbps'],
    ['5 < task.memory', '5MB'],
  ])('are asked for where they are missing or wrong: %s', (condition, replacement) => {
    expect(onlyDiagnostic(ifCondition(condition))).toMatchObject({
      code: 'DN020',
      suggestion: { replacement },
    });
  });

  it.each([
    'task.memory / task.age > 3Mbps',
    'task.network * 1h > 1TB',
    'task.cost / task.age > $1 / 1h',
    'task.memory * 20% > 1GB',
    'task.memory / 2GB > 50%',
    'task.errors / task.throughput > 0.1',
    'task.errors / task.throughput > 10%',
    'task.errors * 2 > 3',
    'task.cpu_time / 1s > task.errors',
    'task.age * task.age > 4s * 1s',
    'ABS(task.cpu_time - task.latency) > 3ms',
    'MAX(task.memory, 1GB, 5MB) > MIN(3GB, 4GB)',
    '(1 + 20%) * task.cost > $3',
  ])('combine: %s', (condition) => {
    expect(codesOf(ifCondition(condition))).toEqual([]);
  });

  it.each([
    ['task.errors > 20%', 'DN020'],
    ['task.memory + task.age > 1GB', 'DN020'],
    ['task.memory / task.age > 3MB', 'DN020'],
    ['MIN(task.memory, 1s) > 1s', 'DN020'],
    ['task.cost * task.cost * task.cost * task.cost > $1', 'DN032'],
    ['task.memory', 'DN022'],
    ['task.memory > 1GB > 3', 'DN008'],
    ['(task.memory > 1GB) + 3 > 1', 'DN023'],
    ['NOT task.memory', 'DN022'],
    ['ABS(1s, 2s) > 1s', 'DN018'],
  ])('do not: %s', (condition, code) => {
    expect(codesOf(ifCondition(condition))).toEqual([code]);
  });

  it('of an argument must be those of the action', () => {
    expect(onlyDiagnostic(inLoop('REDUCE_CPU_THROTTLE(task, 5s)'))).toMatchObject({
      code: 'DN021',
      expected: 'a ratio (%) from 0% to 90%',
      suggestion: { replacement: '5%' },
    });
    expect(onlyDiagnostic(inLoop('REDUCE_CPU_THROTTLE(task, 20)'))).toMatchObject({
      hint: 'did you mean 20%?',
    });
  });

  it.each<[string, number]>([
    ['250ms', 0.25],
    ['2m', 120],
    ['1h', 3_600],
    ['1d', 86_400],
    ['1_000s', 1_000],
    ['1e3s', 1_000],
  ])('are converted to base units exactly: %s', (written, seconds) => {
    const { loops } = checkedProgram(ifCondition(`task.age > ${written}`));
    expect(loops[0]?.body[0]).toMatchObject({ condition: { right: { value: seconds } } });
  });

  it('keep decimals as written', () => {
    expect([7, 30, 0.1].map((amount) => inBaseUnit(amount, '%'))).toEqual([0.07, 0.3, 0.001]);
    expect([inBaseUnit(3, 'KiB'), inBaseUnit(3, 'KB'), inBaseUnit(3, 'Gbps')]).toEqual([3_072, 3_000, 3e9]);
  });

  it('are written back in the largest that fits', () => {
    expect(
      [
        formatQuantity(1e9, 'bytes'),
        formatQuantity(0.25, 'duration'),
        formatQuantity(0.2, 'ratio'),
        formatQuantity(-3, 'money'),
        formatQuantity(90, 'duration'),
        formatQuantity(0, 'bitrate'),
      ].join(' '),
    ).toBe('1GB 250ms 20% -$3 1.5m 0bps');
  });
});
