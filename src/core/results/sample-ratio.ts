/**
 * Agents as they were drawn and the reports that can be believed in; whether the arms are still what the lot made them, out.
 * Pure. Agents or tasks that one arm loses and the other does not make the arms unlike: then a difference between them may be
 * theirs and not the program's (Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments", KDD 2019).
 */
import { type AgentRecord, externalWorkload } from '../nerve/messages/agent-record.js';
import type { SampleRatio } from '../nerve/messages/result.js';
import type { RolloutAgent } from '../nerve/messages/rollout-record.js';
import { chiSquaredTail, fisherBothSides, pearson, type Table } from './significance.js';
import type { ArmReport } from './window-reports.js';

/** Seldom enough that an alarm is worth a look: one result in a thousand without reason. */
const threshold = 1e-3;
/** Counts expected below it are too few for Pearson's statistic (Cochran, Biometrics 10, 1954, 417). */
const expectedMin = 5;

/** Undefined when nobody was held out. */
export function checkSampleRatio(options: {
  readonly agents: ReadonlyMap<string, RolloutAgent>;
  readonly records: readonly AgentRecord[];
  readonly reports: readonly ArmReport[];
}): SampleRatio | undefined {
  const silent = new Set(
    options.records.filter(({ workload }) => workload === externalWorkload).map(({ id }) => id),
  );
  // Who joined later had no lot, and of whom nothing is ever heard no report is missing.
  const drawn = [...options.agents].filter(([id, { joined }]) => !joined && !silent.has(id));
  const countOf = (heldOut: boolean) => ({
    drawn: drawn.filter(([, agent]) => agent.heldOut === heldOut).length,
    reported: options.reports.filter(({ arm }) => (arm === 'held-out') === heldOut).length,
  });
  const [treated, heldOut] = [countOf(false), countOf(true)];
  if (heldOut.drawn === 0) return undefined;
  const row = ({ drawn: all, reported }: typeof treated): [number, number] => [reported, all - reported];
  const { chiSquared, p } = test([row(treated), row(heldOut)]);
  const tasks = tasksKept(options.reports);
  return {
    ...{ treated, heldOut, chiSquared, p, threshold, holds: p >= threshold },
    ...(tasks === undefined ? {} : { tasks }),
  };
}

/** What is wrong, in a sentence; undefined when the arms are as they were drawn. */
export function sampleRatioNote({ treated, heldOut, holds, p, tasks }: SampleRatio): string | undefined {
  if (!holds) {
    const reported = (arm: typeof treated) => `${arm.reported} of ${arm.drawn}`;
    return `The arms are not as they were drawn: ${reported(treated)} treated and ${reported(heldOut)} held-out agents reported (p ${p.toExponential(1)}). The difference may be theirs.`;
  }
  if (tasks?.holds !== false) return undefined;
  const kept = (share: number) => `${(share * 100).toFixed(1)} %`;
  return `The arms lost tasks unlike: ${kept(tasks.treated)} of the treated and ${kept(tasks.heldOut)} of the held-out tasks were there to the end. What is measured is of those that stayed.`;
}

function test(table: Table): Pick<SampleRatio, 'chiSquared' | 'p'> {
  const { value, expectedMin: smallest } = pearson(table);
  if (smallest > 0 && smallest < expectedMin) return { chiSquared: null, p: fisherBothSides(table) };
  return { chiSquared: value, p: chiSquaredTail(value, 1) };
}

/**
 * Tasks of one agent may go together, when it starts anew: so many fewer independent ones there are (the design effect, Kish,
 * Survey Sampling, 1965).
 */
function tasksKept(reports: readonly ArmReport[]): SampleRatio['tasks'] {
  const kept = reports
    .filter(({ report }) => report.followed !== undefined)
    .map(({ arm, report }) => ({
      arm,
      followed: report.followed ?? 0,
      lost: (report.followed ?? 0) - report.groups.reduce((sum, group) => sum + group.tasks, 0),
    }));
  const sumsOf = (arm: ArmReport['arm']) => {
    const own = kept.filter((one) => one.arm === arm);
    const followed = own.reduce((sum, one) => sum + one.followed, 0);
    return { followed, lost: own.reduce((sum, one) => sum + one.lost, 0) };
  };
  const [treated, heldOut] = [sumsOf('treated'), sumsOf('held-out')];
  if (treated.followed === 0 || heldOut.followed === 0) return undefined;
  const share = (treated.lost + heldOut.lost) / (treated.followed + heldOut.followed);
  const spread = kept.reduce((sum, one) => sum + (one.lost - share * one.followed) ** 2, 0);
  const independent = share * (1 - share) * (treated.followed + heldOut.followed);
  const alike = Math.max(1, spread / Math.max(independent, 1e-9));
  const row = ({ followed, lost }: typeof treated): [number, number] => [
    Math.round((followed - lost) / alike),
    Math.round(lost / alike),
  ];
  return {
    treated: 1 - treated.lost / treated.followed,
    heldOut: 1 - heldOut.lost / heldOut.followed,
    holds: test([row(treated), row(heldOut)]).p >= threshold,
  };
}
