import { describe, expect, it } from 'vitest';
import {
  type FleetDocument,
  type FleetDocumentOptions,
  fleetDocument,
} from '../../src/cli/views/fleet-document.js';
import { fleetText } from '../../src/cli/views/fleet-view.js';
import type { FleetStatus } from '../../src/core/fleet/fleet-status.js';
import { resolveHome } from '../../src/core/fleet/home.js';

const home = resolveHome({ DREAMNET_HOME: '/nowhere' });
const status: FleetStatus = {
  state: 'up',
  connection: { socketPath: home.socketPath },
  fleet: {
    version: 1,
    pid: 10,
    startedAt: 0,
    phase: 'up',
    lifetime: 'daemon',
    ownerPid: 9,
    redisOnly: false,
    redis: {
      url: null,
      socketPath: home.socketPath,
      private: true,
      pid: 11,
      process: { pid: 11, identity: 'a' },
      restarts: 0,
    },
    prefix: 'blue',
    agents: 20,
    seed: 1,
    hosts: [{ id: 'host-1', pid: 12, process: null, firstAgent: 0, agents: 20, restarts: 0, ready: true }],
  },
};

function textOf(different: Partial<FleetDocumentOptions> = {}): string {
  return fleetText(fleetDocument({ home, status, facts: null, ...different }), 134_000);
}

describe('the text of status', () => {
  it('shows the prefix when there is one', () => {
    expect(textOf()).toMatch(/^prefix +blue$/m);
    expect(textOf({ prefix: 'blue' })).toContain('supervisor 10');
  });

  it('says that the fleet here is another one, and shows none of its processes, for another prefix', () => {
    const text = textOf({ prefix: 'green' });
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'none of this home with prefix green: the one of this home has prefix "blue"',
    );
    expect(text).not.toMatch(/supervisor|host-1/);
  });

  it('gives the time since the start as such, not as the time it has been degraded', () => {
    const text = textOf({ status: { ...status, state: 'degraded', reason: 'host-1 was given up' } });
    expect(text).toContain('degraded, up for 2 m 14 s');
    expect(textOf()).toContain('up for 2 m 14 s');
  });

  it('tells how to go on with a rollout that nobody works on', () => {
    const next = 'dreamnet inject --resume instr_1';
    const lastRollout = {
      id: 'instr_1',
      type: 'COST_OPTIMIZATION_v1',
      goal: null,
      state: 'canary',
      agents: 20,
      failed: 0,
      plannedAt: 0,
      finishedAt: null,
      next,
    };
    const facts = { alive: 20, known: 20, health: null, lastRollout };
    expect(textOf({ facts })).toContain(`go on with: ${next}`);
  });

  it('says what is wrong with the agents, and what is not known of them', () => {
    const notes = ['2 agents are reached from outside, and nobody looks for them now'];
    const text = (health: FleetDocument['health']) =>
      textOf({ facts: { alive: 20, known: 22, health, lastRollout: null } });
    expect(text({ state: 'healthy', reasons: [], notes: [] })).not.toContain('health');
    expect(text({ state: 'healthy', reasons: [], notes })).toMatch(/health +2 agents are reached/);
    const reasons = ['3 of 20 agents are silent'];
    expect(text({ state: 'degraded', reasons, notes })).toMatch(
      /health +degraded: 3 of 20 agents are silent\n +2 agents/,
    );
  });
});
