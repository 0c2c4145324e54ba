/** A capability file in, the effect sizes that it expects out: what is believed before anything was measured. */
import type { Capabilities } from '../language/capabilities.js';
import type { EffectSize } from './memory.js';

export function expectedSizes(capabilities: Capabilities): EffectSize[] {
  return capabilities.actions.flatMap((action) =>
    action.effects.map(({ metric, perUnit, uncertainty }) => ({
      action: action.name,
      code: action.code,
      metric,
      mean: perUnit,
      sd: uncertainty,
      results: 0,
    })),
  );
}
