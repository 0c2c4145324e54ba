/**
 * What became of each agent, its record and its score in; which agents failed, for which reasons, and what they and the best
 * have in common, out. Pure. A trait (a label, a host, a workload) is over-represented when Fisher's exact test says that by
 * lot so many of them would hardly ever have it; all traits that are looked at share the chance of an alarm (Bonferroni).
 */
import type { AgentRecord } from '../nerve/messages/agent-record.js';
import type { Analysis, CommonTrait } from '../nerve/messages/result.js';
import type { RolloutAgent } from '../nerve/messages/rollout-record.js';
import type { AgentScores } from './scores.js';
import { fisherUpper } from './significance.js';
import type { ReportSelection } from './window-reports.js';

const reasonsMax = 20;
const examplesMax = 10;
const traitsMax = 20;
/** Of all traits that are looked at together. */
const alarmBelow = 0.05;
/** A trait of one agent is that agent. */
const agentsWithTraitMin = 2;
const bestShare = 0.25;

export function analyse(options: {
  readonly agents: ReadonlyMap<string, RolloutAgent>;
  readonly records: readonly AgentRecord[];
  readonly selection: ReportSelection;
  readonly scores: readonly AgentScores[];
}): Analysis {
  const records = new Map(options.records.map((record) => [record.id, record]));
  const troubles = troublesOf(options.agents, options.selection);
  const reasons = reasonsOf(troubles);
  const scored = options.scores.filter(({ savingsPct }) => savingsPct !== null);
  const ranked = scored.toSorted((a, b) => (b.savingsPct ?? 0) - (a.savingsPct ?? 0));
  const best = new Set(ranked.slice(0, Math.floor(ranked.length * bestShare)).map(({ agent }) => agent));
  return {
    troubled: troubles.length,
    reasons: reasons.slice(0, reasonsMax),
    reasonsLeftOut: Math.max(0, reasons.length - reasonsMax),
    troubledShare: inCommon(new Set(troubles.map(({ agent }) => agent)), [...options.agents.keys()], records),
    bestShare: inCommon(
      best,
      ranked.map(({ agent }) => agent),
      records,
    ),
  };
}

interface Trouble {
  readonly agent: string;
  readonly code?: string | undefined;
  readonly reason: string;
}

function troublesOf(
  agents: ReadonlyMap<string, RolloutAgent>,
  { reports, without }: ReportSelection,
): Trouble[] {
  const errors = new Map(
    reports.flatMap(({ agent, report }) => (report.errors > 0 ? [[agent, report.lastError]] : [])),
  );
  return [...agents].flatMap(([agent, { outcome, code, reason }]) => {
    if (outcome === 'failed') return [{ agent, code, reason: reason ?? 'failed without a reason' }];
    if (errors.has(agent)) return [{ agent, reason: errors.get(agent) ?? 'errors in the window' }];
    const missing = without.get(agent);
    return missing === undefined || missing === 'does not report measurements'
      ? []
      : [{ agent, reason: missing }];
  });
}

/** Reasons that differ by the agent's name or by numbers are one. */
function reasonsOf(troubles: readonly Trouble[]): Analysis['reasons'] {
  const groups = Map.groupBy(
    troubles,
    ({ agent, code, reason }) => `${code ?? ''} ${reason.replaceAll(agent, '').replaceAll(/\d+/g, '')}`,
  );
  return [...groups.values()]
    .map((members) => ({
      ...(members[0]?.code === undefined ? {} : { code: members[0].code }),
      reason: members[0]?.reason ?? '',
      agents: members.length,
      examples: members.slice(0, examplesMax).map(({ agent }) => agent),
    }))
    .sort((a, b) => b.agents - a.agents);
}

/** Traits that are over-represented among the chosen of all. */
function inCommon(
  chosen: ReadonlySet<string>,
  all: readonly string[],
  records: ReadonlyMap<string, AgentRecord>,
): CommonTrait[] {
  if (chosen.size === 0 || chosen.size === all.length) return [];
  const counts = new Map<string, { among: number; amongAll: number }>();
  for (const id of all) {
    for (const trait of traitsOf(records.get(id))) {
      const count = counts.get(trait) ?? { among: 0, amongAll: 0 };
      count.amongAll++;
      if (chosen.has(id)) count.among++;
      counts.set(trait, count);
    }
  }
  // What all have says nothing.
  const looked = [...counts].filter(
    ([, { amongAll }]) => amongAll >= agentsWithTraitMin && amongAll < all.length,
  );
  return looked
    .map(([trait, { among, amongAll }]) => {
      const others = amongAll - among;
      const p = fisherUpper([
        [among, chosen.size - among],
        [others, all.length - chosen.size - others],
      ]);
      const counted = { trait, among, of: chosen.size, amongAll, ofAll: all.length };
      return { ...counted, p: Math.min(1, p * looked.length) };
    })
    .filter(({ p }) => p < alarmBelow)
    .sort((a, b) => a.p - b.p)
    .slice(0, traitsMax);
}

function traitsOf(record: AgentRecord | undefined): string[] {
  if (record === undefined) return [];
  const labels = Object.entries(record.labels).map(([key, value]) => `${key}=${value}`);
  return [...labels, `host=${record.host}`, `workload=${record.workload}`];
}
