/** The numbers of a plan in, calm lines out: shown before a rollout starts, and in a dry run. */
import type { PlanNumbers } from '../../core/pipeline-events.js';
import { formatCount, formatDuration, formatNumber } from '../format.js';

/** Whom, and in which batches. */
export function planSizeText({ agents, heldOut, canary, sizes, parallel }: PlanNumbers): string {
  const rest = canary > 0 ? withoutFirst(sizes) : sizes;
  const parts = [
    `${formatCount(agents, 'agent')}, ${heldOut === 0 ? 'no hold-out' : `${formatNumber(heldOut)} of them the hold-out`}`,
    canary > 0 ? `${formatNumber(canary)} first, as canary` : 'no canary',
    `${canary > 0 ? 'then ' : ''}${sizesText(rest)}${parallel > 1 ? `, ${formatNumber(parallel)} at a time` : ''}`,
  ];
  return parts.join('; ');
}

/** When it stops, and what happens then. */
export function planLimitsText(numbers: PlanNumbers): string {
  const { stopsAtFailure, autoRollback, acknowledgeWithinMs, timeoutMs, pauseBetweenMs, activate } = numbers;
  const stops =
    stopsAtFailure === null
      ? 'never stops for failed agents'
      : `stops when the ${ordinal(stopsAtFailure)} agent fails${autoRollback ? '' : ' and leaves agents as they are'}`;
  return [
    stops,
    `${formatDuration(acknowledgeWithinMs)} to answer`,
    ...(timeoutMs === null ? [] : [`live within ${formatDuration(timeoutMs)}`]),
    ...(pauseBetweenMs === 0 ? [] : [`${formatDuration(pauseBetweenMs)} between batches`]),
    ...(activate === 'rolling' ? ['each batch goes live at once'] : []),
  ].join('; ');
}

type Sizes = PlanNumbers['sizes'];

function withoutFirst([first, ...rest]: Sizes): Sizes {
  if (first === undefined) return [];
  return first.batches > 1 ? [{ ...first, batches: first.batches - 1 }, ...rest] : rest;
}

const sizesShown = 4;

function sizesText(sizes: Sizes): string {
  const shown = sizes
    .slice(0, sizesShown)
    .map(({ agents, batches }) =>
      batches === 1
        ? `a batch of ${formatNumber(agents)}`
        : `${formatNumber(batches)} batches of ${formatNumber(agents)}`,
    );
  return `${shown.join(', ')}${sizes.length > sizesShown ? ', …' : ''}`;
}

/** `1st`, `2nd`, `24th`, `113th`. */
export function ordinal(value: number): string {
  const tens = value % 100;
  const ending = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${formatNumber(value)}${ending}`;
}
