/**
 * A window report of the right shape in, its tasks as rows out, or undefined when its figures cannot be: nothing that is
 * counted or summed is negative, no number or beyond all measure, time does not run backwards, and what is said twice (tasks
 * by group and row by row, effects in all and by action) is said alike. Pure.
 */
import type { WindowReport } from '../nerve/messages/agent-record.js';
import { decodeTaskRows, type TaskRows } from '../nerve/task-rows.js';

/** Bytes of all memory on earth, dollars of all trade: what is above is damage, and its square is still a number. */
const figureMax = 1e24;
/** Of sums that are told twice: rows have seven digits. */
const roundingShare = 1e-3;

export function believableRows(report: WindowReport): TaskRows | undefined {
  if (!isPossible(report) || contradictsItself(report)) return undefined;
  if (report.rows === undefined) return rowsOfGroups(report);
  const rows = decodeTaskRows(report.rows);
  return rows !== undefined && rowsFit(rows, report) ? rows : undefined;
}

function isPossible(report: WindowReport): boolean {
  const counters = [report.ticks, report.completed ?? 0, report.failed ?? 0, report.applied, report.refused];
  const sums = report.groups.flatMap((group) => [
    group.tasks,
    group.actions,
    ...Object.values(group.sums).flat(),
  ]);
  const effects = Object.values(report.effects);
  const all = [...counters, ...effects, ...sums, report.errors, report.steps, report.at - report.since];
  return all.every((value) => Number.isFinite(value) && value >= 0 && value <= figureMax);
}

function contradictsItself(report: WindowReport): boolean {
  const { arm, applied, effects, groups, followed } = report;
  const tasks = groups.reduce((sum, group) => sum + group.tasks, 0);
  const byAction = Object.values(effects).reduce((sum, count) => sum + count, 0);
  return (
    byAction > applied ||
    (arm === 'held-out' && applied > 0) ||
    new Set(groups.map(({ actions }) => actions)).size < groups.length ||
    tasks > (followed ?? tasks)
  );
}

/** Those of an earlier version: a group stands for its tasks. */
function rowsOfGroups({ groups }: WindowReport): TaskRows {
  const metrics = [...new Set(groups.flatMap(({ sums }) => Object.keys(sums)))];
  return {
    count: groups.length,
    metrics,
    group: (row) => row,
    tasks: (row) => groups[row]?.tasks ?? 0,
    value: (row, metric, level) =>
      groups[row]?.sums[metrics[metric] ?? '']?.[level === 2 ? 1 : 0] ?? Number.NaN,
  };
}

/** The rows are the tasks of the groups, one by one. */
function rowsFit(rows: TaskRows, { groups }: WindowReport): boolean {
  const tasks = groups.map(() => 0);
  const sums = groups.map(() => rows.metrics.map(() => [0, 0] as [number, number]));
  for (let row = 0; row < rows.count; row++) {
    const group = rows.group(row);
    const totals = sums[group];
    if (totals === undefined) return false;
    tasks[group] = (tasks[group] ?? 0) + rows.tasks(row);
    for (const [metric, total] of totals.entries()) {
      const levels = ([0, 1, 2] as const).map((level) => rows.value(row, metric, level));
      if (levels.every(Number.isNaN)) continue;
      if (!levels.every((value) => value >= 0 && value <= figureMax)) return false;
      total[0] += levels[0] ?? 0;
      total[1] += levels[2] ?? 0;
    }
  }
  return groups.every(
    (group, at) =>
      tasks[at] === group.tasks &&
      rows.metrics.every((metric, which) => isAbout(sums[at]?.[which], group.sums[metric] ?? [0, 0])),
  );
}

function isAbout(one: readonly number[] | undefined, other: readonly number[]): boolean {
  return other.every((value, at) => Math.abs((one?.[at] ?? Number.NaN) - value) <= roundingShare * value);
}
