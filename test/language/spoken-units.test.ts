import { describe, expect, it } from 'vitest';
import { fixSource } from '../../src/core/language/fix-source.js';
import { diagnosticsOf, ifCondition, inLoop, onlyDiagnostic } from './support.js';

describe('a unit in other words', () => {
  it.each([
    ['task.cpu_time > 10 sec', 'task.cpu_time > 10s'],
    ['task.cpu_time > 10sec', 'task.cpu_time > 10s'],
    ['task.cpu_time > 2 minutes', 'task.cpu_time > 2m'],
    ['task.memory > 2gb', 'task.memory > 2GB'],
    ['task.memory > 2 kib', 'task.memory > 2KiB'],
    ['task.memory > 2kB', 'task.memory > 2KB'],
    ['task.cost > USD 5', 'task.cost > $5'],
    ['task.cost > 5 dollars', 'task.cost > $5'],
  ])('is mended where it has one meaning: %s', (condition, mended) => {
    const source = ifCondition(condition);
    expect(onlyDiagnostic(source).expected).toBeDefined();
    expect(fixSource(source, diagnosticsOf).source).toBe(ifCondition(mended));
  });

  it.each(['task.memory > 2Gb', 'task.memory > 2g', 'task.cpu_time > 2 M', 'task.cpu_time > 2 S'])(
    'is only suggested where it could be another one: %s',
    (condition) => {
      const source = ifCondition(condition);
      expect(onlyDiagnostic(source).suggestion?.certain).toBe(false);
      expect(fixSource(source, diagnosticsOf).source).toBe(source);
    },
  );

  it('is left alone where it is a name that was given', () => {
    const source = inLoop('LET sec = 5 IF task.errors > 10 sec THEN ROUTE_TO_CHEAPER_REGION(task)');
    expect(fixSource(source, diagnosticsOf).source).toBe(source);
  });

  it('is told once when it stands apart', () => {
    expect(onlyDiagnostic(ifCondition('task.cpu_time > 10 sec'))).toMatchObject({ expected: '10s' });
    expect(onlyDiagnostic(ifCondition('task.cpu_time > 10 sec')).hint).toBeUndefined();
  });
});
