/**
 * Window reports -> totals per arm and set of actions, which is what effect sizes are learned from. Pure.
 * Held-out groups hold the tasks that would have been touched, so that group and counterpart differ by the actions alone.
 * `logVariance` is the variance of log(after/before) with agents as clusters (`ratio.ts`); `caused` is what the tasks of a
 * treated group did beyond their forecast without the program (`task-level.ts`).
 */
import type { EffectGroup } from '../nerve/messages/agent-record.js';
import type { GroupTotals } from '../nerve/messages/result.js';
import { logRatioOf } from './ratio.js';
import type { TaskLevelEstimate } from './task-level.js';
import type { ArmReport } from './window-reports.js';

/** Ordered by arm, then by set of actions. */
export function groupTotals(
  reports: readonly ArmReport[],
  byTask: ReadonlyMap<string, TaskLevelEstimate>,
): GroupTotals[] {
  const members = reports.flatMap(({ arm, report }) => report.groups.map((group) => ({ arm, group })));
  const byKey = Map.groupBy(
    members.filter(({ group }) => group.tasks > 0),
    ({ arm, group }) => `${arm} ${group.actions}`,
  );
  return [...byKey.values()]
    .map((group) => totalsOf(group, byTask))
    .sort((a, b) => b.arm.localeCompare(a.arm) || a.actions - b.actions);
}

/** One agent's part of a group. */
interface Member {
  readonly arm: ArmReport['arm'];
  readonly group: EffectGroup;
}

function totalsOf(members: readonly Member[], byTask: ReadonlyMap<string, TaskLevelEstimate>): GroupTotals {
  const groups = members.map((member) => member.group);
  const { arm, group } = members[0] as Member;
  const { actions } = group;
  return {
    arm,
    actions,
    agents: groups.length,
    tasks: groups.reduce((sum, group) => sum + group.tasks, 0),
    arguments: meanArguments(groups),
    metrics: metricsOf(groups, arm === 'treated' ? byTask : undefined),
  };
}

/** Means over tasks: an agent counts by the tasks that it has in the group. */
function meanArguments(groups: readonly EffectGroup[]): Record<string, number> {
  const sums = new Map<string, { total: number; tasks: number }>();
  for (const { arguments: given, tasks } of groups) {
    for (const [action, value] of Object.entries(given)) {
      const sum = sums.get(action) ?? { total: 0, tasks: 0 };
      sums.set(action, { total: sum.total + value * tasks, tasks: sum.tasks + tasks });
    }
  }
  return Object.fromEntries([...sums].map(([action, { total, tasks }]) => [action, total / tasks]));
}

function metricsOf(
  groups: readonly EffectGroup[],
  byTask: ReadonlyMap<string, TaskLevelEstimate> | undefined,
): GroupTotals['metrics'] {
  const names = new Set(groups.flatMap((group) => Object.keys(group.sums)));
  const metrics: GroupTotals['metrics'] = {};
  for (const name of names) {
    const { before, after, variance } = logRatioOf(
      groups.flatMap(({ sums }) => {
        const pair = sums[name];
        return pair === undefined ? [] : [{ before: pair[0], after: pair[1] }];
      }),
    );
    const caused = byTask?.get(name)?.groups.get(groups[0]?.actions ?? 0);
    metrics[name] = {
      ...{ before, after, logVariance: variance },
      ...(caused?.variance == null ? {} : { caused: { log: caused.log, variance: caused.variance } }),
    };
  }
  return metrics;
}
