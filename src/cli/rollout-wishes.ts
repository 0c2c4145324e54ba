/** The flags of `rolloutFlags` as typed in, what is wished of a rollout out; what was not typed stays open. */
import { parseGates } from '../core/injector/gates/tolerances.js';
import type { RolloutWishes } from '../core/injector/plan/settings.js';
import { durationMs } from './flags.js';

export interface RolloutFlags {
  readonly batch?: string | undefined;
  readonly parallel?: string | undefined;
  readonly canary?: string | undefined;
  readonly bake?: string | undefined;
  readonly gate?: readonly string[] | undefined;
  readonly 'max-failures'?: string | undefined;
  readonly 'pause-between'?: string | undefined;
  readonly 'ack-timeout'?: string | undefined;
  readonly timeout?: string | undefined;
  readonly activate?: 'together' | 'rolling' | undefined;
  readonly limit?: string | undefined;
  readonly top?: string | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly 'auto-rollback'?: boolean | undefined;
}

export function rolloutWishes(flags: RolloutFlags): RolloutWishes {
  const { batch, canary, activate, limit, exclude } = flags;
  return {
    ...{ batch, canary, activate, limit },
    parallel: numberOf(flags.parallel),
    bakeMs: msOf(flags.bake),
    gates: gatesOf(flags.gate),
    maxFailures: flags['max-failures'],
    pauseBetweenMs: msOf(flags['pause-between']),
    acknowledgeWithinMs: msOf(flags['ack-timeout']),
    timeoutMs: msOf(flags.timeout),
    top: numberOf(flags.top),
    exclude: exclude === undefined ? undefined : [...exclude],
    autoRollback: flags['auto-rollback'],
  };
}

/** One by one they were looked at by the parser; two may contradict each other. */
function gatesOf(texts: readonly string[] | undefined): string[] | undefined {
  if (texts === undefined) return undefined;
  parseGates(texts);
  return [...texts];
}

function msOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : durationMs(text);
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
