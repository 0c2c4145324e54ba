/** Explanations of what is wrong with the text of a program before its meaning is looked at: DN001 to DN011, DN030. */
import { referenceFleet } from '../../capabilities.js';
import { languageLimits } from '../../limits.js';
import { type CodeExplanation, inLoop, program } from './explanation.js';

const moveTheFailing = inLoop('IF task.errors > 3 THEN', '  ROUTE_TO_CHEAPER_REGION(task)');

/** The reference fleet, and a field that holds a name, which the reference fleet has none of. */
export const fleetWithRegions = {
  ...referenceFleet,
  fields: [
    ...referenceFleet.fields,
    { name: 'region', unit: 'name', about: 'where it runs', names: ['us-east', 'us-west'] },
  ],
} as const;

export const textExplanations = {
  DN001: {
    meaning:
      'A program of a thousand lines has about 40 KB, so a source of more than 256 KiB is some other file. It is not read any further, so that a wrong file name costs no time.',
    wrong: `${'# pasted by mistake\n'.repeat(14_000)}${moveTheFailing}`,
    right: moveTheFailing,
  },
  DN002: {
    meaning:
      'The language uses letters a to z, digits and a few signs. Signs that other languages have for the same thing are understood, reported with what is written here instead, and mended by `dreamnet check --fix`. Anything else is probably an accident of copying.',
    wrong: inLoop('IF task.memory > 1GB && task.errors > 3 THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    right: inLoop('IF task.memory > 1GB AND task.errors > 3 THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
  },
  DN003: {
    meaning:
      'A number is written in digits, with a point before decimals, `_` between groups if you like, and its unit right behind it. With a space between, the unit could be taken for a name.',
    wrong: inLoop('IF task.memory > 5 GB THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
    right: inLoop('IF task.memory > 5GB THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
  },
  DN004: {
    meaning:
      'What stands right behind a number is its unit, and this is none that the language knows. Units are written as in the table of docs/language.md: capitals matter, because `m` is minutes and `MB` is not `Mbps`.',
    wrong: inLoop('IF task.cpu_time > 5sec THEN', '  REDUCE_CPU_THROTTLE(task, 20%)'),
    right: inLoop('IF task.cpu_time > 5s THEN', '  REDUCE_CPU_THROTTLE(task, 20%)'),
  },
  DN005: {
    meaning:
      'A name in quotes ends on the line on which it begins. Otherwise one missing quote would swallow the rest of the program.',
    wrong: inLoop('IF task.region == "us-east THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    right: inLoop('IF task.region == "us-east" THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    capabilities: fleetWithRegions,
  },
  DN006: {
    meaning: `Blocks, parentheses, NOT and signs may be inside each other up to ${languageLimits.nestingDepthMax} levels. That is far more than anybody reads, and it lets the compiler follow every level without running out of room.`,
    wrong: inLoop(
      `IF ${'('.repeat(70)}task.errors > 3${')'.repeat(70)} THEN`,
      '  ROUTE_TO_CHEAPER_REGION(task)',
    ),
    right: moveTheFailing,
  },
  DN007: {
    meaning:
      'Keywords are written in capitals, so that they stand out from names and a program reads the same everywhere. In any other case they are not free as names either.',
    wrong: inLoop('if task.errors > 3 THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    right: moveTheFailing,
  },
  DN008: {
    meaning:
      'The program is not built as the grammar says: something is missing, or something else stands in its place. The place shown is where reading stopped; what is missing often belongs just before it.',
    wrong: inLoop('IF task.errors > 3', '  ROUTE_TO_CHEAPER_REGION(task)'),
    right: moveTheFailing,
  },
  DN009: {
    meaning:
      'A file holds one program, from FUNC to its closing brace. Text behind it is a brace too many further up, or a second program, which belongs in a file of its own.',
    wrong: `${moveTheFailing}}\n`,
    right: moveTheFailing,
  },
  DN010: {
    meaning: `After ${languageLimits.diagnosticsMax} errors checking stops: nobody reads more at once, and many of them usually have one cause.`,
    wrong: inLoop(...Array.from({ length: 101 }, () => 'MOVE(task)')),
    right: inLoop('ROUTE_TO_CHEAPER_REGION(task)'),
  },
  DN011: {
    meaning:
      'Everything in a program has a limit: names, operators in a statement, parameters, LETs, loops, effects. They keep the cost of a program small and known beforehand; docs/language.md lists them with their reasons.',
    wrong: program('', [
      `  LET ${'memory_above_which_a_task_is_'.repeat(3)}large = 1GB`,
      '  FOR EACH task IN task_queue {',
      `    IF task.memory > ${'memory_above_which_a_task_is_'.repeat(3)}large THEN`,
      '      REDUCE_MEMORY_CACHE(task, 30%)',
      '  }',
    ]),
    right: program('', [
      '  LET large = 1GB',
      '  FOR EACH task IN task_queue {',
      '    IF task.memory > large THEN',
      '      REDUCE_MEMORY_CACHE(task, 30%)',
      '  }',
    ]),
  },
  DN030: {
    meaning:
      'A single `=` gives a name to a value, after LET and for parameters. Two values are compared with `==`, so that a comparison never looks as if it changed something.',
    wrong: inLoop('IF task.priority = 0 THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    right: inLoop('IF task.priority == 0 THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
  },
} satisfies Readonly<Record<string, CodeExplanation>>;
