import { describe, expect, it } from 'vitest';
import { diagnosticsOf, ifCondition, inLoop, onlyDiagnostic } from './support.js';

const noNull = 'there is no such value; every comparison with what was not measured is false, but for !=';

describe('a hint', () => {
  it.each([
    ['task.memory == NULL', noNull],
    ['task.memory IS NULL', noNull],
    ['task.memory is not None', noNull],
    ['task.memory IS 5GB', 'compare with == or !='],
    ['task.cost > $0.5/h', 'there is no unit $/h: write $0.5'],
    ['task.cost > 0.5$ / h', 'there is no unit $/h: write 0.5$'],
    ['task.memory > 5GB / s', 'a number has one unit; to divide by a quantity, write / 1s'],
    ['task.memory > MB', 'a unit stands behind a number, as in 1MB'],
    ['task.errors > x', 'a LET or a parameter must give the name before'],
  ])('tells the way out at once: %s', (condition, hint) => {
    const told = diagnosticsOf(ifCondition(condition)).filter(({ code }) => code !== 'DN007');
    expect(told.map((one) => one.hint)).toEqual([hint]);
  });

  it('never offers one letter for another name', () => {
    const source = inLoop(
      'LET a = 5 IF task.errors > a AND task.errors > ab THEN ROUTE_TO_CHEAPER_REGION(task)',
    );
    expect(onlyDiagnostic(source).suggestion).toBeUndefined();
  });

  it.each([
    ['a = 5%', 'remove it'],
    ['a = 5% IN 1%..9%', 'a governor would tune it in vain'],
  ])('about an unused parameter says who would tune it only when somebody does: %s', (parameter, hint) => {
    const source = inLoop('ROUTE_TO_CHEAPER_REGION(task)').replace('()', `(${parameter})`);
    expect(onlyDiagnostic(source)).toMatchObject({ code: 'DN040', hint });
  });
});
