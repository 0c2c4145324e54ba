/** A plan and the settings that it was made with in; a sentence for each setting that changes nothing out. Pure. */
import type { RolloutSettings } from '../../nerve/messages/rollout-settings.js';
import { parseCanary } from './amount.js';
import type { Plan } from './plan.js';

export function idleSettings(
  { agents, batches, canary }: Pick<Plan, 'agents' | 'batches' | 'canary'>,
  settings: Pick<RolloutSettings, 'canary' | 'parallel'>,
): string[] {
  // Of one agent alone there is no other choice.
  if (agents.length < 2) return [];
  const wantsCanary = settings.canary !== undefined && parseCanary(settings.canary, agents.length) > 0;
  return [
    ...(wantsCanary && canary === 0
      ? [
          `--canary ${settings.canary} is all of the ${agents.length} agents: nobody would wait for what it shows, so there is no canary.`,
        ]
      : []),
    ...(settings.parallel > 1 && settings.parallel > batches.length
      ? [`--parallel ${settings.parallel} is more than the batches that there are (${batches.length}).`]
      : []),
  ];
}
