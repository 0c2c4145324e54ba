import { describe, expect, it } from 'vitest';
import { actionByCode, fieldByName, referenceFleet } from '../../src/core/language/capabilities.js';
import { renderDiagnostics } from '../../src/core/language/diagnostics/render-diagnostic.js';
import {
  applied,
  checkedProgram,
  codesOf,
  diagnosticsOf,
  fixture,
  ifCondition,
  inLoop,
  onlyDiagnostic,
} from './support.js';

describe('a program without mistakes', () => {
  it('is accepted as the reference has it, without a warning', () => {
    expect(diagnosticsOf(fixture('reference.dream'))).toEqual([]);
    expect(checkedProgram(fixture('reference.dream'))).toMatchObject({
      name: 'cost_optimize',
      parameters: [],
      reportIntervalMs: 5_000,
    });
  });

  it('is accepted with every form of the language', () => {
    expect(diagnosticsOf(fixture('every-form.dream'))).toEqual([]);
    const { parameters, loops, lets, reportIntervalMs } = checkedProgram(fixture('every-form.dream'));
    expect(parameters).toEqual([
      { name: 'cpu_cut', unit: 'ratio', default: 0.2, min: 0.05, max: 0.5 },
      { name: 'memory_limit', unit: 'bytes', default: 1e9, min: 1e8, max: 8 * 2 ** 30 },
      { name: 'fixed', unit: 'count', default: 3, min: 3, max: 3 },
    ]);
    expect([loops.length, lets.length, reportIntervalMs]).toEqual([2, 1, 60_000]);
  });

  it('means the same with CRLF, a byte order mark, tabs and no line breaks', () => {
    const source = fixture('reference.dream');
    const meaning = (text: string) =>
      JSON.stringify(checkedProgram(text), (key, value: unknown) =>
        /span|source/i.test(key) ? undefined : value,
      );
    for (const variant of [
      source.replaceAll('\n', '\r\n'),
      `\uFEFF${source}`,
      source.replaceAll(' ', '\t'),
      source.replaceAll('\n', ' '),
    ]) {
      expect(meaning(variant)).toBe(meaning(source));
    }
  });

  it('binds NOT before AND before OR, and * before +', () => {
    const condition = 'NOT task.errors > 1 AND task.errors > 2 OR task.errors + 2 * 3 > 3';
    const { loops } = checkedProgram(ifCondition(condition));
    expect(loops[0]?.body[0]).toMatchObject({
      condition: {
        kind: 'or',
        left: { kind: 'and', left: { kind: 'not' } },
        right: { left: { operation: 'add', right: { operation: 'mul' } } },
      },
    });
  });
});

describe('a program with mistakes', () => {
  it('gets all of them reported at once, as recorded', async () => {
    const source = fixture('mistakes.dream');
    const text = renderDiagnostics(diagnosticsOf(source), { source, fileName: 'mistakes.dream' });
    await expect(`${text}\n`).toMatchFileSnapshot('../fixtures/mistakes.txt');
  });

  it.each([
    ['task.memroy > 1GB', 'DN012', 'did you mean memory?'],
    ['task.memory > 1gb', 'DN004', 'did you mean GB?'],
    ['taks.memory > 1GB', 'DN014', 'did you mean task?'],
    ['memory > 1GB', 'DN014', 'did you mean task.memory?'],
  ])('learns what was meant: %s', (condition, code, hint) => {
    const source = ifCondition(condition);
    const diagnostic = onlyDiagnostic(source);
    expect(diagnostic).toMatchObject({ code, hint });
    expect(diagnosticsOf(applied(source, diagnostic))).toEqual([]);
  });

  it('learns which action was meant', () => {
    const source = inLoop('REDUCE_CPU_THROTLE(task, 20%)');
    const diagnostic = onlyDiagnostic(source);
    expect(diagnostic).toMatchObject({ code: 'DN013', hint: 'did you mean REDUCE_CPU_THROTTLE?' });
    expect(diagnosticsOf(applied(source, diagnostic))).toEqual([]);
  });

  it.each([
    ['FUNC test() { FRO EACH task IN task_queue { ROUTE_TO_CHEAPER_REGION(task) } }', 'DN008'],
    [
      'FUNC test() { FOR EACH task IN task_queue { IF task.errors > 1 TEHN ROUTE_TO_CHEAPER_REGION(task) } }',
      'DN008',
    ],
    [
      'FUNC test() { FOR EACH task IN task_queue { IF task.errors > 1 then ROUTE_TO_CHEAPER_REGION(task) } }',
      'DN007',
    ],
    [
      'FUNC test() { FOR EACH task IN task_queue { IF task.errors = 1 THEN ROUTE_TO_CHEAPER_REGION(task) } }',
      'DN030',
    ],
    [
      'FUNC test() { FOR EACH task IN task_queue { IF task.age > 5 s THEN ROUTE_TO_CHEAPER_REGION(task) } }',
      'DN003',
    ],
    ['FUNC test() { FOR EACH task IN task_queue { ROUTE_TO_CHEAPER_REGION(task); } }', 'DN002'],
    [
      'FUNC test() { FOR EACH task IN task_queue { IF task.errors > 1 && task.errors < 3 THEN ROUTE_TO_CHEAPER_REGION(task) } }',
      'DN002',
    ],
    ['FUNC test() { FOR EACH task IN task_queue { ROUTE_TO_CHEAPER_REGION(task) } } // done', 'DN002'],
  ])('is mended by the edit that is suggested: %s', (source, code) => {
    const first = diagnosticsOf(source)[0];
    expect(first?.code).toBe(code);
    if (first !== undefined) expect(codesOf(applied(source, first))).toEqual([]);
  });

  it.each<[string, string, string[]]>([
    ['a loop in a loop', inLoop('FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) }'), ['DN016']],
    ['another queue', 'FUNC f() { FOR EACH t IN agents { ROUTE_TO_CHEAPER_REGION(t) } }', ['DN033']],
    ['an action outside a loop', 'FUNC f() { ROUTE_TO_CHEAPER_REGION(task) }', ['DN017']],
    ['an interval inside a loop', inLoop('REPORT_METRICS_EVERY(5s)'), ['DN017']],
    ['two intervals', 'FUNC f() { REPORT_METRICS_EVERY(5s) REPORT_METRICS_EVERY(6s) }', ['DN017']],
    ['an interval of a day and more', 'FUNC f() { REPORT_METRICS_EVERY(25h) }', ['DN027']],
    ['no argument', inLoop('REDUCE_CPU_THROTTLE(task)'), ['DN018']],
    ['one too many', inLoop('ROUTE_TO_CHEAPER_REGION(task, 5%)'), ['DN018']],
    ['no task', inLoop('REDUCE_CPU_THROTTLE(20%)'), ['DN019']],
    ['a value beyond the action', inLoop('REDUCE_CPU_THROTTLE(task, 95%)'), ['DN024']],
    [
      'a range beyond the action',
      'FUNC f(c = 10% IN 5%..95%) { FOR EACH t IN task_queue { REDUCE_CPU_THROTTLE(t, c) } }',
      ['DN042'],
    ],
    [
      'a default outside its range',
      'FUNC f(c = 1% IN 5%..50%) { FOR EACH t IN task_queue { REDUCE_CPU_THROTTLE(t, c) } }',
      ['DN025'],
    ],
    [
      'a range in the wrong order',
      'FUNC f(c = 9% IN 50%..5%) { FOR EACH t IN task_queue { REDUCE_CPU_THROTTLE(t, c) } }',
      ['DN025'],
    ],
    [
      'a default that is calculated from a name',
      'FUNC f(a = 5%, c = a) { FOR EACH t IN task_queue { REDUCE_CPU_THROTTLE(t, MIN(a, c)) } }',
      ['DN026'],
    ],
    [
      'a name given twice',
      inLoop('LET a = 1s LET a = 2s IF task.age > a THEN ROUTE_TO_CHEAPER_REGION(task)'),
      ['DN015'],
    ],
    [
      'a name used out of its block',
      inLoop('IF task.errors > 1 THEN { LET a = 2 } IF task.errors > a THEN ROUTE_TO_CHEAPER_REGION(task)'),
      ['DN040', 'DN014'],
    ],
    ['a name that nothing uses', inLoop('LET a = task.errors ROUTE_TO_CHEAPER_REGION(task)'), ['DN040']],
    ['a condition that never changes', ifCondition('5s > 3s'), ['DN041']],
    ['a division by zero', ifCondition('task.errors / 0 > 3'), ['DN043']],
    ['a program without effect', 'FUNC f() { }', ['DN044']],
    ['comparisons in a chain', ifCondition('1 < task.errors < 3'), ['DN008']],
    ['a task as a quantity', ifCondition('task > 3'), ['DN031']],
    ['a missing brace', 'FUNC f() { FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) }', ['DN008']],
    [
      'one brace too many',
      'FUNC f() { FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) } } }',
      ['DN009'],
    ],
    ['no program', '# nothing', ['DN008']],
    [
      'two programs',
      'FUNC f() { FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) } } FUNC g() { }',
      ['DN009'],
    ],
    [
      'a keyword as a name',
      'FUNC f(max = 5%) { FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) } }',
      ['DN007', 'DN040'],
    ],
    [
      'a reserved name',
      'FUNC __proto__() { FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) } }',
      ['DN015'],
    ],
  ])('says so without consequences: %s', (_, source, codes) => {
    expect(codesOf(source)).toEqual(codes);
  });

  it('keeps reading behind a statement that it cannot read', () => {
    const source = inLoop(
      'IF > 3 THEN ROUTE_TO_CHEAPER_REGION(task) LET = 3\n IF task.memroy > 1GB THEN ROUTE_TO_MARS(task)',
    );
    expect(codesOf(source)).toEqual(['DN008', 'DN008', 'DN012', 'DN013']);
  });
});

describe('capabilities', () => {
  it('find actions by code and fields by name', () => {
    expect(actionByCode(referenceFleet, 3)?.name).toBe('ROUTE_TO_CHEAPER_REGION');
    expect(fieldByName(referenceFleet, 'network')?.unit).toBe('bitrate');
    expect(actionByCode(referenceFleet, 99)).toBeUndefined();
  });
});

describe('indentation', () => {
  const move = 'ROUTE_TO_CHEAPER_REGION(task)';
  const lines = (...statements: string[]) => inLoop(`\n${statements.join('\n')}\n`);

  it.each([
    ['behind one statement', ['  IF task.errors > 3 THEN', `    ${move}`, `    ${move}`]],
    ['behind one statement on the line of the IF', [`  IF task.errors > 3 THEN ${move}`, `    ${move}`]],
    ['behind ELSE', ['  IF task.errors > 3 THEN {', `    ${move}`, '  } ELSE', `    ${move}`, `    ${move}`]],
    [
      'behind ELSE IF',
      [`  IF task.errors > 3 THEN ${move}`, '  ELSE IF task.errors > 1 THEN', `    ${move}`, `    ${move}`],
    ],
  ])('that deceives is told: %s', (_, statements) => {
    expect(codesOf(lines(...statements))).toEqual(['DN045']);
  });

  it.each([
    ['a block', ['  IF task.errors > 3 THEN {', `    ${move}`, `    ${move}`, '  }', `  ${move}`]],
    ['one statement', ['  IF task.errors > 3 THEN', `    ${move}`, `  ${move}`]],
    ['all on one line', [`  IF task.errors > 3 THEN ${move} ${move}`]],
    ['no indentation at all', ['IF task.errors > 3 THEN', move, move]],
    ['a block that begins on the line of the IF', [`  IF task.errors > 3 THEN { ${move}`, `    ${move} }`]],
  ])('that does not is not: %s', (_, statements) => {
    expect(codesOf(lines(...statements))).toEqual([]);
  });
});

describe('a call that cannot be read', () => {
  it.each([
    ['an unknown action', 'reduce_cpu(task, cut / 2)', 'DN013'],
    ['too many arguments', 'REDUCE_CPU_THROTTLE(task, 20%, MIN(cut, 10%))', 'DN018'],
    ['an argument of another unit', 'REDUCE_CPU_THROTTLE(task, -cut * 1GB)', 'DN021'],
  ])('uses the names in it: %s', (_, call, code) => {
    const source = `FUNC f(cut = 20% IN 5%..50%) { FOR EACH task IN task_queue { ${call} } }`;
    expect(codesOf(source)).toEqual([code]);
  });
});
