import { describe, expect, it } from 'vitest';
import type { Health } from '../../src/core/nerve/messages/aggregate.js';
import { fleetState, statusOf } from '../../src/tui/fleet-state.js';
import { idleFacts, nowMs, viewOf } from './support/sample-view.js';

const health: Health = { state: 'healthy', reasons: [], notes: [], at: nowMs };
const healthy = viewOf({ ...idleFacts(), health });
const unknown = { tone: 'muted', text: 'unknown' };

describe('the state of the fleet', () => {
  it('is what the orchestrator just said', () => {
    expect(fleetState(healthy, nowMs + 5_000)).toEqual({ tone: 'good', text: 'healthy' });
  });

  it('is unknown as soon as the connection is lost', () => {
    const lost = { ...healthy, connection: { state: 'lost' as const, sinceMs: nowMs } };
    expect(fleetState(lost, nowMs)).toEqual(unknown);
    const empty = { ...lost, facts: { ...idleFacts(), agentsAlive: 0 } };
    expect(fleetState(empty, nowMs)).toEqual(unknown);
  });

  it('is unknown while Redis does not answer, from when the data is called old', () => {
    expect(fleetState(healthy, nowMs + 6_000)).toEqual(unknown);
    expect(statusOf(healthy, nowMs + 6_000, false).text).toBe('data from 6 s ago');
    expect(statusOf(healthy, nowMs + 5_000, false).text).toBe('data live');
  });

  it('is unknown when Redis answers but the orchestrator has gone silent', () => {
    const stopped = viewOf({ ...idleFacts(), health: { ...health, at: nowMs - 70_000 } });
    expect(fleetState(stopped, nowMs)).toEqual(unknown);
    const slow = viewOf({ ...idleFacts(), health: { ...health, at: nowMs - 30_000 } });
    expect(fleetState(slow, nowMs).text).toBe('healthy');
    const silent = viewOf({ ...idleFacts(), agentsAlive: 0, health: { ...health, at: nowMs - 70_000 } });
    expect(fleetState(silent, nowMs).text).toBe('all agents silent');
  });

  it('is unknown of agents that are reached from outside while nobody looks for them', () => {
    const unseen = viewOf({ ...idleFacts(), agentsAlive: 0, workloads: ['external'], health });
    expect(fleetState(unseen, nowMs)).toEqual(unknown);
  });
});
