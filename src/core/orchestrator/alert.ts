/** A change of the fleet's settled health -> an alert on `swarm:alerts`, stream and channel. */
import type { Alert, Health } from '../nerve/messages/aggregate.js';
import { newIdentifier } from '../nerve/messages/identifiers.js';
import type { Names } from '../nerve/names.js';
import type { Redis } from '../nerve/redis.js';
import { appendMessage } from '../nerve/streams.js';
import type { HealthChange, HealthState } from './health-watch.js';

export interface HealthAlert {
  readonly redis: Redis;
  readonly names: Names;
  readonly change: HealthChange;
  readonly health: Health;
  /** Numbers in [0, 1), for the alert's id. */
  readonly random: () => number;
}

/** Also notes the settled state in the health hash: whoever aggregates next does not raise the same alert again. */
export async function raiseHealthAlert({
  redis,
  names,
  change,
  health,
  random,
}: HealthAlert): Promise<Alert> {
  const alert: Alert = {
    id: newIdentifier('alert', health.at, random),
    at: health.at,
    severity: severityOf(change.to),
    kind: 'health',
    message: messageFor(change, health).slice(0, 2_000),
    from: change.from,
    to: change.to,
  };
  await appendMessage(redis, names.alerts, alert);
  return alert;
}

function messageFor({ from, to }: HealthChange, { reasons }: Health): string {
  const was = from === null ? '' : `, was ${from}`;
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  return `The fleet is ${to}${was}${why}.`;
}

function severityOf(state: HealthState): Alert['severity'] {
  switch (state) {
    case 'healthy':
      return 'info';
    case 'degraded':
      return 'warning';
    case 'down':
      return 'critical';
    default:
      return state satisfies never;
  }
}
