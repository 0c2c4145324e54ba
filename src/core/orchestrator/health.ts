/** An aggregate and how many agents fell silent -> the fleet's health with every reason, and what is not known. Pure. */
import type { Aggregate, Health } from '../nerve/messages/aggregate.js';

export interface HealthReading {
  readonly aggregate: Aggregate;
  /** Agents that fell silent without having stopped in order. */
  readonly lost: number;
  /** Agents that are reached from outside, and that nobody looks for now: nothing is known of them. */
  readonly unwatched: number;
}

/** Above this share of lost agents the fleet no longer does its work. */
const lostShareDown = 0.5;
/** Single agents come and go; more than one in a hundred lost, stuck or failed at once has a common cause. */
const troubledShareMax = 0.01;
/** Runs fail now and then; below this something is wrong with many of them. */
const successRateMin = 0.95;

export function healthOf(reading: HealthReading): Health {
  const { aggregate, lost } = reading;
  const fatal = fatalReasons(reading);
  const reasons = [...fatal, ...troubles(aggregate, lost)];
  const state = fatal.length > 0 ? 'down' : reasons.length > 0 ? 'degraded' : 'healthy';
  return { state, reasons, notes: unknowns(reading), at: aggregate.at };
}

function fatalReasons({ aggregate: { agentsAlive, agentsKnown }, lost, unwatched }: HealthReading): string[] {
  if (agentsKnown === 0) return ['no agent has registered'];
  const expected = agentsKnown - unwatched;
  if (expected === 0) return [];
  if (agentsAlive === 0) return [`none of ${expected} known agents is alive`];
  if (lost / (agentsAlive + lost) > lostShareDown)
    return [`${lost} of ${agentsAlive + lost} agents are silent`];
  return [];
}

function troubles(aggregate: Aggregate, lost: number): string[] {
  const { agentsAlive, stale, unmeasured, successRate } = aggregate;
  const measuring = agentsAlive - unmeasured;
  const failed = aggregate.statuses.failed ?? 0;
  const reasons: string[] = [];
  const expected = agentsAlive + lost;
  if (agentsAlive > 0 && lost / expected > troubledShareMax && lost / expected <= lostShareDown) {
    reasons.push(`${lost} of ${expected} agents are silent`);
  }
  if (stale / measuring > troubledShareMax) {
    reasons.push(`${stale} of ${measuring} living agents have no recent measurement`);
  }
  if (failed / agentsAlive > troubledShareMax) {
    reasons.push(`${failed} of ${agentsAlive} living agents have failed`);
  }
  if (successRate !== null && successRate < successRateMin) {
    reasons.push(`only ${(successRate * 100).toFixed(1)} % of the runs succeed`);
  }
  return reasons;
}

function unknowns({ aggregate: { unmeasured }, unwatched }: HealthReading): string[] {
  const notes: string[] = [];
  if (unmeasured > 0)
    notes.push(`${agentsThat(unmeasured, 'reports', 'report')} no measurements: reached from outside`);
  if (unwatched > 0) {
    const who = agentsThat(unwatched, 'is', 'are');
    notes.push(`${who} reached from outside, and nobody looks for ${unwatched === 1 ? 'it' : 'them'} now`);
  }
  return notes;
}

function agentsThat(count: number, one: string, many: string): string {
  return count === 1 ? `1 agent ${one}` : `${count} agents ${many}`;
}
