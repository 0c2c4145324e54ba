/** The verdicts that a rollout's record keeps: those that say something, the newest of them, oldest first. Pure. */
import { limits } from '../../limits.js';
import type { GateVerdict } from '../../nerve/messages/gate-verdict.js';

/** Batches pass by the hundred: of those only the newest of each gate is kept. */
export function keptVerdicts(kept: readonly GateVerdict[], found: readonly GateVerdict[]): GateVerdict[] {
  const replaced = new Set(found.filter(isPassedBatch).map(({ gate }) => gate));
  const rest = kept.filter((verdict) => !(isPassedBatch(verdict) && replaced.has(verdict.gate)));
  return [...rest, ...found].slice(-limits.gateVerdictsKeptMax);
}

/** Whether somebody should be told. */
export function saysSomething(verdict: GateVerdict): boolean {
  return !isPassedBatch(verdict);
}

/** Marks what was inconclusive and not yet decided as accepted. */
export function acceptedVerdicts(
  kept: readonly GateVerdict[],
  accepted: NonNullable<GateVerdict['accepted']>,
): GateVerdict[] {
  return kept.map((verdict) =>
    verdict.verdict === 'inconclusive' && verdict.accepted === undefined ? { ...verdict, accepted } : verdict,
  );
}

function isPassedBatch({ stage, verdict }: GateVerdict): boolean {
  return stage === 'batch' && verdict === 'passed';
}
