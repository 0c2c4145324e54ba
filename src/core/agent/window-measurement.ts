/**
 * One execution window of one agent: the tasks present at go-live are followed tick by tick and grouped by the set of
 * actions that the first evaluation gave them (or, held out, would have given them). Out: the sums before and in the
 * window per group, over tasks that are still there, and the tasks themselves as rows (`task-rows.ts`). Held-out groups are
 * chosen by the same rule at the same moment, so that they also control for regression to the mean.
 */

import { withAction } from '../nerve/messages/action-set.js';
import { type EffectGroup, type WindowReport, windowReportVersion } from '../nerve/messages/agent-record.js';
import { measuredMetrics, readRow } from './measured-metrics.js';
import type { TaskHistory } from './task-history.js';
import { type MeasuredTask, taskRowsOf } from './task-rows.js';
import type { TaskId, TaskView } from './workload.js';

interface FollowedTask extends MeasuredTask {
  actions: number;
  readonly arguments: Map<number, number>;
  ticks: number;
  lastTick: number;
}

export interface WindowTotals {
  /** Runs; left out until they are counted. */
  completed?: number;
  failed?: number;
  applied: number;
  refused: number;
  steps: number;
  errors: number;
  lastError?: string;
  readonly effects: Map<string, number>;
}

export interface WindowMeasurement {
  readonly instruction: string;
  readonly sinceMs: number;
  readonly totals: WindowTotals;
  /** Notes an effect of the first evaluation on a task. */
  assign(id: TaskId, action: number, argument: number): void;
  /** One tick after go-live. */
  observe(view: TaskView): void;
  report(nowMs: number): WindowReport;
}

export function openWindow(options: {
  readonly instruction: string;
  readonly arm: WindowReport['arm'];
  readonly sinceMs: number;
  readonly history: TaskHistory;
  readonly view: TaskView;
}): WindowMeasurement {
  const tasks = new Map<TaskId, FollowedTask>();
  options.view.ids.forEach((id, at) => {
    const before = options.history.meanOf(id)?.slice();
    if (before === undefined) return;
    const atGoLive = readRow(options.view, at, new Float64Array(measuredMetrics.length));
    const sum = new Float64Array(measuredMetrics.length);
    tasks.set(id, { actions: 0, arguments: new Map(), before, atGoLive, sum, ticks: 0, lastTick: 0 });
  });
  const totals: WindowTotals = {
    applied: 0,
    refused: 0,
    steps: 0,
    errors: 0,
    effects: new Map(),
  };
  const row = new Float64Array(measuredMetrics.length);
  let ticks = 0;

  return {
    instruction: options.instruction,
    sinceMs: options.sinceMs,
    totals,
    assign(id, action, argument) {
      const task = tasks.get(id);
      if (task === undefined) return;
      task.actions = withAction(task.actions, action);
      task.arguments.set(action, argument);
    },
    observe(view) {
      ticks++;
      view.ids.forEach((id, at) => {
        const task = tasks.get(id);
        if (task === undefined) return;
        readRow(view, at, row);
        for (let metric = 0; metric < row.length; metric++)
          task.sum[metric] = (task.sum[metric] ?? 0) + (row[metric] ?? 0);
        task.ticks++;
        task.lastTick = ticks;
      });
    },
    report(nowMs) {
      const present = [...tasks.values()].filter((task) => task.ticks > 0 && task.lastTick === ticks);
      const bySet = Map.groupBy(present, (task) => task.actions);
      return {
        version: windowReportVersion,
        instruction: options.instruction,
        arm: options.arm,
        since: options.sinceMs,
        at: nowMs,
        ticks,
        ...(totals.completed === undefined ? {} : { completed: totals.completed }),
        ...(totals.failed === undefined ? {} : { failed: totals.failed }),
        applied: totals.applied,
        refused: totals.refused,
        effects: Object.fromEntries(totals.effects),
        steps: totals.steps,
        followed: tasks.size,
        groups: [...bySet].map(([actions, members]) => groupOf(actions, members)),
        rows: taskRowsOf([...bySet.values()]),
        errors: totals.errors,
        ...(totals.lastError === undefined ? {} : { lastError: totals.lastError }),
      };
    },
  };
}

function groupOf(actions: number, members: readonly FollowedTask[]): EffectGroup {
  return {
    actions,
    tasks: members.length,
    arguments: meanArguments(members),
    sums: sumsOf(members),
  };
}

/** A metric that a task does not have, or did not always have, is not part of the sums; one that none has is absent. */
function sumsOf(tasks: readonly FollowedTask[]): EffectGroup['sums'] {
  const sums: EffectGroup['sums'] = {};
  measuredMetrics.forEach((metric, at) => {
    let before = 0;
    let after = 0;
    let known = 0;
    for (const task of tasks) {
      const was = task.before[at] as number;
      const is = (task.sum[at] as number) / task.ticks;
      if (!Number.isFinite(was) || !Number.isFinite(is)) continue;
      before += was;
      after += is;
      known++;
    }
    if (known > 0) sums[metric] = [before, after];
  });
  return sums;
}

function meanArguments(tasks: readonly FollowedTask[]): Record<string, number> {
  const sums = new Map<number, number>();
  for (const task of tasks) {
    for (const [action, argument] of task.arguments)
      sums.set(action, (sums.get(action) ?? 0) + argument / tasks.length);
  }
  return Object.fromEntries([...sums].map(([action, mean]) => [String(action), mean]));
}
