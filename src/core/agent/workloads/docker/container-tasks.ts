/**
 * A Docker engine and filters in, the task table of its containers out, as programs see it: what each uses, what that costs and
 * what it may use. It only reads; what is done to containers is not its business.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Engine } from '../../../docker/engine.js';
import type { TaskView } from '../../workload.js';
import type { ContainerFilters } from './container-filters.js';
import { type FollowedContainers, followContainers } from './followed-containers.js';
import { containersAround, type OwnParts } from './left-out.js';
import { createPaceMeter, type Pace, type PaceMeter } from './pace.js';
import { costPerHour, defaultPrices, type Prices, priceLevel, regionNamed } from './prices.js';
import { coresAllowed, type Machine, memoryAllowed, type TaskContainer } from './task-container.js';
import { createUsageReader, type UsageReader, type UsageSource } from './usage-reader.js';

export interface ContainerTasksOptions {
  readonly filters: ContainerFilters;
  /** Which Redis dreamnet uses: its container is none of the tasks. */
  readonly redis?: OwnParts['redis'];
  readonly prices?: Prices;
  /** CPU seconds per second below which a container idles. */
  readonly idleCores?: number;
  /** Found out by itself unless given. */
  readonly source?: UsageSource;
}

export interface ContainerTasks {
  /** Reads what has changed and what is used. Never throws; more often than once a second it does nothing. */
  refresh(nowMs: number, signal?: AbortSignal): Promise<void>;
  /** As of the last refresh: containers that could be read, a new one of them from its second reading on. */
  view(): TaskView;
  /** As of the last refresh; undefined for one that is none of the tasks (any more). */
  container(id: string): TaskContainer | undefined;
  /** As of the last refresh; those that are not in the view yet, or could not be read, among them. */
  count(): number;
  readonly prices: Prices;
  /** Prices it as in another region of the table from now on; undefined: where its label says. */
  countAsIn(id: string, region: string | undefined): void;
  /** How it reads, what it leaves out and what is wrong just now, for people. */
  words(): string;
  close(): void;
}

const containerFields = [
  'cpu_time',
  'memory',
  'network',
  'cost',
  'errors',
  'age',
  'region_price',
  'cpu_limit',
  'memory_limit',
  'idle',
  'restarts',
  'paused',
  'block_io',
] as const;

type Row = Record<(typeof containerFields)[number], number>;

const idleCoresDefault = 0.01;
const readEveryMs = 900;

/** Throws when the engine cannot be asked. */
export async function openContainerTasks(
  engine: Engine,
  options: ContainerTasksOptions,
): Promise<ContainerTasks> {
  const machine = await machineOf(engine);
  const own = { containers: containersAroundUs(), redis: options.redis, addresses: addressesHere() };
  const followed = await followContainers(engine, { filters: options.filters, own });
  return new Tasks({ machine, followed, reader: createUsageReader(engine, options.source), options });
}

class Tasks implements ContainerTasks {
  readonly prices: Prices;
  readonly #machine: Machine;
  readonly #followed: FollowedContainers;
  readonly #reader: UsageReader;
  readonly #idleCores: number;
  readonly #meters = new Map<string, { readonly meter: PaceMeter; change: number; startedAtMs: number }>();
  readonly #regions = new Map<string, string>();
  #view: TaskView = { rows: 0, ids: [], columns: columnsOf([]) };
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: {
    machine: Machine;
    followed: FollowedContainers;
    reader: UsageReader;
    options: ContainerTasksOptions;
  }) {
    this.#machine = parts.machine;
    this.prices = parts.options.prices ?? defaultPrices;
    this.#followed = parts.followed;
    this.#reader = parts.reader;
    this.#idleCores = parts.options.idleCores ?? idleCoresDefault;
  }

  async refresh(nowMs: number, signal?: AbortSignal): Promise<void> {
    if (performance.now() - this.#readAtMs < readEveryMs) return;
    this.#readAtMs = performance.now();
    await this.#followed.refresh(signal);
    const followed = [...this.#followed.all.values()];
    const readings = await this.#reader.read(
      followed.map(({ container }) => container),
      signal,
    );
    const ids: string[] = [];
    const rows: Row[] = [];
    for (const { container, change } of followed) {
      const usage = readings.get(container.id);
      if (usage === undefined) {
        this.#followed.doubt(container.id);
        continue;
      }
      const meter = this.#meterOf(container, change);
      meter.take(usage);
      const pace = meter.pace();
      if (pace === undefined) continue;
      ids.push(container.id);
      rows.push(this.#row(container, pace, usage.workingSet, nowMs));
    }
    this.#forgetGone();
    this.#view = { rows: rows.length, ids, columns: columnsOf(rows) };
  }

  view(): TaskView {
    return this.#view;
  }

  container(id: string): TaskContainer | undefined {
    return this.#followed.all.get(id)?.container;
  }

  count(): number {
    return this.#followed.all.size;
  }

  countAsIn(id: string, region: string | undefined): void {
    if (region === undefined) this.#regions.delete(id);
    else this.#regions.set(id, region);
  }

  words(): string {
    const { leftOut, problem } = this.#followed;
    const without = [...leftOut].map(([why, count]) => `${count} left out (${why})`);
    return [this.#reader.words(), ...without, ...(problem === undefined ? [] : [problem])].join('; ');
  }

  close(): void {
    this.#followed.close();
  }

  /** One meter for each run of a container, since counters begin at 0 again with the next. */
  #meterOf({ id, startedAtMs }: TaskContainer, change: number): PaceMeter {
    const known = this.#meters.get(id);
    if (known?.startedAtMs === startedAtMs) {
      if (known.change !== change) known.meter.startAnew();
      known.change = change;
      return known.meter;
    }
    const meter = createPaceMeter({ idleCores: this.#idleCores, startedAtMs });
    this.#meters.set(id, { meter, change, startedAtMs });
    return meter;
  }

  #row(container: TaskContainer, pace: Pace, memory: number, nowMs: number): Row {
    const { id, limits } = container;
    const region = this.#regionOf(container);
    const { cores, received = Number.NaN, sent = Number.NaN } = pace;
    const use = { cores, memoryBytes: memory, sentBitsPerSecond: pace.sent ?? 0 };
    return {
      cpu_time: cores * 60,
      memory,
      network: received + sent,
      cost: costPerHour(use, region, this.prices),
      errors: this.#followed.failedLately(id, nowMs),
      age: secondsBetween(container.startedAtMs, nowMs),
      region_price: priceLevel(region, this.prices),
      cpu_limit: coresAllowed(limits, this.#machine) * 60,
      memory_limit: memoryAllowed(limits, this.#machine),
      idle: secondsBetween(pace.busyAtMs, nowMs),
      restarts: container.restarts,
      paused: container.paused ? 1 : 0,
      block_io: pace.block,
    };
  }

  #regionOf({ id, labels }: TaskContainer): string {
    return regionNamed(this.#regions.get(id) ?? labels['dreamnet.region'], this.prices);
  }

  #forgetGone(): void {
    for (const id of this.#meters.keys()) if (!this.#followed.all.has(id)) this.#meters.delete(id);
  }
}

function columnsOf(rows: readonly Row[]): Record<string, Float64Array> {
  return Object.fromEntries(
    containerFields.map((field) => [field, Float64Array.from(rows, (row) => row[field])]),
  );
}

function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1_000;
}

async function machineOf(engine: Engine): Promise<Machine> {
  try {
    const { NCPU, MemTotal } = (await engine.docker.info()) as { NCPU: number; MemTotal: number };
    return { cores: NCPU, memoryBytes: MemTotal };
  } catch (thrown) {
    throw engine.explain(thrown);
  }
}

function addressesHere(): ReadonlySet<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []),
  );
}

/** Of this process's own container, if it runs in one. */
function containersAroundUs(): ReadonlySet<string> {
  try {
    return containersAround(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return new Set();
  }
}
