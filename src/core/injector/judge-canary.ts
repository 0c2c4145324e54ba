/**
 * The canary's verdict: after the bake time, every canary agent must have ticked under the new program without an error
 * of the program. Comparing error rates and latency against agents not yet changed is a sequential test of its own.
 */
import type { Redis } from 'ioredis';
import { readAgentRecords } from '../nerve/agent-records.js';
import type { AgentRecord } from '../nerve/messages/agent-record.js';
import type { Names } from '../nerve/names.js';
import { pause } from '../pause.js';
import { signedOffAmong } from './departures.js';

export type CanaryVerdict = { readonly passed: true } | { readonly passed: false; readonly reason: string };

export interface CanaryWatch {
  readonly redis: Redis;
  readonly names: Names;
  readonly instruction: string;
  readonly agents: readonly string[];
  readonly bakeMs: number;
  /** How long after the bake time a first tick may still come. */
  readonly graceMs: number;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

const lookEveryMs = 50;

export async function judgeCanary(watch: CanaryWatch): Promise<CanaryVerdict> {
  if (watch.bakeMs <= 0) return { passed: true };
  const sinceMs = watch.clock();
  await pause(watch.bakeMs, watch.signal);
  let { agents } = watch;
  for (let waitedMs = 0; ; waitedMs += lookEveryMs) {
    const records = await readAgentRecords(watch.redis, watch.names, agents);
    const reports = records.map((record) => record?.window);
    const broken = reports.findIndex(
      (report) => report?.instruction === watch.instruction && report.errors > 0,
    );
    if (broken >= 0) {
      return {
        passed: false,
        reason: `${agents[broken]}: ${reports[broken]?.lastError ?? 'the program failed'}`,
      };
    }
    const silent = agents.filter((_, at) => !hasTicked(records[at], watch.instruction, sinceMs));
    if (silent.length === 0 || watch.signal.aborted) return { passed: true };
    // Who has left shows nothing; the others do.
    const gone = new Set(await signedOffAmong(watch, silent));
    if (gone.size === agents.length) return { passed: false, reason: 'all its agents have left the fleet' };
    agents = agents.filter((id) => !gone.has(id));
    if (gone.size > 0) continue;
    if (waitedMs >= watch.graceMs)
      return { passed: false, reason: `${silent[0]} did not tick after going live` };
    await pause(lookEveryMs, watch.signal);
  }
}

/** Under the new program: by its window, or, when the agent has restarted since and lost that, by a reading since then. */
function hasTicked(record: AgentRecord | undefined, instruction: string, sinceMs: number): boolean {
  const { window, metrics } = record ?? {};
  if (window?.instruction === instruction && window.ticks > 0) return true;
  return record?.instruction === instruction && metrics !== undefined && metrics.at > sinceMs;
}
