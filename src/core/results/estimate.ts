/**
 * Believable reports in, what the program caused out, metric by metric: estimated by task where tasks and a hold-out are
 * there (`task-level.ts`), with the plain difference of the arms' totals (`compare.ts`) beside it as the sanity check. Pure.
 */
import type { EffectEstimate } from '../nerve/messages/result.js';
import { type ArmsEstimate, compareArms, sumsOf } from './compare.js';
import { estimateByTask, intervalOf, type TaskLevelEstimate } from './task-level.js';
import type { ArmReport } from './window-reports.js';

/** Of a logarithm. */
const rounding = 1e-9;

export interface Estimates {
  /** A metric of which there was nothing before go-live has none. */
  readonly metrics: Record<string, EffectEstimate>;
  /** Metric -> what is known by task. */
  readonly byTask: ReadonlyMap<string, TaskLevelEstimate>;
}

/** Of all metrics that any agent reports, unless some are named. */
export function estimateMetrics(
  reports: readonly ArmReport[],
  names: Iterable<string> = new Set(reports.flatMap((report) => Object.keys(report.totals))),
): Estimates {
  const metrics: Record<string, EffectEstimate> = {};
  const byTask = new Map<string, TaskLevelEstimate>();
  for (const metric of [...names].sort()) {
    const plain = compareArms(sumsOf(reports, 'treated', metric), sumsOf(reports, 'held-out', metric));
    if (plain === null) continue;
    const task = plain.method === 'hold-out' ? estimateByTask(reports, metric) : undefined;
    if (task !== undefined) byTask.set(metric, task);
    metrics[metric] = task === undefined ? plainAlone(plain) : withPlain(task, plain);
  }
  return { metrics, byTask };
}

function plainAlone({ change, interval, method }: ArmsEstimate): EffectEstimate {
  const why =
    method === 'before-after'
      ? 'nobody was held out, so drift is part of the change'
      : 'one agent in an arm says nothing of how agents differ';
  return { change, interval, method, by: 'agent', ...(interval === null ? { noInterval: why } : {}) };
}

function withPlain(task: TaskLevelEstimate, plain: ArmsEstimate): EffectEstimate {
  const interval = intervalOf(task);
  const why =
    task.log === Number.NEGATIVE_INFINITY
      ? 'nothing is left, so nothing varies'
      : 'too few agents say how agents differ';
  const agrees =
    plain.logReach === null
      ? null
      : Math.abs(task.log - Math.log1p(plain.change)) <= plain.logReach + rounding;
  return {
    change: Math.expm1(task.log),
    interval,
    method: 'hold-out',
    by: 'task',
    ...(interval === null ? { noInterval: why } : {}),
    plain: { change: plain.change, interval: plain.interval, agrees },
  };
}
