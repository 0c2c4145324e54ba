/**
 * The canary's verdict: after the bake time, every canary agent must have ticked under the new program without an error
 * of the program. Comparing error rates and latency against agents not yet changed is a sequential test of its own.
 */
import type { Redis } from 'ioredis';
import { readAgentRecords } from '../nerve/agent-records.js';
import type { Names } from '../nerve/names.js';
import { pause } from '../pause.js';

export type CanaryVerdict = { readonly passed: true } | { readonly passed: false; readonly reason: string };

export interface CanaryWatch {
  readonly redis: Redis;
  readonly names: Names;
  readonly instruction: string;
  readonly agents: readonly string[];
  readonly bakeMs: number;
  /** How long after the bake time a first tick may still come. */
  readonly graceMs: number;
  readonly signal: AbortSignal;
}

const lookEveryMs = 50;

export async function judgeCanary(watch: CanaryWatch): Promise<CanaryVerdict> {
  if (watch.bakeMs <= 0) return { passed: true };
  await pause(watch.bakeMs, watch.signal);
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const reports = (await readAgentRecords(watch.redis, watch.names, watch.agents)).map(
      (record) => record?.window,
    );
    const broken = reports.findIndex(
      (report) => report?.instruction === watch.instruction && report.errors > 0,
    );
    if (broken >= 0) {
      return {
        passed: false,
        reason: `${watch.agents[broken]}: ${reports[broken]?.lastError ?? 'the program failed'}`,
      };
    }
    const silent = reports.findIndex(
      (report) => report?.instruction !== watch.instruction || report.ticks === 0,
    );
    if (silent < 0 || watch.signal.aborted) return { passed: true };
    if (waitedMs >= watch.graceMs)
      return { passed: false, reason: `${watch.agents[silent]} did not tick after going live` };
    await pause(lookEveryMs, watch.signal);
  }
}
