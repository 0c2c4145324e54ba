/** An aggregate and how many agents fell silent -> the fleet's health with every reason. Pure. */
import type { Aggregate, Health } from '../nerve/messages/aggregate.js';

export interface HealthReading {
  readonly aggregate: Aggregate;
  /** Agents that fell silent without having stopped in order. */
  readonly lost: number;
}

/** Above this share of lost agents the fleet no longer does its work. */
const lostShareDown = 0.5;
/** Single agents come and go; more than one in a hundred lost, stuck or failed at once has a common cause. */
const troubledShareMax = 0.01;
/** Runs fail now and then; below this something is wrong with many of them. */
const successRateMin = 0.95;

export function healthOf({ aggregate, lost }: HealthReading): Health {
  const fatal = fatalReasons(aggregate, lost);
  const reasons = [...fatal, ...troubles(aggregate, lost)];
  const state = fatal.length > 0 ? 'down' : reasons.length > 0 ? 'degraded' : 'healthy';
  return { state, reasons, at: aggregate.at };
}

function fatalReasons({ agentsAlive, agentsKnown }: Aggregate, lost: number): string[] {
  if (agentsKnown === 0) return ['no agent has registered'];
  if (agentsAlive === 0) return [`none of ${agentsKnown} known agents is alive`];
  if (lost / (agentsAlive + lost) > lostShareDown)
    return [`${lost} of ${agentsAlive + lost} agents are silent`];
  return [];
}

function troubles(aggregate: Aggregate, lost: number): string[] {
  const { agentsAlive, stale, successRate } = aggregate;
  const failed = aggregate.statuses.failed ?? 0;
  const reasons: string[] = [];
  const expected = agentsAlive + lost;
  if (agentsAlive > 0 && lost / expected > troubledShareMax && lost / expected <= lostShareDown) {
    reasons.push(`${lost} of ${expected} agents are silent`);
  }
  if (stale / agentsAlive > troubledShareMax) {
    reasons.push(`${stale} of ${agentsAlive} living agents have no recent measurement`);
  }
  if (failed / agentsAlive > troubledShareMax) {
    reasons.push(`${failed} of ${agentsAlive} living agents have failed`);
  }
  if (successRate !== null && successRate < successRateMin) {
    reasons.push(`only ${(successRate * 100).toFixed(1)} % of the runs succeed`);
  }
  return reasons;
}
