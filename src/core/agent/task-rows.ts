/**
 * The followed tasks of one window in, the rows of its report out (`nerve/task-rows.ts`): one for each task while there is
 * room, else one for each few tasks of the same group and of about the same level. Sums stay exact either way.
 */
import { type EncodedTaskRows, encodeTaskRows, type TaskRow, taskRowsMax } from '../nerve/task-rows.js';
import { measuredMetrics } from './measured-metrics.js';

/** In the order of `measuredMetrics`; NaN where the task does not have the metric. */
export interface MeasuredTask {
  readonly before: Float64Array;
  readonly atGoLive: Float64Array;
  /** Over all ticks of the window. */
  readonly sum: Float64Array;
  readonly ticks: number;
}

export function taskRowsOf(groups: readonly (readonly MeasuredTask[])[]): EncodedTaskRows {
  const tasks = groups.reduce((sum, group) => sum + group.length, 0);
  const perRow = tasksPerRow(tasks, groups.length);
  const rows = groups.flatMap((members, group) =>
    chunksOf(members, perRow).map((chunk) => rowOf(chunk, group)),
  );
  const present = measuredMetrics.filter((metric) =>
    rows.some((row) => Number.isFinite(row.metrics[metric]?.before)),
  );
  return encodeTaskRows(present, rows);
}

/** Each group rounds up to a row of its own: tasks / perRow + groups is not above the bound. */
function tasksPerRow(tasks: number, groups: number): number {
  if (tasks <= taskRowsMax) return 1;
  return groups < taskRowsMax ? Math.ceil(tasks / (taskRowsMax - groups)) : tasks;
}

function chunksOf(members: readonly MeasuredTask[], size: number): (readonly MeasuredTask[])[] {
  if (size === 1) return members.map((task) => [task]);
  const sorted = [...members].sort((one, other) => levelOf(one) - levelOf(other));
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, at) =>
    sorted.slice(at * size, (at + 1) * size),
  );
}

/** By the first metric that it has: cost, where tasks have one. */
function levelOf({ before }: MeasuredTask): number {
  return before.find(Number.isFinite) ?? 0;
}

function rowOf(tasks: readonly MeasuredTask[], group: number): TaskRow {
  const metrics = measuredMetrics.map((metric, at) => {
    let [before, atGoLive, after, known] = [0, 0, 0, 0];
    for (const task of tasks) {
      const [was, is] = [task.before[at] as number, (task.sum[at] as number) / task.ticks];
      if (!Number.isFinite(was) || !Number.isFinite(is)) continue;
      const reading = task.atGoLive[at] as number;
      before += was;
      atGoLive += Number.isFinite(reading) ? reading : was;
      after += is;
      known++;
    }
    const levels =
      known > 0
        ? { before, atGoLive, after }
        : { before: Number.NaN, atGoLive: Number.NaN, after: Number.NaN };
    return [metric, levels] as const;
  });
  return { group, tasks: tasks.length, metrics: Object.fromEntries(metrics) };
}
