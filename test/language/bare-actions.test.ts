import { describe, expect, it } from 'vitest';
import { fixSource } from '../../src/core/language/fix-source.js';
import { diagnosticsOf, inLoop, onlyDiagnostic } from './support.js';

const move = 'ROUTE_TO_CHEAPER_REGION';

describe('an action without its parentheses', () => {
  it.each([
    [inLoop(move), inLoop(`${move}(task)`)],
    [inLoop(`IF task.errors > 1 THEN ${move}\n ELSE ${move}\n`), undefined],
    [
      inLoop(`IF task.errors > 1 THEN ${move} ELSE ${move}(task)`),
      inLoop(`IF task.errors > 1 THEN ${move}(task) ELSE ${move}(task)`),
    ],
    [inLoop(move).replace('EACH task', 'EACH t'), inLoop(`${move}(t)`).replace('EACH task', 'EACH t')],
  ])('is mended when it takes the task only: %s', (source, mended) => {
    const expected = mended ?? source.replaceAll(move, `${move}(task)`);
    expect(fixSource(source, diagnosticsOf).source).toBe(expected);
    expect(diagnosticsOf(expected)).toEqual([]);
  });

  it('is not guessed when it takes more', () => {
    const told = onlyDiagnostic(inLoop('REDUCE_CPU_THROTTLE'));
    expect(told).toMatchObject({ hint: 'write REDUCE_CPU_THROTTLE(task, …)' });
    expect(told.suggestion).toBeUndefined();
  });

  it('outside a loop is told what can stand there', () => {
    expect(onlyDiagnostic(`FUNC f() { ${move} }`)).toMatchObject({
      message: `${move} is no statement`,
      expected: 'FOR EACH, LET or REPORT_METRICS_EVERY',
    });
  });

  it('is answered with what can stand in a loop when it is no action', () => {
    expect(onlyDiagnostic(inLoop('whatever'))).toMatchObject({ expected: 'IF, LET or ACTION(task, …)' });
  });
});
