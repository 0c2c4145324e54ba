/** A rollout's record in; what its operator asked for and is not as usual, in one row, out. */
import { defaultSettings } from '../../core/injector/plan/settings.js';
import type { RolloutRecord } from '../../core/nerve/messages/rollout-record.js';
import type { RolloutSettings } from '../../core/nerve/messages/rollout-settings.js';
import { formatCount, formatDuration, formatNumber } from '../format.js';

/** No row when everything is as usual, or the record is of a version that did not keep it. */
export function askedRows({ options }: Pick<RolloutRecord, 'options'>): [name: string, value: string][] {
  if (options === undefined) return [];
  const parts = [...whom(options), ...howFast(options), ...howCareful(options)];
  return parts.length === 0 ? [] : [['asked', parts.join('; ')]];
}

function whom({ selector, exclude, limit, top }: RolloutSettings): string[] {
  return [
    ...(selector === '' ? [] : [`only ${selector}`]),
    ...(exclude.length === 0 ? [] : [`without ${exclude.join(' and ')}`]),
    ...(limit === undefined ? [] : [`at most ${limit}`]),
    ...(top === undefined ? [] : [`the ${formatNumber(top)} best`]),
  ];
}

function howFast({ batch, parallel, activate, pauseBetweenMs, timeoutMs }: RolloutSettings): string[] {
  return [
    ...(batch === defaultSettings.batch ? [] : [`batches of ${batch}`]),
    ...(parallel === defaultSettings.parallel
      ? []
      : [`${formatCount(parallel, 'batch', 'batches')} at a time`]),
    ...(pauseBetweenMs === defaultSettings.pauseBetweenMs
      ? []
      : [`${formatDuration(pauseBetweenMs)} between batches`]),
    ...(activate === defaultSettings.activate ? [] : ['each batch goes live at once']),
    ...(timeoutMs === undefined ? [] : [`live within ${formatDuration(timeoutMs)}`]),
  ];
}

function howCareful(settings: RolloutSettings): string[] {
  const { canary, bakeMs, gates, maxFailures, acknowledgeWithinMs, autoRollback } = settings;
  return [
    ...(canary === undefined ? [] : [canary === '0' ? 'no canary' : `a canary of ${canary}`]),
    ...(bakeMs === defaultSettings.bakeMs
      ? []
      : [bakeMs === 0 ? 'no bake' : `baked for ${formatDuration(bakeMs)}`]),
    ...(gates.length === 0 ? [] : [`gates ${gates.join(', ')}`]),
    ...(maxFailures === defaultSettings.maxFailures ? [] : [`at most ${maxFailures} may fail`]),
    ...(acknowledgeWithinMs === defaultSettings.acknowledgeWithinMs
      ? []
      : [`${formatDuration(acknowledgeWithinMs)} to answer`]),
    ...(autoRollback ? [] : ['no automatic rollback']),
  ];
}
