/** A good program and random numbers in, the same program with one thing written as in another language out. */
import { DiagnosticList } from '../../src/core/language/diagnostics/diagnostic-list.js';
import { lexWithComments } from '../../src/core/language/syntax/lex.js';
import type { Token } from '../../src/core/language/syntax/tokens.js';
import { unitNames } from '../../src/core/language/units/units.js';
import type { SeededRandom } from './seeded-random.js';

/** Undefined when the program has no place for it. */
export type NewcomerMistake = (source: string, random: SeededRandom) => string | undefined;

interface Place {
  readonly token: Token;
  readonly next: Token;
  readonly before: Token | undefined;
  readonly random: SeededRandom;
  readonly source: string;
}

/** Each is mended for certain somewhere. */
export const mendedMistakes: Readonly<Record<string, NewcomerMistake>> = {
  'a keyword in small letters': at(isKind('keyword'), ({ token }) => token.text.toLowerCase()),
  '&& and ||': sign({ AND: ['&&'], OR: ['||'] }),
  '!': sign({ NOT: ['!'] }),
  '=, === and the like': sign({
    '==': ['=', '==='],
    '!=': ['<>', '!==', '≠'],
    '>=': ['=>', '≥'],
    '<=': ['=<', '≤'],
  }),
  '× and the like': sign({ '*': ['×'], '/': ['÷'], '-': ['−'] }),
  'a unit apart': at(
    ({ token }) => token.kind === 'number' && /^\d.*[a-zA-Z]$/.test(token.text),
    ({ token }) => token.text.replace(/(?<=\d)(?=[a-zA-Z]+$)/, ' '),
  ),
  'a unit as it is spoken': at(
    ({ token }) => token.kind === 'number' && /(?:\ds|\dm|[KMGT]i?B)$/.test(token.text),
    ({ token, random }) =>
      token.text
        .replace(/(?<=\d)s$/, random.pick(['sec', ' sec', ' seconds']))
        .replace(/(?<=\d)m$/, random.pick(['mins', ' minutes']))
        .replace(/[KMGT]i?B$/, (unit) => random.pick(['', ' ']) + unit.toLowerCase()),
  ),
  'an action without parentheses': (source) =>
    changedText(
      source,
      source.replace(/\b(?!MIN|MAX|ABS)([A-Za-z_]{3,})[ \t]*\([ \t]*(?:task|job|t)[ \t]*\)/, '$1'),
    ),
  'a number that begins with a point': at(
    ({ token }) => token.kind === 'number' && token.text.startsWith('0.'),
    ({ token }) => token.text.slice(1),
    isSpaced,
  ),
  'a number in quotes': at(isKind('number'), ({ token }) => `"${token.text}"`, isSpaced),
  'other quotes': at(isKind('text'), ({ token, random }) =>
    random.pick([`'${token.text}'`, `“${token.text}”`]),
  ),
  'a semicolon': at(endsStatement, ({ token, random }) => `${token.text}${random.pick([';', ' ;', ';;'])}`),
  'a semicolon and no space': at(endsStatement, ({ token }) => `${token.text};`, followedBySpace),
  'no THEN': at(isWord('THEN'), () => '', isSpaced),
  'a colon for THEN': at(isWord('THEN'), ({ random }) => random.pick([':', ' :'])),
  'a colon behind THEN and ELSE': at(
    ({ token }) => token.text === 'THEN' || token.text === 'ELSE',
    ({ token }) => (token.text === 'THEN' ? ': THEN' : 'ELSE:'),
  ),
  'do for THEN': at(isWord('THEN'), ({ random }) => random.pick(['do', 'BEGIN'])),
  'no EACH': at(isWord('EACH'), () => ''),
  'every for EACH': at(isWord('EACH'), ({ random }) => random.pick(['every', 'all'])),
  'of for IN': at(
    ({ token, next }) => token.text === 'IN' && next.text === 'task_queue',
    () => 'of',
  ),
  'if for WHERE': at(isWord('WHERE'), ({ random }) => random.pick(['if', 'when'])),
  'function for FUNC': at(isWord('FUNC'), ({ random }) => random.pick(['function', 'def', 'FUNK'])),
  'var for LET': at(isWord('LET'), ({ random }) => random.pick(['var', 'const', 'set'])),
  'no LET': at(isWord('LET'), () => ''),
  'to for ..': at(isWord('..'), ({ random }) => ` ${random.pick(['to', 'until'])} `),
  'a minus for ..': at(isWord('..'), () => '-', isSpaced),
  'a method of the task': method(({ action, task }) => `${task}.${action}(`),
  'a method that is given the task': method(({ action, task, comma }) => `${task}.${action}(${task}${comma}`),
  'an argument with a name': at(
    ({ token, next, before }) => token.text === ',' && before?.kind === 'name' && next.kind === 'number',
    ({ random }) => `, ${random.pick(['amount', 'by'])}=`,
    followedBySpace,
  ),
  'a field in other letters': at(
    ({ before, token }) => before?.text === '.' && token.text === 'cpu_time',
    ({ random }) => random.pick(['cpuTime', 'CPU_TIME', 'cputime']),
  ),
  'a report without parentheses': (source) =>
    changedText(
      source,
      source.replace(/REPORT_METRICS_EVERY[ \t]*\([ \t]*(\w+)[ \t]*\)/, 'REPORT_METRICS_EVERY $1'),
    ),
  'a comment as in C': comment(
    (inside) => `//${inside}`,
    (inside) => `/*${inside} */`,
  ),
  'a comment as in SQL': at(
    (place) => endsStatement(place) && place.token.kind === 'symbol',
    ({ token, random }) => `${token.text} --${random.pick([' moved', '5', ' 2 of them', '(t)'])}\n`,
  ),
  'a comment as in C behind a statement': at(
    (place) => endsStatement(place) && place.token.kind === 'symbol',
    ({ token, random }) => `${token.text} //${random.pick([' moved', '5', ' if x > 2', '(t)'])}\n`,
  ),
  'a space from a web page': (source, random) => {
    const spaces = [...source.matchAll(/(?<![#"].*) /g)];
    if (spaces.length === 0) return undefined;
    const { index } = random.pick(spaces);
    return `${source.slice(0, index)}\u00a0${source.slice(index + 1)}`;
  },
};

/** Each means something else than what mends it at the first glance. */
export const doubtfulMistakes: Readonly<Record<string, NewcomerMistake>> = {
  // At the start of a line // is a comment, whatever follows it.
  'the division of Python': at(
    ({ token, before }) => token.text === '/' && before?.span.line === token.span.line,
    () => '//',
    () => [true, true],
  ),
  // Behind a semicolon -- is a comment, as in SQL.
  'a semicolon before a sign': at(
    ({ token, next }) => token.text === '-' && next.text !== '-',
    ({ random }) => random.pick([';-', '; -']),
    isSpaced,
  ),
  'two texts in each other': at(isKind('text'), ({ token }) => `'${token.text}" OR "${token.text}'`),
  'a name behind a number': at(
    ({ token, next }) => token.kind === 'number' && token.text.length === 1 && next.kind === 'keyword',
    ({ token, random }) => `${token.text} ${random.pick(unitNames.filter((unit) => /^[a-z]$/i.test(unit)))}`,
  ),
};

function isKind(kind: Token['kind']): (place: Place) => boolean {
  return ({ token }) => token.kind === kind;
}

function isWord(text: string): (place: Place) => boolean {
  return ({ token }) => token.text === text;
}

/** `source` with one of the tokens that `applies` to replaced; `mayJoin` tells whether the space around it may go. */
function at(
  applies: (place: Place) => boolean,
  replacement: (place: Place) => string,
  mayJoin: (place: Place) => readonly [boolean, boolean] = () => [false, false],
): NewcomerMistake {
  return (source, random) => {
    const { tokens } = lexWithComments(source, new DiagnosticList());
    const places = tokens.slice(0, -1).map((token, index): Place => {
      const next = tokens[index + 1] ?? token;
      return { token, next, before: tokens[index - 1], random, source };
    });
    const fitting = places.filter(applies);
    if (fitting.length === 0) return undefined;
    const place = random.pick(fitting);
    const { offset, length } = place.token.span;
    const [joinsBefore, joinsBehind] = mayJoin(place);
    const start = source.slice(0, offset);
    const end = source.slice(offset + length);
    const before = joinsBefore && random.chance(0.5) ? start.replace(/[ \t]+$/, '') : start;
    const behind = joinsBehind && random.chance(0.5) ? end.replace(/^[ \t]+/, '') : end;
    return before + replacement(place) + behind;
  };
}

/** Where the words around would stay what they are if nothing were between them and what replaces the token. */
function isSpaced({ source, token, before, next }: Place): readonly [boolean, boolean] {
  const { offset, length } = token.span;
  const last = before === undefined ? ' ' : (source[before.span.offset + before.span.length - 1] ?? ' ');
  const isSign = /[(),{}<>=+*/"]/;
  const first = source[next.span.offset] ?? ' ';
  const isNumber = token.kind === 'number';
  return [
    isSign.test(last) && !/[#"]/.test(source[offset - 1] ?? ''),
    isSign.test(first) || (isNumber && length > 0 && /["]/.test(first)),
  ];
}

function followedBySpace(): readonly [boolean, boolean] {
  return [false, true];
}

/** A keyword or sign, by what stands for it elsewhere, with and without the space around it. */
function sign(words: Readonly<Record<string, readonly string[]>>): NewcomerMistake {
  return at(
    ({ token }) => (token.kind === 'symbol' || token.kind === 'keyword') && Object.hasOwn(words, token.text),
    ({ token, random }) => random.pick(words[token.text] ?? []),
    () => [true, true],
  );
}

function endsStatement({ token, next }: Place): boolean {
  const isEnd = token.kind === 'number' || token.kind === 'name' || token.text === ')' || token.text === '}';
  return isEnd && ['IF', 'LET', 'FOR', '}', 'REPORT_METRICS_EVERY'].includes(next.text);
}

/** `ACTION(task, …`, written in another way. */
function method(written: (call: { action: string; task: string; comma: string }) => string): NewcomerMistake {
  return (source, random) => {
    const calls = [
      ...source.matchAll(/(?<![.\w"#])([A-Z_]{3,}|toString)[ \t]*\([ \t]*(task|job|t)\b[ \t]*(,?)/g),
    ];
    const actions = calls.filter(([, action]) => !/^(?:MIN|MAX|ABS)$/.test(action ?? ''));
    if (actions.length === 0) return undefined;
    const { index, 0: whole, 1: action = '', 2: task = '', 3: comma = '' } = random.pick(actions);
    return source.slice(0, index) + written({ action, task, comma }) + source.slice(index + whole.length);
  };
}

function comment(...forms: readonly ((inside: string) => string)[]): NewcomerMistake {
  return (source, random) => {
    const { comments } = lexWithComments(source, new DiagnosticList());
    if (comments.length === 0) return undefined;
    const { span, text } = random.pick(comments);
    const changed = random.pick(forms)(text.slice(1));
    return source.slice(0, span.offset) + changed + source.slice(span.offset + span.length);
  };
}

function changedText(before: string, after: string): string | undefined {
  return before === after ? undefined : after;
}
