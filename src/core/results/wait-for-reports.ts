/** The agents of a rollout in, their records out as soon as every living one has closed its window, or after a while. */
import { limits } from '../limits.js';
import { readAgentRecords } from '../nerve/agent-records.js';
import type { AgentRecord } from '../nerve/messages/agent-record.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { pause } from '../pause.js';

export interface ReportWait {
  readonly redis: Redis;
  readonly names: Names;
  readonly instruction: string;
  readonly agents: readonly string[];
  readonly windowMs: number;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

const lookEveryMs = 100;

/** Agents that went live a moment later close their window a moment later; those that died are not waited for long. */
export async function waitForReports(wait: ReportWait): Promise<AgentRecord[]> {
  const { redis, names, agents, clock } = wait;
  const untilMs = clock() + limits.acknowledgeWithinMs;
  for (;;) {
    const records = (await readAgentRecords(redis, names, agents)).filter((record) => record !== undefined);
    const open = records.filter((record) => isOpen(record, wait));
    if (open.length === 0 || clock() >= untilMs || wait.signal.aborted) return records;
    await pause(lookEveryMs, wait.signal);
  }
}

function isOpen({ window, metrics }: AgentRecord, { instruction, windowMs, clock }: ReportWait): boolean {
  if (window?.instruction !== instruction || window.at - window.since >= windowMs) return false;
  return metrics !== undefined && clock() - metrics.at < limits.agentAliveMs;
}
