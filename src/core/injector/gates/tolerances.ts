/**
 * How much worse changed agents may fare: defaults (limits.ts), what the operator asked for (`--gate latency=10%`), and what
 * the decision announced. What somebody decided to pay for is no harm: a default is counted on top of the predicted rise.
 */
import { DreamnetError } from '../../errors.js';
import { limits } from '../../limits.js';
import type { Prediction } from '../../nerve/messages/decision.js';
import { type GateMetric, gateMetricSchema } from '../../nerve/messages/gate-verdict.js';
import type { Instruction } from '../../nerve/messages/instruction.js';

/** Share, or points of errors, of 1 that are tolerated; null: the gate is off; absent: the default. */
export type GateChoices = Partial<Record<GateMetric, number | null>>;

export interface Tolerance {
  readonly tolerated: number;
  /** Part of it that is no surprise. */
  readonly expected: number;
}

/** A metric that is not in it has no gate. */
export type Tolerances = Partial<Record<GateMetric, Tolerance>>;

const defaults: Readonly<Record<GateMetric, number>> = {
  errors: limits.gateErrorsRise,
  latency: limits.gateLatencyRise,
  cost: limits.gateCostRise,
};

export function tolerancesOf({
  chosen = {},
  instruction,
  predicted,
}: {
  readonly chosen?: GateChoices | undefined;
  readonly instruction: Instruction;
  /** What the decision expects, when there is one. */
  readonly predicted?: Prediction['metrics'] | undefined;
}): Tolerances {
  const tolerances: Tolerances = {};
  for (const metric of gateMetricSchema.options) {
    const asked = chosen[metric];
    if (asked === null) continue;
    const expected = asked === undefined ? Math.max(0, announced(metric, { instruction, predicted })) : 0;
    tolerances[metric] = { tolerated: asked ?? defaults[metric] + expected, expected };
  }
  return tolerances;
}

/** Each as typed: `latency=10%`, `cost=off`. Throws DN565 for what is none, and DN566 for two about the same metric. */
export function parseGates(texts: readonly string[]): GateChoices {
  const choices: GateChoices = {};
  for (const text of texts) {
    const [, name = '', amount = ''] = /^\s*([a-z]+)\s*=\s*(off|\d{1,4}(?:\.\d{1,4})?%)\s*$/.exec(text) ?? [];
    const metric = gateMetricSchema.safeParse(name);
    const share = Number.parseFloat(amount) / 100;
    if (!metric.success || (metric.data === 'errors' && share > 1)) throw badGate(text);
    if (choices[metric.data] !== undefined) throw twice(metric.data);
    choices[metric.data] = amount === 'off' ? null : share;
  }
  return choices;
}

/** The highest that the prediction allows for; without a decision, what the instruction's own figures say of cost. */
function announced(
  metric: GateMetric,
  { instruction, predicted }: Pick<Parameters<typeof tolerancesOf>[0], 'instruction' | 'predicted'>,
): number {
  if (metric === 'errors') return 0;
  if (predicted !== undefined) return predicted[metric]?.high ?? 0;
  const { currentCosts, targetCosts } = instruction.context;
  return metric === 'cost' && currentCosts > 0 ? targetCosts / currentCosts - 1 : 0;
}

function badGate(text: string): DreamnetError {
  return new DreamnetError({
    code: 'DN565',
    kind: 'bad-input',
    message: `--gate "${text.slice(0, 40)}" is not understood: it takes errors, latency or cost, and a percentage or off.`,
    hint: 'Write for example --gate latency=10%, --gate errors=1% or --gate cost=off.',
  });
}

function twice(metric: GateMetric): DreamnetError {
  return new DreamnetError({
    code: 'DN566',
    kind: 'bad-input',
    message: `--gate ${metric} is given twice.`,
    hint: 'Keep the one that is meant.',
  });
}
