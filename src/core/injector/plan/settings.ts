/** What an operator asked for and what an earlier coordinator was asked for in, settings with nothing left open out. Pure. */
import { limits } from '../../limits.js';
import type { RolloutSettings } from '../../nerve/messages/rollout-settings.js';

/** Settings of which any may be left to the defaults, or to what the rollout was begun with. */
export type RolloutWishes = { readonly [Name in keyof RolloutSettings]?: RolloutSettings[Name] | undefined };

export const defaultSettings: RolloutSettings = {
  batch: '10',
  parallel: 1,
  bakeMs: 1_000,
  gates: [],
  maxFailures: '2%',
  pauseBetweenMs: 0,
  acknowledgeWithinMs: limits.acknowledgeWithinMs,
  activate: 'together',
  selector: '',
  exclude: [],
  autoRollback: true,
};

const names = [
  ...(Object.keys(defaultSettings) as (keyof RolloutSettings)[]),
  ...(['canary', 'timeoutMs', 'limit', 'top'] as const),
];

/** A rollout that goes on keeps its settings, unless told otherwise; whom it leaves out can only grow. */
export function resolveSettings(wishes: RolloutWishes, earlier?: RolloutSettings): RolloutSettings {
  const given = definedOf(wishes);
  const settings: RolloutSettings = { ...defaultSettings, ...earlier, ...given };
  if (earlier === undefined) return settings;
  return {
    ...settings,
    selector: [...new Set([earlier.selector, settings.selector])].filter((part) => part !== '').join(','),
    exclude: [...new Set([...earlier.exclude, ...settings.exclude])],
  };
}

/** Whether fewer agents are meant than the instruction means. */
export function isNarrowed({ selector, exclude, limit, top }: RolloutSettings): boolean {
  return selector !== '' || exclude.length > 0 || limit !== undefined || top !== undefined;
}

function definedOf(wishes: RolloutWishes): Partial<RolloutSettings> {
  return Object.fromEntries(
    names.flatMap((name) => (wishes[name] === undefined ? [] : [[name, wishes[name]]])),
  );
}
