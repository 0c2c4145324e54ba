/** Explanations of what is possible and hardly meant: DN040 to DN045. */
import { type CodeExplanation, inLoop, program, tunable } from './explanation.js';

export const warningExplanations = {
  DN040: {
    meaning:
      'A name that nothing uses is often a slip: another name was written where this one was meant. A parameter that nothing uses makes the governor search for its best value in vain.',
    wrong: tunable('cut = 20% IN 5%..50%', 'REDUCE_CPU_THROTTLE(task, 20%)'),
    right: tunable('cut = 20% IN 5%..50%', 'REDUCE_CPU_THROTTLE(task, cut)'),
  },
  DN041: {
    meaning:
      'No task and no value of a parameter changes this comparison, so what depends on it happens always or never. Often a limit or a unit is not the one that was meant.',
    wrong: tunable('limit = 2 IN 1..5', 'IF limit > 9 THEN ROUTE_TO_CHEAPER_REGION(task)'),
    right: tunable('limit = 2 IN 1..5', 'IF task.errors > limit THEN ROUTE_TO_CHEAPER_REGION(task)'),
  },
  DN042: {
    meaning:
      'A parameter lets this value leave the range that the action takes. It will then be limited to the nearest end, and the governor cannot tell values apart that all end there.',
    wrong: tunable('cut = 20% IN 5%..95%', 'REDUCE_CPU_THROTTLE(task, cut)'),
    right: tunable('cut = 20% IN 5%..90%', 'REDUCE_CPU_THROTTLE(task, cut)'),
  },
  DN043: {
    meaning:
      'Dividing by zero stops nothing: the result is infinite, and 0 / 0 is no number, for which every comparison but `!=` is false. It is hardly what was meant.',
    wrong: inLoop('IF task.errors / 0 > 3 THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    right: inLoop('IF task.errors / 2 > 3 THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
  },
  DN044: {
    meaning:
      'The program proposes nothing for any task. Agents would spend time on it, and nothing would change.',
    wrong: program('', ['  REPORT_METRICS_EVERY(5s)']),
    right: inLoop('ROUTE_TO_CHEAPER_REGION(task)'),
  },
  DN045: {
    meaning:
      'White space means nothing: without braces one statement belongs to an IF or ELSE, and the next one runs for every task, however it is indented. A reader would be deceived.',
    wrong: inLoop(
      'IF task.errors > 3 THEN',
      '  REDUCE_CPU_THROTTLE(task, 20%)',
      '  ROUTE_TO_CHEAPER_REGION(task)',
    ),
    right: inLoop(
      'IF task.errors > 3 THEN {',
      '  REDUCE_CPU_THROTTLE(task, 20%)',
      '  ROUTE_TO_CHEAPER_REGION(task)',
      '}',
    ),
  },
} satisfies Readonly<Record<string, CodeExplanation>>;
