import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/core/governor/decide.js';
import { expectedSizes } from '../../src/core/governor/expected-sizes.js';
import { parseGoal } from '../../src/core/governor/goal.js';
import { loadPlaybooks, readPlaybook } from '../../src/core/governor/playbooks.js';
import { assessRisk } from '../../src/core/governor/risk.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import { decisionSchema } from '../../src/core/nerve/messages/decision.js';
import { instructionSchema } from '../../src/core/nerve/messages/instruction.js';
import { createRandom } from '../../src/core/random.js';
import { simulatedFleet } from '../support/simulated-fleet.js';

const table = simulatedFleet({ seed: 1, agents: 60 }).table();
const { privateKey } = generateKeyPairSync('ed25519');

function decided(goal: string, changes: Partial<Parameters<typeof decide>[0]> = {}) {
  return decide({
    goal,
    objective: parseGoal(goal),
    state: { agents: registered(60), covered: 60, table, ageMs: 1_000, fingerprint: 'f00d' },
    fleetAgents: 60,
    memory: { effectSizes: expectedSizes(referenceFleet), versions: new Map([['COST_OPTIMIZATION', 3]]) },
    playbooks: loadPlaybooks(),
    windowMs: 20_000,
    priority: 'HIGH',
    riskMax: 0.8,
    key: privateKey,
    nowMs: 1_767_225_600_000,
    random: createRandom(7),
    ...changes,
  });
}

describe('a decision', () => {
  it('carries objective, prediction, risk, reasoning and an instruction of the agreed shape', () => {
    const decision = decided('reduce costs 15%, budget $500');
    expect(decisionSchema.safeParse(decision).success).toBe(true);
    expect(instructionSchema.safeParse(decision.instruction).success).toBe(true);
    expect(decision.instruction).toMatchObject({
      type: 'COST_OPTIMIZATION_v3',
      target_agents: 60,
      context: { deadline: 20_000, budget: 500, metrics: ['cost', 'latency', 'memory', 'cpu'] },
      priority: 'HIGH',
      decision: decision.id,
      fingerprint: 'f00d',
      timestamp: 1_767_225_600_000,
    });
    const { currentCosts, targetCosts } = decision.instruction.context;
    expect(targetCosts / currentCosts).toBeCloseTo(0.85, 4);
    expect(decision.instruction.program?.digest).toMatch(/^sha256:/);
    expect(decision.prediction.target.mean).toBeLessThanOrEqual(-0.15);
    expect(decision.prediction.target.low).toBeLessThan(decision.prediction.target.high);
    expect(decision.reasoning.join(' ')).toContain('priors of the capability file');
    expect(decision.risk.score).toBeLessThan(1);
  });

  it('signs its instruction only when that may be sent: one that waits for approval is on record, too', () => {
    const waiting = decided('reduce costs 15%', { riskMax: 0 });
    expect(waiting.instruction.signature).toBeUndefined();
    expect(waiting.instruction.program?.digest).toMatch(/^sha256:/);
    const { score } = waiting.risk;
    expect(decided('reduce costs 15%', { riskMax: score }).instruction.signature).toMatch(/^ed25519:/);
  });

  it('is the same for the same state, memory, time and seed', () => {
    expect(decided('reduce costs 15%')).toEqual(decided('reduce costs 15%'));
  });

  it('takes deadline and window from the goal and the command', () => {
    const { context } = decided('cut latency by 20% within 1 hour').instruction;
    expect(context).toMatchObject({ deadline: 3_600_000, window: 20_000 });
  });

  it('is limited by a budget only when the goal names one, and then says so', () => {
    const { budget } = decided('cut latency by 20% within 30 days').instruction.context;
    expect(budget).toBeGreaterThan(500);
    expect(() => decided('cut latency by 20% within 30 days, budget $5')).toThrow(
      expect.objectContaining({ code: 'DN410', hint: expect.stringContaining('a larger budget') }),
    );
  });

  it('is refused where no playbook serves, naming those that do', () => {
    expect(() => decided('increase costs 10%')).toThrow(
      expect.objectContaining({ code: 'DN405', kind: 'bad-input' }),
    );
    expect(() => decided('increase costs 10%')).toThrow(/increase cost/);
  });

  it('is stopped when the target is out of reach, saying what is within it', () => {
    expect(() => decided('reduce costs 80%')).toThrow(
      expect.objectContaining({
        code: 'DN410',
        kind: 'stopped-by-gate',
        message: expect.stringMatching(/\d %? is the most/),
      }),
    );
  });
});

describe('the goals that people start with', () => {
  const reference = simulatedFleet({ seed: 1, agents: 1_159 }).table();

  it.each([
    'reduce costs 15%',
    'cut latency by 20% within 1 hour',
    'scale throughput by 25%',
    'free 10% memory, budget $500',
  ])('"%s" can be decided for the reference fleet', (goal) => {
    const state = {
      agents: registered(1_159),
      covered: 1_159,
      table: reference,
      ageMs: 0,
      fingerprint: 'f00d',
    };
    const decision = decided(goal, { state, fleetAgents: 1_159 });
    const { metric, direction, amount } = decision.objective;
    const gain = (direction === 'decrease' ? -1 : 1) * decision.prediction.target.mean;
    expect(gain, metric).toBeGreaterThanOrEqual(amount);
    expect(decision.risk.score).toBeLessThan(0.8);
  });
});

describe('risk', () => {
  const calm = { blastRadius: 0, results: 50, dataAgeMs: 0, relativeWidth: 0, actionRisk: 0 };

  it.each([
    ['blastRadius', { blastRadius: 1 }],
    ['novelty', { results: 0 }],
    ['dataAge', { dataAgeMs: 120_000 }],
    ['intervalWidth', { relativeWidth: 2 }],
    ['actions', { actionRisk: 1 }],
  ])('rises with %s and stays between 0 and 1', (part, worse) => {
    const before = assessRisk(calm);
    const after = assessRisk({ ...calm, ...worse });
    expect(after.score).toBeGreaterThan(before.score);
    expect(after.parts[part]).toBe(1);
    expect(
      assessRisk({ blastRadius: 9, results: 0, dataAgeMs: 1e12, relativeWidth: 99, actionRisk: 7 }).score,
    ).toBe(1);
  });
});

describe('playbooks', () => {
  it('are shipped for costs, latency, throughput and memory, and all compile', () => {
    expect(
      loadPlaybooks().map(({ name, serves }) => `${name}: ${serves.direction} ${serves.metric}`),
    ).toEqual([
      'cost_optimize: decrease cost',
      'latency_reduce: decrease latency',
      'memory_free: decrease memory',
      'throughput_scale: increase throughput',
    ]);
  });

  it.each([
    ['FUNC f() {\n}', '# serves: decrease cost'],
    ['# serves: decrease cost\nFUNC f() {\n}', '# instruction: COST_OPTIMIZATION'],
    ['# serves: decrease joy\n# instruction: X\nFUNC f() {\n}', '# serves: decrease cost'],
    ['# serves: decrease cost\n# instruction: X\nFUNC f( {', 'it does not compile'],
  ])('are refused with what they lack: %j', (source, said) => {
    expect(() => readPlaybook(source, 'own.dream')).toThrow(
      expect.objectContaining({ code: 'DN420', message: expect.stringContaining(said) }),
    );
  });
});

function registered(count: number) {
  return Array.from({ length: count }, (_, at) => ({
    id: `agent-${at}`,
    host: 'host-1',
    transport: 'bus' as const,
    labels: {},
    workload: 'simulated',
    status: 'idle',
    live: undefined,
    heartbeatMs: 0,
    alive: true,
  }));
}
