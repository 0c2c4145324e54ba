/**
 * Health tick by tick -> the settled state, which follows only what two ticks in a row agree on: so one late heartbeat
 * or one slow answer of Redis raises no alert, and a fleet at the edge does not raise one at every tick. Pure.
 */
import type { Health } from '../nerve/messages/aggregate.js';

export type HealthState = Health['state'];

export interface HealthWatch {
  /** What was last agreed on; null until then. */
  readonly settled: HealthState | null;
  /** The state of the last tick, and how many ticks in a row have shown it. */
  readonly latest: HealthState | null;
  readonly ticks: number;
}

export interface HealthChange {
  readonly from: HealthState | null;
  readonly to: HealthState;
}

/** Ticks that must agree before the settled state follows. */
const settleTicks = 2;

export function newHealthWatch(settled: HealthState | null = null): HealthWatch {
  return { settled, latest: settled, ticks: 0 };
}

/** `change` is there when the settled state changed with this tick; a first settling on `healthy` is no change. */
export function watchHealth(
  watch: HealthWatch,
  state: HealthState,
): { readonly watch: HealthWatch; readonly change: HealthChange | null } {
  const ticks = watch.latest === state ? watch.ticks + 1 : 1;
  if (state === watch.settled || ticks < settleTicks) {
    return { watch: { settled: watch.settled, latest: state, ticks }, change: null };
  }
  const quiet = watch.settled === null && state === 'healthy';
  return {
    watch: { settled: state, latest: state, ticks },
    change: quiet ? null : { from: watch.settled, to: state },
  };
}
