/** Views of the fleet at the moments that a screen must show well. */
import { eventsBetween } from '../../../src/tui/hooks/fleet-events.js';
import type { FleetFacts } from '../../../src/tui/hooks/fleet-facts.js';
import type { FleetView } from '../../../src/tui/hooks/fleet-feed.js';
import {
  type SampleRollout,
  sampleAggregate,
  sampleDecision,
  sampleResult,
  sampleRollout,
} from './sample-fleet.js';

export const nowMs = 1_767_225_600_000;

export function emptyFacts(): FleetFacts {
  return {
    atMs: nowMs,
    agentsAlive: 0,
    agentsKnown: 0,
    workloads: [],
    history: [],
    alerts: [],
    rejected: [],
    positions: {},
  };
}

export function idleFacts(): FleetFacts {
  const history = Array.from({ length: 60 }, (_, at) => sampleAggregate(nowMs - (59 - at) * 1_000));
  return {
    ...emptyFacts(),
    agentsAlive: 1159,
    agentsKnown: 1159,
    workloads: ['simulated'],
    aggregate: history.at(-1),
    history,
  };
}

/** The rollout was planned `agoMs` before now. */
export function runningFacts(rollout: Omit<SampleRollout, 'plannedAtMs'>, agoMs = 8_800): FleetFacts {
  const plannedAtMs = nowMs - agoMs;
  const record = sampleRollout({ ...rollout, plannedAtMs });
  const history = Array.from({ length: 60 }, (_, at) =>
    sampleAggregate(nowMs - (59 - at) * 1_000, record.liveAt ?? Number.POSITIVE_INFINITY),
  );
  const decision = sampleDecision(plannedAtMs - 300);
  return {
    ...idleFacts(),
    decision,
    instruction: decision.instruction,
    rollout: record,
    history,
    aggregate: history.at(-1),
    ...(rollout.state === 'complete' && { result: sampleResult(plannedAtMs + 21_000) }),
  };
}

export function viewOf(facts: FleetFacts | undefined): FleetView {
  return {
    connection: { state: facts ? 'up' : 'connecting', sinceMs: nowMs },
    facts,
    events: facts ? eventsBetween(undefined, facts) : [],
  };
}
