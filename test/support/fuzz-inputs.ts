/** Random numbers in, short texts that a parser should survive out: some nearly programs, some nothing of the sort. */
import { readFileSync } from 'node:fs';
import { keywords } from '../../src/core/language/syntax/tokens.js';
import { unitNames } from '../../src/core/language/units/units.js';
import { generatedProgram } from './generated-program.js';
import { type SeededRandom, seededRandom } from './seeded-random.js';
import { testFleet } from './test-fleet.js';

export type FuzzInput = (random: SeededRandom) => string;

export const fuzzInputs: Readonly<Record<string, FuzzInput>> = {
  'words in any order': (random) =>
    several(random, 24, () => random.pick(words)).join(random.pick(['', ' ', '\n'])),
  'words where a program has them': (random) => {
    const statements = several(random, 12, () => random.pick(words)).join(' ');
    return `FUNC f(${random.chance(0.3) ? random.pick(words) : ''}) { FOR EACH task IN task_queue { ${statements} } }`;
  },
  'programs with something cut, doubled or replaced': (random) => {
    let source = random.pick(programs);
    for (let left = random.below(4); left >= 0; left -= 1) source = changed(source, random);
    return source;
  },
  'characters of every kind': (random) =>
    several(random, 32, () => String.fromCodePoint(codePoint(random))).join(''),
  'characters of every kind within a program': (random) => {
    const source = random.pick(programs);
    const at = random.below(source.length);
    const inserted = several(random, 4, () => String.fromCodePoint(codePoint(random))).join('');
    return source.slice(0, at) + inserted + source.slice(at);
  },
  'bytes taken for text': (random) => {
    const bytes = Buffer.from(several(random, 48, () => random.below(random.pick([32, 128, 256]))));
    return bytes.toString(random.pick(['utf8', 'latin1', 'utf16le']));
  },
};

const words: readonly string[] = [
  ...keywords,
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
    '!=',
    '<',
    '>',
    '<=',
    '>=',
    '+',
    '-',
    '*',
    '/',
    '"',
    '#',
    '//',
  ],
  ...[
    '&&',
    '||',
    '!',
    ';',
    '=>',
    '<>',
    '≥',
    '×',
    '%',
    '$',
    '_',
    '__x',
    'x',
    'y',
    'task',
    'task_queue',
    'tsak',
  ],
  ...unitNames.map((unit) => `5${unit}`),
  ...[
    '0',
    '1',
    '1e999',
    '1e-400',
    '1_',
    '1..2',
    '.5',
    '5.',
    '$5',
    '$5$',
    '1e',
    '0x1F',
    '007',
    '9'.repeat(30),
  ],
  ...[
    'task.memory',
    'task.errors',
    'task.nothing',
    'ROUTE_TO_CHEAPER_REGION(task)',
    'REDUCE_CPU_THROTTLE(task, 20%)',
  ],
  ...[
    'constructor',
    '__proto__',
    'toString',
    'if',
    'Then',
    'func',
    'größe',
    '任务',
    '😀',
    '"eu"',
    '"',
    '\0',
    '\r',
    '\t',
  ],
];

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
}

/** Fixtures for the reference fleet, and short generated programs for the test fleet. */
const programs: readonly string[] = [
  ...['reference.dream', 'every-form.dream'].map(fixture),
  'FUNC f() { FOR EACH t IN task_queue WHERE t.region == "us" OR t.home != "eu" { MOVE(t) } }',
  ...pieces(fixture('mistakes.dream')),
  ...Array.from({ length: 60 }, (_, seed) => generatedProgram(seededRandom(seed))).filter(
    (source) => source.length < 500,
  ),
];

/** A loop around each line, so that short sources have every mistake. */
function pieces(source: string): string[] {
  const lines = source.split('\n').slice(1);
  return lines.map(
    (line) => `FUNC f(cut = 20% IN 5%..50%) {\n  FOR EACH task IN task_queue {\n${line}\n  }\n}\n`,
  );
}

/** Programs of both kinds check against this one. */
export const fuzzFleet = testFleet;

function several<Item>(random: SeededRandom, most: number, make: () => Item): Item[] {
  return Array.from({ length: random.below(most + 1) }, make);
}

function changed(source: string, random: SeededRandom): string {
  const [one, other] = [random.below(source.length + 1), random.below(source.length + 1)];
  const [from, to] = [Math.min(one, other), Math.min(Math.max(one, other), Math.min(one, other) + 40)];
  const middle = random.chance(0.5) ? ` ${random.pick(words)} ` : source.slice(from, to);
  return source.slice(0, from) + middle + source.slice(random.chance(0.5) ? from : to);
}

/** Plain letters, control characters, marks that turn the writing direction, halves of surrogate pairs, anything. */
function codePoint(random: SeededRandom): number {
  const [first, last] = random.pick(ranges);
  return first + random.below(last - first + 1);
}

const ranges: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  [0x20, 0x7e],
  [0, 0x1f],
  [0x7f, 0xff],
  [0x100, 0x24f],
  [0x590, 0x6ff],
  [0x2000, 0x206f],
  [0xd800, 0xdfff],
  [0xfe00, 0xffff],
  [0x10000, 0x10ffff],
];
