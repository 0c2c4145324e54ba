/**
 * Scores of the treated agents and the reports -> each agent's share of what was achieved; the shares sum to 1. Pure.
 *
 * - An agent that is live at the end contributes half by its part of all gains for the objective, half by its part of
 *   all effects applied: gain alone would reward the noise of big tasks, effects alone busywork. When there is no gain
 *   at all, effects decide alone, and the other way round; when there is neither, every share is 0.
 * - A held-out agent that reported gets the mean of those: it was held out by lot, and without it nothing is measured.
 * - Agents that failed, were skipped, were rolled back or did not report are not listed: nothing of theirs can be seen.
 *   When no agent is live at the end nobody is listed, the hold-out included.
 */
import type { AgentScores } from './scores.js';
import type { ArmReport } from './window-reports.js';

export function contributionsOf(
  reports: readonly ArmReport[],
  scores: readonly AgentScores[],
): Record<string, number> {
  const live = scores.filter(({ outcome }) => outcome === 'live');
  if (live.length === 0) return {};
  const earned = earnedBy(live);
  const mean = [...earned.values()].reduce((sum, share) => sum + share, 0) / live.length;
  for (const { agent, arm, outcome } of reports) {
    if (arm === 'held-out' && (outcome === 'staged' || outcome === 'live')) earned.set(agent, mean);
  }
  const total = [...earned.values()].reduce((sum, share) => sum + share, 0);
  return Object.fromEntries(
    [...earned].map(([agent, share]) => [agent, total === 0 ? 0 : rounded(share / total)]),
  );
}

function earnedBy(live: readonly AgentScores[]): Map<string, number> {
  const gains = live.reduce((sum, { gain }) => sum + gain, 0);
  const effects = live.reduce((sum, score) => sum + score.effects, 0);
  const partOf = (value: number, total: number) => (total > 0 ? value / total : 0);
  return new Map(
    live.map((score) => [score.agent, partOf(score.gain, gains) + partOf(score.effects, effects)]),
  );
}

/** Six digits tell the agents apart and keep the message short. */
function rounded(share: number): number {
  return Number(share.toPrecision(6));
}
