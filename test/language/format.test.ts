import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { decodeModule } from '../../src/core/bytecode/decode-module.js';
import { formatSource } from '../../src/core/language/format-source.js';
import { languageLimits } from '../../src/core/language/limits.js';
import { generatedProgram } from '../support/generated-program.js';
import { respaced } from '../support/respaced-source.js';
import { seededRandom } from '../support/seeded-random.js';
import { testFleet } from '../support/test-fleet.js';
import { fixture, inLoop } from './support.js';

const sources = 400;

describe('formatting', () => {
  it('gives an ugly program its one form', async () => {
    await expect(formatted(fixture('unformatted.dream'))).toMatchFileSnapshot('../fixtures/formatted.dream');
  });

  it('leaves alone what is in that form: fixtures, playbooks and the programs of the documentation', () => {
    const playbooks = new URL('../../playbooks/', import.meta.url);
    const language = readFileSync(new URL('../../docs/language.md', import.meta.url), 'utf8');
    const programs = [
      fixture('reference.dream'),
      fixture('every-form.dream'),
      fixture('formatted.dream'),
      ...readdirSync(playbooks)
        .filter((name) => name.endsWith('.dream'))
        .map((name) => readFileSync(new URL(name, playbooks), 'utf8')),
      ...[...language.matchAll(/```\n(FUNC[\s\S]*?)```/g)].map((match) => match[1] ?? ''),
    ];
    expect(programs.length).toBeGreaterThan(8);
    for (const program of programs) expect(formatted(program)).toBe(program);
  });

  it('gives the same form however a program was spaced', () => {
    for (let seed = 1; seed <= sources; seed += 1) {
      const random = seededRandom(seed);
      const program = generatedProgram(random);
      const [one = '', other = ''] = [1, 2].map(
        () => respaced(program, { random, commentProbability: 0, blankLines: false }).source,
      );
      expect(formatted(one), `seed ${seed}`).toBe(formatted(other));
    }
  });

  it('changes nothing the second time, and keeps every comment in order', () => {
    for (let seed = 1; seed <= sources; seed += 1) {
      const { source, comments } = generatedMess(seed);
      const text = formatted(source);
      expect(formatted(text), `seed ${seed}`).toBe(text);
      expect(commentsIn(text), `seed ${seed}`).toEqual(comments);
    }
  });

  it('keeps the compiled program, or what is wrong with it', () => {
    const kinds = new Set<string>();
    for (let seed = 1; seed <= sources; seed += 1) {
      const { source } = generatedMess(seed);
      const meaning = meaningOf(source);
      expect(meaningOf(formatted(source)), `seed ${seed}`).toEqual(meaning);
      kinds.add(Object.keys(meaning)[0] ?? '');
    }
    expect(kinds).toContain('code');
  });

  it('leaves no white space where none belongs', () => {
    for (let seed = 1; seed <= sources; seed += 1) {
      const text = formatted(generatedMess(seed).source);
      const code = text.replaceAll(/#.*/g, '#');
      expect(code, `seed ${seed}`).not.toMatch(
        /[\t\r\uFEFF]|^\n|[ ]\n|\n\n\n|\{( #)?\n\n|\n\n *\}|\n\n$|[^\n]$/,
      );
      expect(code, `seed ${seed}`).not.toMatch(/\S {2}|\( (?!#)|\S \)|\S ,|\. (?!#)|\S \./);
    }
  });
});

describe('comments', () => {
  it.each<[string, string, string]>([
    ['before FUNC', '#one\n\n\n#two\nFUNC f() { }', '#one\n\n#two\nFUNC f() {}\n'],
    ['behind the last brace', 'FUNC f() {} # one\n\n# two', 'FUNC f() {} # one\n\n# two\n'],
    ['alone in a block', 'FUNC f() {\n\n# one\n\n}', 'FUNC f() {\n  # one\n}\n'],
    ['behind the brace of an empty block', 'FUNC f() { # one\n}', 'FUNC f() { # one\n}\n'],
    ['before the end of a block', 'FUNC f() {\nX(t)\n\n# one\n}', 'FUNC f() {\n  X(t)\n\n  # one\n}\n'],
    ['in front of a brace', 'FUNC f() # one\n# two\n{ X(t) }', 'FUNC f() { # one\n  # two\n  X(t)\n}\n'],
    [
      'in a parameter list',
      'FUNC f(a = 1 # one\n, # two\n # three\n b = 2 IN 1 .. 3, c = 3 # four\n) { }',
      'FUNC f(\n  a = 1, # one\n  # two\n  # three\n  b = 2 IN 1..3,\n  c = 3 # four\n) {}\n',
    ],
    ['in an empty parameter list', 'FUNC f(# one\n# two\n) { }', 'FUNC f( # one\n  # two\n) {}\n'],
  ])('have their place: %s', (_, source, expected) => {
    expect(formatted(source)).toBe(expected);
  });

  it.each<[string, string[], string[]]>([
    [
      'between IF and THEN',
      ['IF a > 1 # one', 'THEN # two', 'X(t)'],
      ['IF a > 1 THEN # one', '  # two', '  X(t)'],
    ],
    [
      'behind the parts of a condition',
      ['IF a > 1 AND # one', 'b > 2 OR # two', 'c > 3 # three', 'THEN X(t)'],
      ['IF a > 1 # one', '    AND b > 2 # two', '  OR c > 3 # three', 'THEN', '  X(t)'],
    ],
    [
      'before AND, on a line of their own',
      ['IF a > 1', '# one', 'AND b > 2 THEN X(t)'],
      ['IF a > 1', '  # one', '  AND b > 2', 'THEN', '  X(t)'],
    ],
    [
      'behind AND, on a line of their own',
      ['IF a > 1 AND', '# one', 'b > 2 THEN X(t)'],
      ['IF a > 1', '  # one', '  AND b > 2', 'THEN', '  X(t)'],
    ],
    [
      'behind the WHERE of a loop',
      ['FOR EACH t IN task_queue WHERE t.errors > 1 # one', '# two', '{ X(t) }'],
      ['FOR EACH t IN task_queue WHERE t.errors > 1 { # one', '  # two', '  X(t)', '}'],
    ],
    [
      'within a condition of a loop',
      ['FOR EACH t IN task_queue WHERE t.errors > 1 # one', 'AND t.cost > $1 # two', '{ X(t) }'],
      [
        'FOR EACH t IN task_queue',
        '  WHERE t.errors > 1 # one',
        '    AND t.cost > $1 # two',
        '{',
        '  X(t)',
        '}',
      ],
    ],
    ['before a point', ['LET a = t # one', '. # two', 'b'], ['LET a = t.b # one', '# two']],
    [
      'in the middle of a comparison',
      ['IF a # one', '> # two', '# three', '1 THEN X(t)'],
      ['IF a # one', '  > # two', '  # three', '  1 THEN', '  X(t)'],
    ],
    [
      'behind THEN and behind the brace',
      ['IF a > 1 THEN # one', '{ # two', 'X(t) }'],
      ['IF a > 1 THEN { # one', '  # two', '  X(t)', '}'],
    ],
    [
      'before and behind ELSE',
      ['IF a > 1 THEN { X(t) } # one', '# two', 'ELSE # three', 'X(t)'],
      ['IF a > 1 THEN {', '  X(t)', '} # one', '# two', 'ELSE # three', '  X(t)'],
    ],
    [
      'between ELSE and IF',
      ['IF a > 1 THEN { X(t) } ELSE # one', 'IF a > 2 THEN X(t)'],
      ['IF a > 1 THEN {', '  X(t)', '}', '# one', 'ELSE IF a > 2 THEN', '  X(t)'],
    ],
    ['in a LET', ['LET a # one', '= # two', '1'], ['LET a # one', '  = # two', '  1']],
    [
      'before the value of a LET',
      ['LET a =', '# one', 'MAX(b # two', ', # three', ')'],
      ['LET a =', '  # one', '  MAX(', '    b, # two', '    # three', '  )'],
    ],
    ['before arguments', ['X # one', '# two', '(t)'], ['X( # one', '  # two', '  t', ')']],
    ['among arguments', ['X(t, # one', '1 # two', ')'], ['X(', '  t, # one', '  1 # two', ')']],
    [
      'in parentheses of a sum',
      ['LET a = 2 * (b + # one', 'c)'],
      ['LET a = 2 * (', '  b + # one', '    c', ')'],
    ],
    [
      'in parentheses',
      ['LET a = (b > 1 # one', 'OR c > 2', '# two', ')'],
      ['LET a = (', '  b > 1 # one', '  OR c > 2', '  # two', ')'],
    ],
  ])('in a block have their place: %s', (_, written, expected) => {
    const block = (lines: readonly string[]) =>
      `FUNC f() {\n${lines.map((text) => `  ${text}\n`).join('')}}\n`;
    expect(formatted(block(written))).toBe(block(expected));
  });

  it('stay as they are written, whatever is in them', () => {
    const comments = ['#', '##  two ##', '#!/usr/bin/env dreamnet', '#\ttab "quote', '# größer {'];
    expect(commentsIn(formatted(`${comments.join('  \r\n')}\nFUNC f() { }`))).toEqual(comments);
  });
});

describe('long lines', () => {
  const long = (columns: number, end = '') => `task.errors > ${'1'.repeat(columns - 14 - end.length)}${end}`;

  it('stay whole up to 100 columns, comments not counted', () => {
    const text = `FUNC f() {\n  LET a = ${long(40)} AND ${long(45)} # and a comment\n}\n`;
    expect(text.split('\n')[1]?.indexOf(' #')).toBe(100);
    expect(formatted(text)).toBe(text);
    expect(formatted(text.replace('1 #', '11 #'))).toContain('\n    AND task');
  });

  it('end before AND and OR, and THEN begins a line', () => {
    const source = inLoop(`IF ${long(40)} AND ${long(40)} OR ${long(30)} THEN { X(task) }`);
    expect(formatted(source)).toContain(
      [
        `    IF ${long(40)} AND ${long(40)}`,
        `      OR ${long(30)}`,
        '    THEN {',
        '      X(task)',
        '    }\n',
      ].join('\n'),
    );
  });

  it('end before WHERE, and the brace begins a line', () => {
    const source = `FUNC f() { FOR EACH task IN task_queue WHERE ${long(50)} AND NOT ${long(60)} { X(task) } }`;
    expect(formatted(source)).toContain(
      [
        '  FOR EACH task IN task_queue',
        `    WHERE ${long(50)}`,
        `      AND NOT ${long(60)}`,
        '  {',
        '    X(task)',
        '  }\n',
      ].join('\n'),
    );
  });

  it('end no sooner because of what stands behind a comment', () => {
    const [one, other] = ['1'.repeat(84), '2'.repeat(5)];
    expect(formatted(`FUNC f() { LET a = MIN(b, c) + # one\n ${one} + ${other} }`)).toBe(
      `FUNC f() {\n  LET a = MIN(b, c) + # one\n    ${one} + ${other}\n}\n`,
    );
    expect(formatted(`FUNC f() { LET a = MIN(b, c) + MAX(${one}, # one\n ${other}) }`)).toBe(
      `FUNC f() {\n  LET a = MIN(b, c) + MAX(\n    ${one}, # one\n    ${other}\n  )\n}\n`,
    );
  });

  it('have one parameter a line, and one argument a line', () => {
    const names = ['one', 'two', 'three', 'four', 'five'].map((name) => `${name} = 20% IN 5%..50%`);
    expect(formatted(`FUNC f(${names.join(',')}) { }`)).toBe(`FUNC f(\n  ${names.join(',\n  ')}\n) {}\n`);
    const [one, other] = ['1'.repeat(50), '2'.repeat(50)];
    expect(formatted(inLoop(`X(${one}, ${other})`))).toContain(
      `    X(\n      ${one},\n      ${other}\n    )\n`,
    );
  });

  it('stay long where the syntax has no place to end them', () => {
    const line = `    LET a = ${Array.from({ length: 30 }, () => 'task.memory').join(' + ')} - (1GB * 3)`;
    expect(formatted(inLoop(line))).toContain(`\n${line}\n`);
  });
});

describe('what was written', () => {
  it('stays: literals, parentheses, names like keywords, a comma at the end', () => {
    const line =
      '  X(t, ((1_000ms)), $5, 5$, 1e6B, 1E+6B, "a  # b", t.in, t.WHERE, - -1, NOT NOT (a), MIN(1,),)';
    expect(formatted(`FUNC f() {${line}}`)).toBe(`FUNC f() {\n${line}\n}\n`);
  });

  it('is not formatted when it does not parse, or only with an edit', () => {
    for (const source of [
      '',
      '# only a comment',
      'FUNC f() {',
      'func f() { }',
      'FUNC f() { X(t); }',
      'FUNC\0',
    ]) {
      const result = formatSource(source, { fileName: 'test.dream' });
      expect(result.ok ? result.text : result.diagnostics.length, source).toBeGreaterThan(0);
    }
  });

  it.each(['# \u202e', '#\0', '#\u2028X(t)', 'IF t.region == "\u2066eu" THEN X(t)'])(
    'is not formatted with characters that deceive a reader: %j',
    (statements) => {
      const result = formatSource(`FUNC f() {\n${statements}\n}`, { fileName: 'test.dream' });
      expect(result.ok ? [] : result.diagnostics.map(({ code }) => code)).toEqual(['DN002']);
    },
  );

  it('is formatted when it parses and does not check', () => {
    expect(formatted('FUNC f(){IF t.no_such>5s THEN NO_SUCH(5)}')).toBe(
      'FUNC f() {\n  IF t.no_such > 5s THEN\n    NO_SUCH(5)\n}\n',
    );
  });

  it('is refused when it is too large, or would be too large in its one form', () => {
    const statements = Math.floor((languageLimits.sourceBytesMax - 100) / 5);
    const large = `FUNC f(){${'X(t)\n'.repeat(statements)}}`;
    for (const source of [large, `${large}#${' '.repeat(1_000)}.`]) {
      const result = formatSource(source, { fileName: 'test.dream' });
      expect(result.ok ? [] : result.diagnostics.map(({ code }) => code)).toEqual(['DN001']);
    }
  });

  it('is formatted as deep as it may be nested, and as long as it may be', () => {
    const deep = `FUNC f() {${'IF a > 1 THEN {'.repeat(20)} X(${'('.repeat(15)}1${')'.repeat(15)}) ${'}'.repeat(20)}}`;
    const long = `FUNC f() {${`X(t, ${'1+'.repeat(200)}1)\n`.repeat(200)}}`;
    for (const source of [deep, long]) expect(formatted(formatted(source))).toBe(formatted(source));
  });
});

function formatted(source: string): string {
  const result = formatSource(source, { fileName: 'test.dream' });
  if (result.ok) return result.text;
  throw new Error(`${result.diagnostics.map(({ message }) => message).join('\n')}\n${source}`);
}

/** A generated program with other white space and with comments anywhere: few of them, or one nearly everywhere. */
function generatedMess(seed: number) {
  const random = seededRandom(seed);
  const commentProbability = random.pick([0.02, 0.1, 0.6]);
  return respaced(generatedProgram(random), { random, commentProbability, blankLines: true });
}

function commentsIn(text: string): string[] {
  return text.match(/#.*/g) ?? [];
}

/** All of the program but where in the source things stand; only what is wrong with a program that does not check. */
function meaningOf(source: string) {
  const result = compileSource(source, { fileName: 'test.dream', capabilities: testFleet });
  if (!result.ok) {
    // Deceiving indentation (DN045) is what formatting mends.
    const others = result.diagnostics.filter(({ code }) => code !== 'DN045');
    return { problems: others.map(({ code, message }) => `${code} ${message}`) };
  }
  const { manifest, bytes, costPerTask } = result.program;
  const { instructions, i32Locals, f64Locals } = decodeModule(bytes);
  const code = instructions.map(({ name, immediate }) => `${name} ${immediate}`);
  return { code, i32Locals, f64Locals, costPerTask, manifest: { ...manifest, sourceDigest: '' } };
}
