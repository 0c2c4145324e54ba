/** The risk of a decision in 0 to 1, from named parts, so that an operator sees which of them makes it risky. */
import type { Capabilities } from '../language/capabilities.js';

export interface RiskFacts {
  /** Share of the fleet that the decision changes. */
  readonly blastRadius: number;
  /** Results that the effect sizes of its actions rest on, at least. */
  readonly results: number;
  readonly dataAgeMs: number;
  /** Width of the 90 % interval of the target, relative to the target. */
  readonly relativeWidth: number;
  /** Highest risk that the capability file gives to one of its actions. */
  readonly actionRisk: number;
}

export interface Risk {
  readonly score: number;
  /** Part -> its value in 0 to 1, before weighting. */
  readonly parts: Readonly<Record<string, number>>;
}

const weights = { blastRadius: 0.2, novelty: 0.25, dataAge: 0.1, intervalWidth: 0.25, actions: 0.2 } as const;
/** Data this old says nothing certain about now. */
const staleMs = 120_000;

export function assessRisk(facts: RiskFacts): Risk {
  const parts = {
    blastRadius: clamp(facts.blastRadius),
    novelty: 1 / (1 + facts.results),
    dataAge: clamp(facts.dataAgeMs / staleMs),
    intervalWidth: clamp(facts.relativeWidth / 2),
    actions: clamp(facts.actionRisk),
  };
  const score = Object.entries(weights).reduce(
    (sum, [part, weight]) => sum + weight * parts[part as keyof typeof weights],
    0,
  );
  return { score: Number(score.toFixed(3)), parts };
}

export function actionRiskOf(capabilities: Capabilities, actions: readonly string[]): number {
  const risks = capabilities.actions.filter(({ name }) => actions.includes(name)).map(({ risk }) => risk);
  return Math.max(0, ...risks);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
