/** Words that other languages have in, what is written here for them, or why there is no such thing, out. */
import type { Keyword } from './tokens.js';

/** Written in any case; each is surely meant as the keyword where only that can stand. */
const spokenKeywords: Readonly<Partial<Record<Keyword, readonly string[]>>> = {
  FUNC: ['function', 'def', 'fn', 'proc', 'procedure', 'sub', 'program'],
  EACH: ['all', 'every', 'any'],
  IN: ['of', 'from'],
  WHERE: ['when', 'having', 'with', 'if'],
  THEN: ['do', 'begin', 'then'],
};

export function isSpokenFor(word: string, keyword: Keyword): boolean {
  return spokenKeywords[keyword]?.includes(word.toLowerCase()) === true;
}

const declarations = ['var', 'const', 'set', 'local', 'val', 'dim', 'my', 'auto'];

/** `var` and the like, for which LET is written. */
export function declaresName(word: string): boolean {
  return declarations.includes(word.toLowerCase());
}

/** `elif` and the like, for which ELSE IF is written. */
export function isElseIf(word: string): boolean {
  return ['elif', 'elsif', 'elseif', 'else_if'].includes(word.toLowerCase());
}

/** `END` and the like, for which } is written. */
export function endsBlock(word: string): boolean {
  return ['end', 'endif', 'end_if', 'endfor', 'end_for', 'fi', 'done', 'od'].includes(word.toLowerCase());
}

const noLoops = 'there is only FOR EACH task IN task_queue { … }, so that every program ends';
const noReturn = 'a program goes over all tasks; leave tasks out with WHERE or IF';
const noPrinting = 'a program prints nothing; agents report every REPORT_METRICS_EVERY(…)';
const noSwitch = 'decide with IF … THEN … ELSE IF … THEN …';
const noModules = 'a program stands for itself; its actions and fields come from the capability file';
const noErrors = 'nothing that a task holds can stop a program, so there is nothing to catch';

const statements: Readonly<Record<string, string>> = {
  while: noLoops,
  until: noLoops,
  loop: noLoops,
  repeat: noLoops,
  return: noReturn,
  break: noReturn,
  continue: noReturn,
  exit: noReturn,
  pass: 'an empty block is written { }',
  print: noPrinting,
  println: noPrinting,
  printf: noPrinting,
  echo: noPrinting,
  log: noPrinting,
  console: noPrinting,
  switch: noSwitch,
  case: noSwitch,
  match: noSwitch,
  import: noModules,
  include: noModules,
  require: noModules,
  use: noModules,
  try: noErrors,
  catch: noErrors,
  throw: noErrors,
  raise: noErrors,
  select: 'a loop goes over tasks: FOR EACH task IN task_queue WHERE … { … }',
  update: 'actions change tasks: ACTION(task, …)',
};

/** Why there is no such statement, and what there is. */
export function insteadOfStatement(word: string): string | undefined {
  return own(statements, word);
}

/** These have a block or a condition behind them, which nobody's action has. */
export function headsBlock(word: string): boolean {
  return ['while', 'until', 'switch', 'match', 'try', 'catch', 'repeat', 'loop'].includes(word.toLowerCase());
}

const operators: Readonly<Record<string, string>> = {
  between: 'write x >= low AND x <= high',
  in: 'write x == one OR x == other',
  is: 'compare with == or !=',
  like: 'names are compared with == and != only',
  contains: 'names are compared with == and != only',
  matches: 'names are compared with == and != only',
  equals: 'compare with ==',
  eq: 'compare with ==',
  mod: 'there is no remainder',
  xor: 'write (a AND NOT b) OR (b AND NOT a)',
};

/** What stands between two values in other languages. */
export function insteadOfOperator(word: string): string | undefined {
  return own(operators, word);
}

const noConstants = 'there are no such constants; a condition is true or false by itself';
const noNull = 'there is no such value; every comparison with what was not measured is false, but for !=';

const values: Readonly<Record<string, string>> = {
  true: noConstants,
  false: noConstants,
  null: noNull,
  nil: noNull,
  none: noNull,
  undefined: noNull,
  nan: noNull,
};

/** Constants of other languages. */
export function insteadOfValue(word: string): string | undefined {
  return own(values, word);
}

function own(table: Readonly<Record<string, string>>, word: string): string | undefined {
  const lower = word.toLowerCase();
  return Object.hasOwn(table, lower) ? table[lower] : undefined;
}
