/**
 * Believable reports in, the tasks that have one metric out, in columns: what each used before go-live and in the window,
 * which actions it got (held out: would have got), whose it is, and what is known of it from before go-live. Pure.
 */
import type { ArmReport } from './window-reports.js';

export interface Observations {
  readonly count: number;
  /** Index into `agents` of the agent that each is of; ascending. */
  readonly agent: Int32Array;
  readonly agents: readonly ArmReport[];
  /** Bit set of action codes, see `nerve/messages/action-set.ts`. */
  readonly actions: Int32Array;
  /** Tasks that it stands for. */
  readonly tasks: Float64Array;
  readonly before: Float64Array;
  readonly after: Float64Array;
  /** What is known from before go-live; those in which all tasks are alike are left out. */
  readonly controls: readonly Control[];
  /** Share of what all reported tasks used in the window that is of tasks which had something before, too. */
  readonly covered: number;
}

export interface Control {
  /** How far the reading at go-live was off the mean before it, or the level of a metric; in logarithms. */
  readonly kind: 'deviation' | 'level';
  /** Mean 0, standard deviation 1 over all tasks. */
  readonly column: Float64Array;
}

/** Metrics whose levels say what kind of task it is: what its cost is made of drifts each in its own way. */
const levelMetrics = ['cost', 'cpu_time', 'memory', 'latency'] as const;
/** A reading at go-live this far from the mean before it says no more than this, in logarithms. */
const deviationMax = 1;

export function observationsOf(reports: readonly ArmReport[], metric: string): Observations {
  const agents = reports.filter(({ rows }) => rows.metrics.includes(metric));
  const size = agents.reduce((sum, { rows }) => sum + rows.count, 0);
  const columns = {
    agent: new Int32Array(size),
    actions: new Int32Array(size),
    tasks: new Float64Array(size),
    before: new Float64Array(size),
    after: new Float64Array(size),
  };
  const controls = [metric, ...levelMetrics].map(() => new Float64Array(size));
  let count = 0;
  let [used, covered] = [0, 0];
  for (const [index, { rows, report }] of agents.entries()) {
    const own = rows.metrics.indexOf(metric);
    const levels = levelMetrics.map((name) => rows.metrics.indexOf(name));
    for (let row = 0; row < rows.count; row++) {
      const [before, after] = [rows.value(row, own, 0), rows.value(row, own, 2)];
      if (Number.isFinite(after)) used += after;
      // Without anything before there is no ratio; the plain difference has it in its sums.
      if (!(before > 0)) continue;
      covered += after;
      columns.agent[count] = index;
      columns.actions[count] = report.groups[rows.group(row)]?.actions ?? 0;
      columns.tasks[count] = rows.tasks(row);
      columns.before[count] = before;
      columns.after[count] = after;
      const deviation = Math.log(rows.value(row, own, 1) / before);
      (controls[0] as Float64Array)[count] = Math.min(Math.max(deviation, -deviationMax), deviationMax);
      levels.forEach((level, at) => {
        const value = level < 0 ? Number.NaN : Math.log(rows.value(row, level, 0) / rows.tasks(row));
        (controls[at + 1] as Float64Array)[count] = value;
      });
      count++;
    }
  }
  const known = controls.flatMap((column, at): Control[] => {
    const own = scaled(column.subarray(0, count));
    return own === null ? [] : [{ kind: at === 0 ? 'deviation' : 'level', column: own }];
  });
  return { count, agents, ...columns, controls: known, covered: used > 0 ? covered / used : 1 };
}

/** Mean 0, standard deviation 1; what is not known is the mean. Null when all are alike. */
function scaled(column: Float64Array): Float64Array | null {
  let [sum, squares, known] = [0, 0, 0];
  for (const value of column) {
    if (!Number.isFinite(value)) continue;
    sum += value;
    squares += value * value;
    known++;
  }
  const mean = sum / known;
  const deviation = Math.sqrt(squares / known - mean * mean);
  if (!(deviation > 1e-9 * (1 + Math.abs(mean)))) return null;
  return column.map((value) => (Number.isFinite(value) ? (value - mean) / deviation : 0));
}
