import { expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/terminal-text.js';
import { renderDiagnostic } from '../../src/core/language/diagnostics/render-diagnostic.js';
import { diagnosticsOf, ifCondition, inLoop } from './support.js';

function rendered(source: string): string {
  const [first] = diagnosticsOf(source);
  if (first === undefined) throw new Error('nothing to render');
  return renderDiagnostic(first, { source, fileName: 'my.dream' });
}

it('shows file, line, column, code, message, the line, a caret under the place, and what to do', () => {
  expect(rendered('FUNC f() {\n  FOR EACH t IN task_queue {\n    RAISE_CONCURENCY(t, 5%)\n  }\n}')).toBe(
    [
      'my.dream:3:5: error DN013: agents have no action RAISE_CONCURENCY',
      '    3 |     RAISE_CONCURENCY(t, 5%)',
      '      |     ^^^^^^^^^^^^^^^^',
      '        found: RAISE_CONCURENCY',
      '     expected: REDUCE_CPU_THROTTLE, REDUCE_MEMORY_CACHE, ROUTE_TO_CHEAPER_REGION, INCREASE_CPU_SHARE, INCREASE_MEMORY_CACHE, ROUTE_TO_NEARER_REGION, RELEASE_IDLE_MEMORY or RAISE_CONCURRENCY',
      '         hint: did you mean RAISE_CONCURRENCY?',
    ].join('\n'),
  );
});

it('cuts long lines around the place', () => {
  const text = rendered(ifCondition(`${'task.errors > 1 AND '.repeat(50)} task.memroy > 1GB`));
  const [, line = '', carets = ''] = text.split('\n');
  expect(line.length).toBeLessThan(140);
  expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('memroy');
});

it('passes no control character on to a terminal', () => {
  const text = rendered(ifCondition('task.errors > 1 \u001b[2J\u202e\u0007'));
  expect([...text].filter((character) => character < ' ' && character !== '\n')).toEqual([]);
  expect(text).not.toContain('\u202e');
});

it('puts the caret under the place behind tabs, double-width characters, emoji and combining marks', () => {
  const rows = [
    ['\t\tIF task.memroy > 1GB THEN ROUTE_TO_CHEAPER_REGION(task)', '        IF task.memroy'],
    ['  IF "東京" == "" OR task.memroy > 1GB THEN', '  IF "東京" == "" OR task.memroy'],
    ['  IF "😀e\u0301" == "" OR task.memroy > 1GB THEN', '  IF "😀e\u0301" == "" OR task.memroy'],
    ['a\tIF task.memroy > 1GB THEN', 'a   IF task.memroy'],
  ];
  for (const [line = '', shown = ''] of rows) {
    const source = `FUNC f() {\n  FOR EACH task IN task_queue {\n${line}\n  }\n}`;
    const found = diagnosticsOf(source).find(({ code }) => code === 'DN012');
    if (found === undefined) throw new Error(`nothing was said about ${line}`);
    const [, text = '', carets = ''] = renderDiagnostic(found, { source, fileName: 'my.dream' }).split('\n');
    expect(text).toContain(shown);
    const gutter = '      | '.length;
    expect(carets.indexOf('^') - gutter).toBe(displayWidth(shown) - 'memroy'.length);
    expect(carets.trim().replace('| ', '').trim()).toBe('^^^^^^');
  }
});

it('shows a related place on the same line below the place itself, and one on another line with that line', () => {
  expect(rendered(ifCondition('task.memory > 5s')).split('\n').slice(1, 4)).toEqual([
    expect.stringContaining('IF task.memory > 5s THEN'),
    expect.stringMatching(/^ {6}\| +\^\^$/),
    expect.stringMatching(/^ {6}\| +----------- task\.memory is bytes \(B\)$/),
  ]);
  const twice =
    'FUNC f() {\n  FOR EACH t IN task_queue {\n    LET t = 6%\n    REDUCE_CPU_THROTTLE(t, 5%)\n  }\n}';
  expect(rendered(twice)).toContain(
    '    3 |     LET t = 6%\n      |         ^\n    2 |   FOR EACH t IN task_queue {\n      |            - it is given here',
  );
});

it('wraps what it has to say to the terminal, and never the first line', () => {
  const source = ifCondition('task.memroy > 1GB');
  const [first] = diagnosticsOf(source);
  if (first === undefined) throw new Error('nothing to render');
  const [head = '', ...rest] = renderDiagnostic(first, {
    source,
    fileName: 'x'.repeat(80),
    columns: 50,
  }).split('\n');
  expect(head).toContain('tasks have no field memroy');
  for (const line of rest) expect(line.length).toBeLessThanOrEqual(50);
  expect(rest.join(' ').replaceAll(/\s+/g, ' ')).toContain('throughput or region_price hint: did you');
});

it('names every part to whoever paints it, and says nothing else', () => {
  const source = ifCondition('task.memory > 5s');
  const [first] = diagnosticsOf(source);
  if (first === undefined) throw new Error('nothing to render');
  const painted = renderDiagnostic(first, {
    source,
    fileName: 'my.dream',
    paint: (part, text) => `<${part}>${text}</>`,
  });
  expect(painted).toContain('<place>my.dream:1:');
  expect(painted).toContain('<error>error DN020</>');
  expect(painted).toContain('<error>^^</>');
  expect(painted).toContain('<->-----------</> <->task.memory is bytes (B)</>');
  expect(painted.replaceAll(/<[^>]*>/g, '')).toBe(rendered(source));
});

it('shows a place deep in a line without breaks, and at the very end of a file', () => {
  const source = `${inLoop('')}${' '.repeat(20_000)}extra`;
  expect(rendered(source)).toMatch(/\n {4}1 \| +extra\n {6}\| +\^{5}\n/);
  expect(rendered('# nothing\n')).toMatch(/\n {4}2 \|\n {6}\| \^/);
});
