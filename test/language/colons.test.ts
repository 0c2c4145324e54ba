import { describe, expect, it } from 'vitest';
import { fixSource } from '../../src/core/language/fix-source.js';
import { applied, diagnosticsOf, inLoop, onlyDiagnostic } from './support.js';

/** Line and what is said there. */
function told(source: string): string[] {
  return diagnosticsOf(source).map(({ span, message }) => `${span.line}: ${message}`);
}

function lines(...of: string[]): string {
  return of.join('\n');
}

const move = 'ROUTE_TO_CHEAPER_REGION(task)';

describe('a colon', () => {
  it('does not hide what is wrong behind it', () => {
    const source = lines(
      'FUNC f(cut = 0.2):',
      '    FOR EACH task IN task_queue:',
      '        IF task.cpu_time > 5:',
      '            REDUCE_CPU_THROTTLE(task, cut)',
      '        ELSE IF task.cpu_time > 5s:',
      '            task.memory = 0',
      '            return',
      '        ELSE:',
      '            REDUCE_CPU_THROTTLE(task, 30)',
      '    REPORT_METRICS_EVERY(5)',
    );
    expect(told(source)).toEqual([
      '1: a block stands between { and } here',
      '2: a block stands between { and } here',
      '3: cannot compare a duration (s) and a number without a unit',
      '3: a condition ends with THEN',
      '5: a condition ends with THEN',
      '6: a field cannot be set',
      '7: there is no return',
      '8: : is not needed behind ELSE',
      '9: amount of REDUCE_CPU_THROTTLE goes from 0% to 90%, and this is 3000%',
      '10: the interval must be a duration, and this is a number without a unit',
    ]);
  });

  it.each([
    [inLoop(`IF task.errors > 1: ${move}`), inLoop(`IF task.errors > 1 THEN ${move}`)],
    [inLoop(`IF task.errors > 1:${move}`), inLoop(`IF task.errors > 1 THEN ${move}`)],
    [inLoop(`IF task.errors > 1 :\n ${move}`), inLoop(`IF task.errors > 1 THEN\n ${move}`)],
    [inLoop(`IF task.errors > 1: THEN ${move}`), inLoop(`IF task.errors > 1 THEN ${move}`)],
    [inLoop(`IF task.errors > 1: { ${move} }`), inLoop(`IF task.errors > 1 THEN { ${move} }`)],
    [
      inLoop(`IF task.errors > 1 THEN ${move} ELSE:${move}`),
      inLoop(`IF task.errors > 1 THEN ${move} ELSE ${move}`),
    ],
    [`FUNC f(): { FOR EACH task IN task_queue: { ${move} } }`, inLoop(move).replace('test', 'f')],
    [
      `FUNC f(a: 20% IN 5%..50%) { FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, a) } }`,
      `FUNC f(a = 20% IN 5%..50%) { FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, a) } }`,
    ],
    [
      `FUNC f(a: ratio = 20%) { FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, a) } }`,
      `FUNC f(a = 20%) { FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, a) } }`,
    ],
  ])('is mended where it has one meaning: %s', (source, mended) => {
    const { source: text } = fixSource(source, diagnosticsOf);
    expect(text.replaceAll(/ +/g, ' ')).toBe(mended);
  });

  it('of a parameter is one mistake, and its edit writes =', () => {
    const source = `FUNC f(a:20%) { FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, a) } }`;
    const only = onlyDiagnostic(source);
    expect(only).toMatchObject({ message: 'a default is given with =', found: ':', expected: '=' });
    expect(applied(source, only)).toContain('f(a = 20%)');
  });

  it.each([
    ['several statements', [`  ${move}`, `  ${move}`]],
    ['an IF, whose ELSE would become its own', [`  IF task.errors > 2 THEN ${move}`, `ELSE ${move}`]],
    ['nothing', []],
    ['what cannot be read', ['  task.memory = 0', `  ${move}`]],
  ])('is left to its author before %s', (_, branch) => {
    const source = inLoop(lines('', 'IF task.errors > 1:', ...branch, ''));
    const { source: text } = fixSource(source, diagnosticsOf);
    expect(text).toContain('IF task.errors > 1:\n');
  });

  it('gives an ELSE to the IF above which it stands', () => {
    const source = inLoop(
      lines('', 'IF task.errors > 1:', `  IF task.errors > 2: ${move}`, `ELSE: ${move}`, 'ELSE THEN', ''),
    );
    expect(told(source)).toEqual([
      '2: a condition ends with THEN',
      '3: a condition ends with THEN',
      '4: : is not needed behind ELSE',
      '5: this ELSE belongs to no IF',
    ]);
  });

  it.each([
    inLoop(`LET a: bytes = 1GB IF task.memory > a THEN ${move}`),
    inLoop('REDUCE_CPU_THROTTLE(task, amount: 20%)'),
    inLoop(`: ${move}`),
    `${inLoop(move)} :`,
    `:${inLoop(move)}`,
    `FUNC f:() {}`,
    `FUNC f() {}:`,
    'FUNC f():',
  ])('is an error wherever it stands: %s', (source) => {
    expect(diagnosticsOf(source).some(({ severity }) => severity === 'error')).toBe(true);
  });
});
