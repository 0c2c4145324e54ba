/**
 * One simulated task: its own demand and what instructions set on it in, the figures that programs and traces see out.
 * Heavy-tailed sizes; demand wanders (AR(1) in the logarithm); cost follows from resources at the region's prices.
 */
import { logNormal, normal, type Random } from '../../random.js';
import type { TrueEffects } from './simulated-truth.js';

export const regions = ['us-east', 'eu-west', 'ap-south'] as const;
export type Region = (typeof regions)[number];

/** Price of a region relative to the list price, and its extra way to callers elsewhere. */
const priceFactor: Readonly<Record<Region, number>> = { 'us-east': 1, 'eu-west': 1.12, 'ap-south': 0.82 };
export const cheapestRegion: Region = 'ap-south';

/** List prices of the simulated fleet, dollars per hour. */
const dollarsPerVcpu = 3.6;
const dollarsPerGigabyte = 0.2;
const dollarsPer100Mbps = 0.25;

/** What one instruction set on a task; factors multiply over instructions, so that each can be taken back alone. */
export interface Setting {
  readonly instruction: string;
  cpu: number;
  memory: number;
  latency: number;
  concurrency: number;
  region: Region | null;
}

export interface SimulatedTask {
  readonly id: number;
  readonly queuedAtMs: number;
  readonly endsAtMs: number;
  /** Where it runs unless an instruction moves it, and where most of its callers are. */
  readonly home: Region;
  readonly callers: Region;
  readonly cpu: number;
  readonly memory: number;
  readonly network: number;
  readonly latency: number;
  readonly concurrency: number;
  readonly priority: number;
  /** Logarithm of the demand relative to its own mean. */
  wander: number;
  latencyWander: number;
  failedLately: number;
  settings: Setting[];
}

/** Mean life of a task: about 15 % of them change in 100 s. */
export const meanLifeMs = 600_000;
const wanderSigma = 0.05;
const wanderPerSecond = 0.7;
/** A run fails this often at normal load. */
const failureRate = 3e-4;

/** A task that arrives at `nowMs`; `ageMs` makes one that has been there for a while (lives are exponential, so what is left is too). */
export function newTask(
  random: Random,
  { id, nowMs, ageMs, home }: { id: number; nowMs: number; ageMs: number; home: Region },
): SimulatedTask {
  const size = normal(random);
  const scaled = (median: number, share: number, rest: number) =>
    logNormal(random, median, rest) * Math.exp(share * size);
  return {
    id,
    queuedAtMs: nowMs - ageMs,
    endsAtMs: nowMs - meanLifeMs * Math.log(1 - random()),
    home,
    callers: random() < 0.7 ? home : (regions[Math.floor(random() * regions.length)] ?? home),
    cpu: scaled(4.2, 0.6, 0.7),
    memory: scaled(0.8e9, 0.6, 0.7),
    network: scaled(48e6, 0.5, 0.8),
    latency: logNormal(random, 0.12, 0.5),
    concurrency: 1,
    priority: Math.floor(random() * 4),
    wander: wanderSigma * normal(random),
    latencyWander: wanderSigma * normal(random),
    failedLately: 0,
    settings: [],
  };
}

/** Lets demand wander on for `seconds`. */
export function wanderOn(task: SimulatedTask, random: Random, seconds: number): void {
  const keep = wanderPerSecond ** seconds;
  const fresh = wanderSigma * Math.sqrt(1 - keep * keep);
  task.wander = keep * task.wander + fresh * normal(random);
  task.latencyWander = keep * task.latencyWander + fresh * normal(random);
}

/** Figures of a task as its row shows them; `drift` is the fleet-wide demand factor now. */
export interface TaskFigures {
  cpuTime: number;
  memory: number;
  network: number;
  latency: number;
  cost: number;
  throughput: number;
  failureRate: number;
  regionPrice: number;
}

export function figuresOf(task: SimulatedTask, drift: number): TaskFigures {
  let cpu = 1;
  let memoryFactor = 1;
  let latencyFactor = 1;
  let concurrency = task.concurrency;
  let region = task.home;
  for (const setting of task.settings) {
    cpu *= setting.cpu;
    memoryFactor *= setting.memory;
    latencyFactor *= setting.latency;
    concurrency *= setting.concurrency;
    region = setting.region ?? region;
  }
  const demand = drift * Math.exp(task.wander);
  const cpuTime = task.cpu * demand * Math.max(cpu, 0.05);
  const memory = task.memory * Math.exp(task.wander / 2) * Math.max(memoryFactor, 0.05);
  const network = task.network * demand;
  const latency = task.latency * Math.exp(task.latencyWander) * latencyFactor;
  const list =
    (cpuTime / 60) * dollarsPerVcpu +
    (memory / 1e9) * dollarsPerGigabyte +
    (network / 1e8) * dollarsPer100Mbps;
  return {
    cpuTime,
    memory,
    network,
    latency,
    cost: list * priceFactor[region],
    throughput: concurrency / latency,
    failureRate: failureRate * latencyFactor,
    regionPrice: priceFactor[region],
  };
}

type Rule = (setting: Setting, amount: number, truth: TrueEffects, task: SimulatedTask) => string | undefined;

/**
 * What each action does in truth; a text says why the task cannot take it. Shares act as powers, (1 - a)^strength, so that
 * a strength of 1 is exactly as asked and one action after the other multiplies.
 */
export const actionRules: Readonly<Record<string, Rule>> = {
  REDUCE_CPU_THROTTLE: (setting, amount, truth) => {
    setting.cpu *= (1 - amount) ** truth.cpuCut;
    setting.latency *= (1 - amount) ** (-0.4 * truth.cpuCutLatency);
    return undefined;
  },
  REDUCE_MEMORY_CACHE: (setting, amount, truth) => {
    setting.memory *= (1 - amount) ** truth.memoryCut;
    setting.latency *= (1 - amount) ** (-0.15 * truth.memoryCutLatency);
    return undefined;
  },
  ROUTE_TO_CHEAPER_REGION: (setting, _amount, truth, task) => {
    if (regionOf(task) === cheapestRegion) return `already in ${cheapestRegion}, the cheapest region`;
    setting.region = cheapestRegion;
    setting.latency *= Math.exp(0.08 * truth.routeLatency);
    return undefined;
  },
  INCREASE_CPU_SHARE: (setting, amount, truth) => {
    setting.cpu *= (1 + amount) ** (0.7 * truth.cpuBoost);
    setting.latency *= (1 + amount) ** (-0.6 * truth.cpuBoost);
    return undefined;
  },
  INCREASE_MEMORY_CACHE: (setting, amount, truth) => {
    setting.memory *= (1 + amount) ** 0.9;
    setting.latency *= (1 + amount) ** (-0.3 * truth.cacheBoost);
    return undefined;
  },
  ROUTE_TO_NEARER_REGION: (setting, _amount, truth, task) => {
    if (regionOf(task) === task.callers) return `already in ${task.callers}, nearest to its callers`;
    setting.region = task.callers;
    setting.latency *= Math.exp(-0.15 * truth.nearerLatency);
    return undefined;
  },
  RELEASE_IDLE_MEMORY: (setting, amount, truth) => {
    setting.memory *= (1 - amount) ** truth.idleMemory;
    setting.latency *= (1 - amount) ** -0.05;
    return undefined;
  },
  RAISE_CONCURRENCY: (setting, amount, truth) => {
    setting.concurrency *= (1 + amount) ** truth.concurrency;
    setting.cpu *= (1 + amount) ** (0.6 * truth.concurrency);
    setting.latency *= (1 + amount) ** 0.12;
    return undefined;
  },
};

function regionOf(task: SimulatedTask): Region {
  return task.settings.reduce<Region>((region, setting) => setting.region ?? region, task.home);
}
