/**
 * What each task used lately: tick after tick in, an exponentially weighted mean per metric out. It is the "before" of
 * every later comparison, so that one noisy reading just before go-live does not count as the task's level.
 */
import { measuredMetrics, readRow } from './measured-metrics.js';
import type { TaskId, TaskView } from './workload.js';

/** Weight of the newest reading: the mean remembers about the last seven. */
const newest = 0.25;

export interface TaskHistory {
  observe(view: TaskView): void;
  /** Mean per metric (order of `measuredMetrics`); undefined for a task not seen yet. */
  meanOf(id: TaskId): Float64Array | undefined;
}

export function createTaskHistory(): TaskHistory {
  const tasks = new Map<TaskId, { mean: Float64Array; tick: number; readings: number }>();
  const row = new Float64Array(measuredMetrics.length);
  let tick = 0;
  return {
    observe(view) {
      tick++;
      view.ids.forEach((id, at) => {
        readRow(view, at, row);
        const known = tasks.get(id);
        if (known === undefined) {
          tasks.set(id, { mean: row.slice(), tick, readings: 1 });
          return;
        }
        known.tick = tick;
        known.readings++;
        const weight = Math.max(newest, 1 / known.readings);
        for (let metric = 0; metric < row.length; metric++) {
          known.mean[metric] = (known.mean[metric] ?? 0) * (1 - weight) + (row[metric] ?? 0) * weight;
        }
      });
      if (tasks.size > view.rows) forgetGone();
    },
    meanOf: (id) => tasks.get(id)?.mean,
  };

  function forgetGone(): void {
    for (const [id, task] of tasks) if (task.tick !== tick) tasks.delete(id);
  }
}
