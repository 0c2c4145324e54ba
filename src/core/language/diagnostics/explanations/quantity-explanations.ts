/** Explanations of quantities, conditions and names that do not go together: DN020 to DN025, DN027 to DN029, DN032. */
import { type CodeExplanation, inLoop, program, tunable } from './explanation.js';
import { fleetWithRegions } from './text-explanations.js';

export const quantityExplanations = {
  DN020: {
    meaning:
      'Units are types. Only like can be compared, added, or given to MIN and MAX: memory with bytes, time with durations. Numbers of different quantities would be compared without anybody noticing, as 1GB and 5s are just 1000000000 and 5.',
    wrong: inLoop('IF task.memory > 5s THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
    right: inLoop('IF task.memory > 5MB THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
  },
  DN021: {
    meaning:
      'The value that an action takes has a unit, which the capability file names. Throttling a task by a duration means nothing, so nothing is guessed.',
    wrong: inLoop('REDUCE_CPU_THROTTLE(task, 5s)'),
    right: inLoop('REDUCE_CPU_THROTTLE(task, 5%)'),
  },
  DN022: {
    meaning:
      'IF, WHERE, AND, OR and NOT take conditions, which are true or false. A number is neither: whether 0 counts as false, and what a field that was not measured counts as, would have to be guessed.',
    wrong: inLoop('IF task.errors THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    right: inLoop('IF task.errors > 0 THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
  },
  DN023: {
    meaning:
      'A condition is true or false and has no amount, so it cannot be calculated with, compared, or given to an action. IF decides between two amounts.',
    wrong: inLoop('REDUCE_CPU_THROTTLE(task, task.memory > 1GB)'),
    right: inLoop(
      'IF task.memory > 1GB THEN',
      '  REDUCE_CPU_THROTTLE(task, 20%)',
      'ELSE',
      '  REDUCE_CPU_THROTTLE(task, 10%)',
    ),
  },
  DN024: {
    meaning:
      'Every action takes values within a range, which the capability file names, and this value is never in it. Agents would limit it to the nearest end, which is hardly what the program says.',
    wrong: inLoop('REDUCE_CPU_THROTTLE(task, 95%)'),
    right: inLoop('REDUCE_CPU_THROTTLE(task, 90%)'),
  },
  DN025: {
    meaning:
      'The range of a parameter goes from the lowest value to the highest, and its default lies within. The governor looks for the best value between the ends.',
    wrong: tunable('cut = 20% IN 50%..5%', 'REDUCE_CPU_THROTTLE(task, cut)'),
    right: tunable('cut = 20% IN 5%..50%', 'REDUCE_CPU_THROTTLE(task, cut)'),
  },
  DN027: {
    meaning:
      'Agents report every 100ms to 1d. More often would cost an agent more than the figures are worth, and a longer silence than a day is never what was meant. The interval is written out, because agents read it before they run the program.',
    wrong: program('', [
      '  FOR EACH task IN task_queue {',
      '    ROUTE_TO_CHEAPER_REGION(task)',
      '  }',
      '  REPORT_METRICS_EVERY(50ms)',
    ]),
    right: program('', [
      '  FOR EACH task IN task_queue {',
      '    ROUTE_TO_CHEAPER_REGION(task)',
      '  }',
      '  REPORT_METRICS_EVERY(5s)',
    ]),
  },
  DN028: {
    meaning:
      'A field that holds a name, such as a region, is compared with `==` and `!=`, to a name in quotes or to another such field. Names have no order and no sum. Numbers, in turn, have no quotes.',
    wrong: inLoop('IF task.region > "us-east" THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    right: inLoop('IF task.region != "us-east" THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    capabilities: fleetWithRegions,
  },
  DN029: {
    meaning:
      'The capability file lists the names that a field can hold, and this one is not among them. The comparison would be false for every task, for ever.',
    wrong: inLoop('IF task.region == "us-esat" THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    right: inLoop('IF task.region == "us-east" THEN', '  ROUTE_TO_CHEAPER_REGION(task)'),
    capabilities: fleetWithRegions,
  },
  DN032: {
    meaning:
      'Products and quotients have the quantity that follows: bytes divided by a duration are a bit rate. Beyond the third power of a unit, and for parameters without a named quantity, nothing that can be measured is left.',
    wrong: inLoop(
      'IF task.memory * task.memory * task.memory * task.memory > 1GB THEN',
      '  REDUCE_MEMORY_CACHE(task, 30%)',
    ),
    right: inLoop('IF task.memory > 1GB THEN', '  REDUCE_MEMORY_CACHE(task, 30%)'),
  },
} satisfies Readonly<Record<string, CodeExplanation>>;
