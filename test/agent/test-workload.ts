/** A workload whose answers a test decides, one by one, and an agent over it with programs that act on every task. */
import { Agent } from '../../src/core/agent/agent.js';
import { createProgramLoader, type LoadedProgram } from '../../src/core/agent/load-program.js';
import type { ApplyOutcome, Effect, EffectBudget, TaskId, Workload } from '../../src/core/agent/workload.js';
import { referenceFleet } from '../../src/core/language/capabilities.js';
import type { Order } from '../../src/core/nerve/messages/order.js';
import { key, orderOf, programOf, type TestProgram, throttle, trustOf } from './support.js';

/** Two effects on every task, in this order. */
export const both = programOf(`FUNC both() {
  FOR EACH task IN task_queue { REDUCE_CPU_THROTTLE(task, 20%) REDUCE_MEMORY_CACHE(task, 20%) }
}`);

export class TestWorkload implements Workload {
  readonly name = 'test';
  readonly labels = {};
  readonly capabilities = referenceFleet;
  ids: readonly TaskId[];
  readonly budget?: EffectBudget;
  readonly withinMs?: Readonly<Record<string, number>>;
  /** Effects that were asked for, and reverts, in their order. */
  readonly asked: Effect[] = [];
  readonly reverted: string[] = [];
  closed = 0;

  constructor(
    ids: readonly TaskId[],
    options: { budget?: EffectBudget; withinMs?: Readonly<Record<string, number>> } = {},
  ) {
    this.ids = ids;
    Object.assign(this, options);
  }

  /** What becomes of an effect; applied at once unless a test says otherwise. */
  answer: (effect: Effect) => unknown = () => ({ applied: true });
  onRevert: (instruction: string) => unknown = () => undefined;
  refresh?: (nowMs: number, signal: AbortSignal) => Promise<void>;

  advance(): void {}

  view() {
    return {
      rows: this.ids.length,
      ids: this.ids,
      columns: { memory: new Float64Array(this.ids.length).fill(1e9) },
    };
  }

  apply(effect: Effect): ApplyOutcome | Promise<ApplyOutcome> {
    this.asked.push(effect);
    return this.answer(effect) as ApplyOutcome;
  }

  revert(instruction: string): void | Promise<void> {
    this.reverted.push(instruction);
    return this.onRevert(instruction) as undefined;
  }

  counters() {
    return undefined;
  }

  async close(): Promise<void> {
    this.closed++;
  }

  /** `action task` of what was asked for. */
  get askedTexts(): string[] {
    return this.asked.map(({ action, task }) => `${action} ${task}`);
  }
}

/** Every effect waits for the test: `settle` answers the oldest that waits, or that of a task. */
export function holdEffects(workload: TestWorkload) {
  const waiting: {
    effect: Effect;
    resolve: (outcome: ApplyOutcome) => void;
    reject: (why: unknown) => void;
  }[] = [];
  workload.answer = (effect) => {
    const { promise, resolve, reject } = Promise.withResolvers<ApplyOutcome>();
    waiting.push({ effect, resolve, reject });
    return promise;
  };
  return {
    get tasks() {
      return waiting.map(({ effect }) => effect.task);
    },
    async settle(outcome: ApplyOutcome | Error = { applied: true }, task?: TaskId) {
      const at = task === undefined ? 0 : waiting.findIndex(({ effect }) => effect.task === task);
      const [one] = waiting.splice(at, 1);
      if (one === undefined) throw new Error('no effect is under way');
      if (outcome instanceof Error) one.reject(outcome);
      else one.resolve(outcome);
      await settled();
    },
  };
}

/** All that follows from what has been resolved has happened: it takes no time, only turns. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

export function testAgent(workload: Workload) {
  const agent = new Agent({ id: 'agent-0001', workload });
  let nowMs = 1_767_225_600_000;
  const order = (program: TestProgram, instruction: string, change: Partial<Order> = {}) =>
    orderOf({ digest: program.digest, instruction, windowMs: 600_000, ...change });
  return {
    agent,
    stage: (program: TestProgram, instruction = 'instr_one') =>
      agent.stage(order(program, instruction), loadedFor(agent, program), nowMs),
    /** Staged and live. */
    run(program: TestProgram = throttle, instruction = 'instr_one', change: Partial<Order> = {}) {
      agent.stage(order(program, instruction, change), loadedFor(agent, program), nowMs);
      return agent.goLive(order(program, instruction, change), nowMs);
    },
    undo: async (instruction = 'instr_one') => agent.undo(order(throttle, instruction), nowMs),
    tick(afterMs = 1_000) {
      nowMs += afterMs;
      return agent.tick(nowMs);
    },
  };
}

/** Loaded as this agent loads a program that it has fetched. */
export function loadedFor(agent: Agent, { digest, bytes }: TestProgram): LoadedProgram {
  const loader = createProgramLoader({ clock: () => 0, fetch: async () => undefined });
  const load = loader.load({
    digest,
    fetched: { ok: true, bytes, fetchMs: 0, digestMs: 0 },
    capabilities: agent.capabilities,
    trust: trustOf(key),
  });
  if (!load.ok) throw new Error(load.reason);
  return load.loaded;
}
