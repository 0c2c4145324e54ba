import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { renderDiagnostics } from '../../src/core/language/diagnostics/render-diagnostic.js';
import { formatSource } from '../../src/core/language/format-source.js';
import { languageLimits } from '../../src/core/language/limits.js';
import { isNightly } from '../support/nightly.js';
import { codesOf, diagnosticsOf, fixture, ifCondition, inLoop } from './support.js';

describe('hostile sources', () => {
  it.each<[string, string, string]>([
    ['a megabyte', '#'.repeat(1_000_000), 'DN001'],
    ['brackets without end', ifCondition(`${'('.repeat(100_000)}1`), 'DN006'],
    ['NOT without end', ifCondition(`${'NOT '.repeat(50_000)} task.errors > 1`), 'DN006'],
    ['minus without end', ifCondition(`${'- '.repeat(50_000)} task.errors > 1`), 'DN006'],
    ['IF in IF without end', inLoop('IF task.errors > 1 THEN '.repeat(9_000)), 'DN006'],
    ['blocks without end', inLoop('{'.repeat(100_000)), 'DN006'],
    ['a sum without end', ifCondition(`${'1 + '.repeat(50_000)} 1 > 3`), 'DN011'],
    ['AND without end', ifCondition(`${'task.errors > 1 AND '.repeat(5_000)} task.errors > 1`), 'DN011'],
    ['a NUL byte', 'FUNC f() {\0}', 'DN002'],
    ['UTF-16', Buffer.from(fixture('reference.dream'), 'utf16le').toString('latin1'), 'DN002'],
    [
      'a name in other letters',
      fixture('reference.dream').replace('cost_optimize', 'kosten_für_größe'),
      'DN002',
    ],
    ['a name that looks like a keyword', ifCondition('task.errors > 1').replace('IF', 'ıf'), 'DN007'],
    ['a comment that turns the direction of writing', `# \u202e }\n${fixture('reference.dream')}`, 'DN002'],
    ['a comment with a line break of other systems', `# done\u2028${fixture('reference.dream')}`, 'DN002'],
    ['a comment that rings a bell', `# \u0007\n${fixture('reference.dream')}`, 'DN002'],
    ['a comment with half a character', `# \ud83d\n${fixture('reference.dream')}`, 'DN002'],
    ['a number beyond all numbers', ifCondition('task.errors > 1e999'), 'DN003'],
    ['a number beyond all numbers with its unit', ifCondition('task.memory > 1e308TB'), 'DN003'],
    ['a malformed number', ifCondition('task.errors > 1_'), 'DN003'],
    ['text without end', ifCondition('task.errors == "abc'), 'DN005'],
    ['a name without end', `FUNC ${'a'.repeat(10_000)}() { }`, 'DN011'],
    [
      'loops without end',
      `FUNC f() { ${'FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) } '.repeat(17)} }`,
      'DN011',
    ],
    ['effects without end', inLoop('ROUTE_TO_CHEAPER_REGION(task) '.repeat(1_001)), 'DN011'],
  ])('get a diagnostic: %s', (_, source, code) => {
    expect(codesOf(source)).toContain(code);
  });

  it.each([
    ['without a byte order mark', (source: string) => Buffer.from(source, 'utf16le')],
    ['with one', (source: string) => Buffer.from(`\ufeff${source}`, 'utf16le')],
    ['with its bytes swapped', (source: string) => Buffer.from(`\ufeff${source}`, 'utf16le').swap16()],
    [
      'with one, in other letters',
      (source: string) => Buffer.from(`\ufeff${source.replaceAll(/[a-z]/g, '\u6f22')}`, 'utf16le'),
    ],
  ])('in UTF-16 are told to be saved as UTF-8, and nothing else: %s', (_, encoded) => {
    const text = new TextDecoder().decode(encoded(`# It is "commented".\n${fixture('reference.dream')}`));
    const told = [{ message: 'this is not UTF-8 text', hint: 'save it as UTF-8' }];
    expect(diagnosticsOf(text)).toMatchObject(told);
    expect(formatSource(text, { fileName: 'test.dream' })).toMatchObject({ ok: false, diagnostics: told });
  });

  it('with ten thousand parameters or LETs get one diagnostic about that', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `p${index} = 5%`);
    const parameters = `FUNC f(${names.join(', ')}) { FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) } }`;
    const lets = inLoop(`${names.map((name) => `LET ${name}`).join('\n')} ROUTE_TO_CHEAPER_REGION(task)`);
    for (const source of [parameters, lets])
      expect(codesOf(source).filter((code) => code !== 'DN040')).toEqual(['DN011']);
  });

  it.each([
    'hello\n'.concat('é '.repeat(100)),
    "it's ".repeat(200),
    '`a`\n'.repeat(101),
    'FOR '.concat('é '.repeat(120)),
  ])('that are no program are refused, however much is wrong with them', (source) => {
    expect(codesOf(source).length).toBeGreaterThan(0);
    expect(formatSource(source, { fileName: 'text.dream' }).ok).toBe(false);
  });

  it('with ten thousand errors get a hundred of them', () => {
    const codes = codesOf(inLoop('NO_SUCH_ACTION(task)\n'.repeat(5_000)));
    expect(codes).toHaveLength(languageLimits.diagnosticsMax + 1);
    expect(codes.at(-1)).toBe('DN010');
  });

  it('with ten thousand warnings get a hundred of them, and still every error', () => {
    const names = Array.from({ length: 5_000 }, (_, index) => `LET n${index} = 1`);
    const codes = codesOf(inLoop(`${names.join('\n')} ROUTE_TO_MARS(task)`));
    expect(codes.filter((code) => code === 'DN040')).toHaveLength(languageLimits.diagnosticsMax);
    expect(codes).toContain('DN013');
  });

  it('are not made so by letters of any language in comments, by tabs or by any line end', () => {
    const comment =
      '# größe > 5s \u4efb\u52a1 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 😀 👩‍👩‍👧\t→';
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      const source = [comment, fixture('reference.dream'), comment].join('\n').replaceAll('\n', lineEnd);
      expect(codesOf(`\uFEFF${source}`)).toEqual([]);
    }
  });

  it('get hidden characters pointed at where they stand', () => {
    const [first, second, ...more] = diagnosticsOf(
      `${inLoop('ROUTE_TO_CHEAPER_REGION(task)')}\n# a\u202eb\u2066`,
    );
    expect([first?.span, second?.span, more]).toMatchObject([
      { line: 2, column: 4 },
      { line: 2, column: 6 },
      [],
    ]);
    expect(first?.message).toMatch(/^U\+202E cannot be seen/);
  });

  it('with huge and tiny numbers are accepted', () => {
    expect(codesOf(ifCondition('task.memory > 1e290GB OR task.memory < 5e-324B'))).toEqual([]);
  });
});

/** As much of it as a source may hold: whatever goes through the tokens twice for each of them would not come to an end. */
describe('sources that repeat one thing up to the limit', () => {
  const fragments: readonly string[] = [
    ...[
      '(',
      ')',
      '{',
      '}',
      ',',
      '.',
      '..',
      '=',
      '==',
      '<',
      '-',
      '*',
      '/',
      '!',
      ';',
      '"',
      '""',
      '\\',
      '\0',
      '\r',
      '\t',
    ],
    ...[
      'a',
      'a ',
      'a.',
      'a(',
      'a,',
      'a=',
      '5',
      '5 ',
      '5x ',
      '1_',
      '$',
      '%',
      '# ',
      '#\n',
      '//',
      '//\n',
      '/*',
      '--',
    ],
    ...[
      'FUNC ',
      'FOR ',
      'IF ',
      'ELSE ',
      'LET ',
      'IN ',
      'THEN ',
      'NOT ',
      'MIN(',
      'MIN(1,',
      'WHERE ',
      'for ',
      'tehn ',
    ],
    ...[
      'IF 1 > 2 THEN ',
      'IF t.errors > 1 THEN A(t) ELSE ',
      'FOR EACH t IN task_queue {',
      'REPORT_METRICS_EVERY(',
    ],
    ...[
      'ROUTE_TO_CHEAPER_REGION(t)\n',
      'ROUTE_TO_MARS(t)\n',
      't.errors > 1 AND ',
      't.x + ',
      'é',
      '任',
      '😀',
      '\ud800',
      '\u202e',
    ],
  ];
  const everyTime: readonly ((repeated: string) => string)[] = [
    (repeated) => `FUNC f() { FOR EACH t IN task_queue { ${repeated}`,
    (repeated) => `FUNC f() { FOR EACH t IN task_queue { IF t.errors > ${repeated}`,
  ];
  const nightly: typeof everyTime = [(repeated) => repeated, (repeated) => `FUNC f(${repeated}`];
  const places = isNightly() ? [...everyTime, ...nightly] : everyTime;

  it.each(fragments.map((fragment) => [JSON.stringify(fragment), fragment]))(
    'are told what is wrong with them: %s',
    (_, fragment) => {
      for (const place of places) {
        const room = languageLimits.sourceBytesMax - 100;
        const source = place(fragment.repeat(Math.floor(room / Buffer.byteLength(fragment))));
        const diagnostics = diagnosticsOf(source);
        expect(diagnostics.length).toBeGreaterThan(0);
        expect(renderDiagnostics(diagnostics, { source, fileName: 'x' }).length).toBeLessThan(200_000);
      }
    },
    20_000,
  );

  const longNames = (prefix: string) =>
    Array.from({ length: 1_700 }, (_, index) => `${prefix}${index}`.padEnd(64, 'x'));

  it.each<[string, string]>([
    [
      'names that are nearly called like others',
      longNames('a')
        .map((name, index) => `LET ${name} = ${longNames('b')[index]}`)
        .join('\n'),
    ],
    [
      'a few unknown names among thousands that are known',
      [
        ...longNames('a').map((name) => `LET ${name} = 1`),
        ...longNames('b')
          .slice(0, 99)
          .map((name) => `LET ${name} = ${name.replace('b', 'c')}`),
      ].join('\n'),
    ],
    [
      'actions of thousands of tasks',
      [...longNames('a').map((name) => `LET ${name} = 1`), 'ROUTE_TO_CHEAPER_REGION(task) '.repeat(900)].join(
        '\n',
      ),
    ],
  ])(
    'are told what is wrong with them: %s',
    (_, statements) => {
      const source = inLoop(statements);
      expect(source.length).toBeLessThan(languageLimits.sourceBytesMax);
      expect(compileSource(source, { fileName: 'x' }).ok).toBe(false);
    },
    20_000,
  );
});
