/** Explanations of names, and of statements that stand where they cannot: DN012 to DN019, DN026, DN031, DN033. */
import { type CodeExplanation, inLoop, program, tunable } from './explanation.js';

export const nameExplanations = {
  DN012: {
    meaning:
      'Tasks have the fields that the capability file lists, and this is none of them. A program that reads a field which agents do not measure could decide nothing by it.',
    wrong: inLoop('IF task.memroy > 1GB THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
    right: inLoop('IF task.memory > 1GB THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
  },
  DN013: {
    meaning:
      'Agents offer the actions that the capability file lists, and this is none of them. An agent refuses a program with an action that it does not know, so the compiler does not write one.',
    wrong: inLoop('REDUCE_CPU_THROTLE(task, 20%)'),
    right: inLoop('REDUCE_CPU_THROTTLE(task, 20%)'),
  },
  DN014: {
    meaning:
      'A name must be given before it is used: by a parameter, by LET, or by the loop for its task. A LET holds until the end of the block in which it stands. A field is read from the task, as in `task.memory`.',
    wrong: inLoop('IF memory > 1GB THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
    right: inLoop('IF task.memory > 1GB THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
  },
  DN015: {
    meaning:
      'A name means one thing as long as it is visible, so that nobody has to look which of two is meant. A value is given once and does not change. Names that begin with `__` are kept for the language itself.',
    wrong: inLoop(
      'LET limit = 1GB',
      'IF task.priority == 0 THEN {',
      '  LET limit = 500MB',
      '  IF task.memory > limit THEN REDUCE_MEMORY_CACHE(task, 30%)',
      '}',
    ),
    right: inLoop(
      'IF task.priority == 0 THEN {',
      '  LET limit = 500MB',
      '  IF task.memory > limit THEN REDUCE_MEMORY_CACHE(task, 30%)',
      '}',
    ),
  },
  DN016: {
    meaning:
      'A loop inside a loop would cost the square of the number of tasks, and the cost of a task would depend on how many others there are. Loops may follow one another, and each looks at every task by itself.',
    wrong: program('', [
      '  FOR EACH task IN task_queue {',
      '    FOR EACH other IN task_queue {',
      '      ROUTE_TO_CHEAPER_REGION(other)',
      '    }',
      '  }',
    ]),
    right: inLoop('ROUTE_TO_CHEAPER_REGION(task)'),
  },
  DN017: {
    meaning:
      'IF and actions are about a task, so they stand inside a loop. REPORT_METRICS_EVERY is about the whole program, so it stands outside, and once.',
    wrong: program('', ['  ROUTE_TO_CHEAPER_REGION(task)']),
    right: inLoop('ROUTE_TO_CHEAPER_REGION(task)'),
  },
  DN018: {
    meaning:
      'Every action takes the task, and at most one value behind it; the capability file says which. MIN and MAX take two to eight values, ABS takes one.',
    wrong: inLoop('REDUCE_CPU_THROTTLE(task)'),
    right: inLoop('REDUCE_CPU_THROTTLE(task, 20%)'),
  },
  DN019: {
    meaning:
      'The first argument of an action is the task that it is applied to. It is written out, so that a reader sees what an action does to what.',
    wrong: inLoop('REDUCE_CPU_THROTTLE(20%)'),
    right: inLoop('REDUCE_CPU_THROTTLE(task, 20%)'),
  },
  DN026: {
    meaning:
      'The default of a parameter and the ends of its range are numbers that are written out. Then the range is known before the program runs, and the compiler can say which values an action would not take.',
    wrong: tunable('base = 10%, cut = base', 'REDUCE_CPU_THROTTLE(task, MAX(base, cut))'),
    right: tunable('base = 10%, cut = 10%', 'REDUCE_CPU_THROTTLE(task, MAX(base, cut))'),
  },
  DN031: {
    meaning:
      'The name of the task stands for all of it. What can be compared or calculated with is one of its fields.',
    wrong: inLoop('IF task > 1GB THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
    right: inLoop('IF task.memory > 1GB THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
  },
  DN033: {
    meaning: 'The tasks of an agent are called `task_queue`, and there is nothing else to go over.',
    wrong: program('', ['  FOR EACH task IN tasks {', '    ROUTE_TO_CHEAPER_REGION(task)', '  }']),
    right: inLoop('ROUTE_TO_CHEAPER_REGION(task)'),
  },
} satisfies Readonly<Record<string, CodeExplanation>>;
