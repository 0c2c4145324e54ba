/**
 * The simulated workload: a seed and an agent number in, a living task table out. About 11 tasks an agent, which come,
 * wander and go; effects act with the hidden strengths of simulated-truth.ts.
 */
import { type Capabilities, referenceFleet } from '../../language/capabilities.js';
import { createRandom, normal, type Random } from '../../random.js';
import type { ApplyOutcome, Effect, RunCounts, TaskView, Workload } from '../workload.js';
import {
  actionRules,
  figuresOf,
  meanLifeMs,
  newTask,
  type Region,
  regions,
  type Setting,
  type SimulatedTask,
  wanderOn,
} from './simulated-task.js';
import { type AgentClass, agentClasses, type TrueEffects, trueEffects } from './simulated-truth.js';

export interface SimulatedOptions {
  readonly seed: number;
  /** Number of the agent in its fleet, from 0. */
  readonly agent: number;
  /** When its time begins. */
  readonly nowMs: number;
}

const fields = [
  'cpu_time',
  'memory',
  'network',
  'latency',
  'cost',
  'errors',
  'age',
  'priority',
  'throughput',
  'region_price',
] as const;
type Columns = Record<(typeof fields)[number], Float64Array>;

const meanTasks = 11.08;

/** Its time begins so many seconds before its agent shows itself. */
export const simulatedWarmUpTicks = 12;

/** All that it does, it does at once. */
export interface SimulatedWorkload extends Workload {
  apply(effect: Omit<Effect, 'task' | 'signal'>): ApplyOutcome;
  revert(instruction: string): void;
  counters(): RunCounts;
}

export function createSimulatedWorkload(options: SimulatedOptions): SimulatedWorkload {
  return new Simulation(options);
}

class Simulation implements SimulatedWorkload {
  readonly name = 'simulated';
  readonly capabilities: Capabilities = referenceFleet;
  readonly warmUpTicks = simulatedWarmUpTicks;
  readonly labels: Readonly<Record<string, string>>;
  readonly #random: Random;
  readonly #truth: TrueEffects;
  readonly #region: Region;
  readonly #seed: number;
  readonly #tasks: SimulatedTask[] = [];
  readonly #columns: Columns;
  #ids: number[] = [];
  #nextId: number;
  readonly #startMs: number;
  #nowMs: number;
  #completed = 0;
  #failed = 0;

  constructor({ seed, agent, nowMs }: SimulatedOptions) {
    const random = createRandom(seed, 'agent', agent);
    const agentClass = pick(random, agentClasses) satisfies AgentClass;
    this.#random = random;
    this.#seed = seed;
    this.#region = pick(random, regions);
    this.#truth = trueEffects(seed, agentClass);
    this.labels = { role: 'optimizer', class: agentClass, region: this.#region };
    this.#startMs = nowMs;
    this.#nowMs = nowMs;
    this.#nextId = 1;
    const tasks = Math.max(1, Math.round(meanTasks + 2 * normal(random)));
    for (let at = 0; at < tasks; at++)
      this.#tasks.push(this.#arrival(nowMs, -meanLifeMs * Math.log(1 - random())));
    this.#columns = Object.fromEntries(fields.map((field) => [field, new Float64Array(tasks)])) as Columns;
    this.#fill();
  }

  advance(nowMs: number): void {
    const seconds = Math.max(0, (nowMs - this.#nowMs) / 1000);
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.#work(seconds);
    this.#tasks.forEach((task, slot) => {
      if (task.endsAtMs <= nowMs) this.#tasks[slot] = this.#arrival(nowMs);
      else wanderOn(task, this.#random, seconds);
    });
    this.#fill();
  }

  view(): TaskView {
    return { rows: this.#tasks.length, columns: this.#columns, ids: this.#ids };
  }

  apply(effect: Omit<Effect, 'task' | 'signal'>): ApplyOutcome {
    const task = this.#tasks[effect.row];
    const rule = actionRules[effect.action];
    if (task === undefined) return { applied: false, reason: `there is no task in row ${effect.row}` };
    if (rule === undefined)
      return { applied: false, reason: `the simulated workload has no action ${effect.action}` };
    const setting = settingOf(task, effect.instruction);
    const refusal = rule(setting, effect.argument, this.#truth, task);
    return refusal === undefined ? { applied: true } : { applied: false, reason: refusal };
  }

  revert(instruction: string): void {
    for (const task of this.#tasks)
      task.settings = task.settings.filter((setting) => setting.instruction !== instruction);
    this.#fill();
  }

  counters(): RunCounts {
    return { completed: this.#completed, failed: this.#failed };
  }

  #arrival(nowMs: number, ageMs = 0): SimulatedTask {
    return newTask(this.#random, { id: this.#nextId++, nowMs, ageMs, home: this.#region });
  }

  /** Runs done in `seconds` at the present pace; fractions are rounded at random, so that sums come out right. */
  #work(seconds: number): void {
    this.#tasks.forEach((task, slot) => {
      const runs = this.#roundAtRandom((this.#columns.throughput[slot] ?? 0) * seconds);
      const failed = Math.min(runs, this.#roundAtRandom(runs * figuresOf(task, 1).failureRate));
      task.failedLately = task.failedLately * Math.exp(-seconds / 60) + failed;
      this.#completed += runs - failed;
      this.#failed += failed;
    });
  }

  #roundAtRandom(value: number): number {
    return Math.floor(value + this.#random());
  }

  #fill(): void {
    const drift = demandDrift(this.#seed, this.#nowMs - this.#startMs);
    this.#ids = this.#tasks.map((task) => task.id);
    this.#tasks.forEach((task, slot) => {
      const figures = figuresOf(task, drift);
      this.#columns.cpu_time[slot] = figures.cpuTime;
      this.#columns.memory[slot] = figures.memory;
      this.#columns.network[slot] = figures.network;
      this.#columns.latency[slot] = figures.latency;
      this.#columns.cost[slot] = figures.cost;
      this.#columns.errors[slot] = task.failedLately;
      this.#columns.age[slot] = (this.#nowMs - task.queuedAtMs) / 1000;
      this.#columns.priority[slot] = task.priority;
      this.#columns.throughput[slot] = figures.throughput;
      this.#columns.region_price[slot] = figures.regionPrice;
    });
  }
}

/** Demand of the whole fleet relative to its mean: slow waves of 2 % that every agent shares, which a hold-out controls for. */
function demandDrift(seed: number, sinceMs: number): number {
  const seconds = sinceMs / 1000;
  const phase = (seed % 97) / 97;
  return Math.exp(
    0.012 * Math.sin(2 * Math.PI * (seconds / 127 + phase)) +
      0.008 * Math.sin(2 * Math.PI * (seconds / 41 + 2 * phase)),
  );
}

function settingOf(task: SimulatedTask, instruction: string): Setting {
  const known = task.settings.find((setting) => setting.instruction === instruction);
  if (known !== undefined) return known;
  const fresh: Setting = { instruction, cpu: 1, memory: 1, latency: 1, concurrency: 1, region: null };
  task.settings.push(fresh);
  return fresh;
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}
