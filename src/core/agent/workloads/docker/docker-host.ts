/**
 * What the agents of one process share: the containers that are their tasks, read once for all of them; the one hand that changes
 * them, and puts back what it changed; and the guard over memory limits.
 */
import { answeredWithin } from '../../../answered-within.js';
import type { Engine } from '../../../docker/engine.js';
import { forEachOf } from '../../../docker/for-each-of.js';
import { readUsage } from '../../../docker/usage.js';
import { messageOf } from '../../../errors.js';
import type { Agent } from '../../agent.js';
import type { TaskView } from '../../workload.js';
import type { ContainerTasks } from './container-tasks.js';
import type { ContainerUse } from './effects/container-use.js';
import { ContainerEffects } from './effects/effects.js';
import { type FormerValues, openFormerValues } from './effects/former-values.js';
import type { MoveContainer } from './effects/move-region.js';
import type { PutBack } from './effects/put-back-words.js';
import { answerMsMax } from './effects/values.js';
import { guardMemory } from './guard-memory.js';
import { createMemoryWatch, type MemoryWatch } from './memory-watch.js';
import { cheapestRegion, regionNamed } from './prices.js';
import { openSpread, type Spread } from './spread.js';
import { createUsageReader, type UsageReader } from './usage-reader.js';

export interface DockerHostOptions {
  readonly engine: Engine;
  readonly stateDir: string;
  /** Of the agents, over which the containers are spread. */
  readonly ids: readonly string[];
  readonly move?: MoveContainer | undefined;
  readonly log: (line: string) => void;
}

const relievedAtOnce = 8;
/** Containers that are gone are looked for among what was changed this often: it only takes room. */
const forgetEveryMs = 600_000;

export class DockerHost {
  readonly tasks: ContainerTasks;
  readonly effects: ContainerEffects;
  readonly spread: Spread;
  readonly #engine: Engine;
  readonly #formerValues: FormerValues;
  readonly #files: UsageReader;
  readonly #memory: MemoryWatch = createMemoryWatch();
  readonly #log: (line: string) => void;
  readonly #closing = new AbortController();
  readonly #guarding: Promise<void>;
  #refreshing: Promise<void> | undefined;
  #forgotAtMs = performance.now();

  constructor({ engine, stateDir, ids, move, log }: DockerHostOptions, tasks: ContainerTasks) {
    this.tasks = tasks;
    this.#engine = engine;
    this.#log = log;
    this.#files = createUsageReader(engine, 'files');
    this.spread = openSpread(stateDir, ids.length);
    const { prices } = tasks;
    this.#formerValues = openFormerValues(stateDir, log);
    this.effects = new ContainerEffects({
      ...{ engine, log, clock: Date.now, formerValues: this.#formerValues },
      measure: (id) => this.#measure(id),
      mayNotTouch: ({ id }) => {
        if (this.#closing.signal.aborted) return 'the agent ends';
        return tasks.container(id) === undefined ? 'it is none of the tasks of this agent' : undefined;
      },
      regions: move && {
        of: (of) => regionNamed(of['dreamnet.region'], prices),
        cheapest: cheapestRegion(prices),
        move,
      },
    });
    // From the start: what an earlier life limited is limited while Redis is waited for, too.
    this.#guarding = guardMemory({
      effects: this.effects,
      workingSet: async (id) => (await this.#usage(id))?.workingSet,
      signal: this.#closing.signal,
      log,
    });
  }

  /** Once for all agents that ask at the same time. */
  refresh(nowMs: number, signal?: AbortSignal): Promise<void> {
    this.#refreshing ??= this.#refresh(nowMs, signal).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** The rows of one agent's containers. */
  viewOf(index: number): TaskView {
    const { ids, columns } = this.tasks.view();
    const rows = ids.flatMap((id, row) => (this.#agentOf(String(id)) === index ? [row] : []));
    return {
      rows: rows.length,
      ids: rows.map((row) => ids[row] as string),
      columns: Object.fromEntries(
        Object.entries(columns).map(([field, values]) => [
          field,
          Float64Array.from(rows, (row) => values[row] ?? Number.NaN),
        ]),
      ),
    };
  }

  async settle(agents: readonly Agent[]): Promise<PutBack[]> {
    // Asked for each as it is then: an order may come meanwhile.
    const putBack = await this.effects.keepOnly((id, instruction) => {
      const agent = agents.find((one) => one.id === id);
      return agent?.live?.instruction === instruction || (agent?.former ?? []).includes(instruction);
    });
    this.#countRegions();
    return putBack;
  }

  /** Nobody guards memory limits any more: they are given back first. */
  async close(): Promise<number> {
    this.#closing.abort();
    await this.#guarding;
    // What was begun ends first; nothing begins any more.
    await this.effects.idle();
    await forEachOf(this.effects.limitedMemory(), relievedAtOnce, async ({ container, name }) => {
      const why = 'the agent ends, and nobody would guard it';
      for (const { outcome, words } of await this.effects.relieve(container, why))
        if (outcome === 'failed') this.#log(`${name}: its memory limit cannot be raised: ${words}`);
    });
    this.tasks.close();
    return this.#formerValues.open().length;
  }

  async #refresh(nowMs: number, signal: AbortSignal | undefined): Promise<void> {
    await this.tasks.refresh(nowMs, signal);
    const { ids, columns } = this.tasks.view();
    const present = ids.map((id, row) => ({ id: String(id), row }));
    const atMs = performance.now();
    for (const { id, row } of present)
      this.#memory.take(id, { atMs, workingSet: columns.memory?.[row] ?? 0 });
    this.#memory.keepOnly(new Set(present.map(({ id }) => id)));
    if (atMs - this.#forgotAtMs > forgetEveryMs) this.#forgetGone(atMs);
    this.spread.deal(
      present.flatMap(({ id, row }) => {
        const name = this.tasks.container(id)?.name;
        return name === undefined ? [] : [{ name, use: columns.cost?.[row] ?? 0 }];
      }),
    );
  }

  #forgetGone(atMs: number): void {
    this.#forgotAtMs = atMs;
    this.effects
      .forgetGone((id) => this.tasks.container(id) !== undefined)
      .catch((thrown) => this.#log(messageOf(thrown)));
  }

  #agentOf(id: string): number | undefined {
    const name = this.tasks.container(id)?.name;
    return name === undefined ? undefined : this.spread.agentOf(name);
  }

  /** Memory is read this moment; the rest is as of the last tick. */
  async #measure(id: string): Promise<ContainerUse | undefined> {
    const usage = await this.#usage(id);
    const { ids, columns } = this.tasks.view();
    const row = ids.indexOf(id);
    if (usage === undefined || row < 0) return undefined;
    const { memory, workingSet } = usage;
    this.#memory.take(id, { atMs: performance.now(), workingSet });
    const network = columns.network?.[row];
    return {
      cores: (columns.cpu_time?.[row] ?? 0) / 60,
      ...{ memory, workingSet, workingSetMax: this.#memory.most(id), growth: this.#memory.growth(id) },
      bitsPerSecond: network === undefined || Number.isNaN(network) ? undefined : network,
      idleSeconds: columns.idle?.[row] ?? 0,
    };
  }

  async #usage(id: string) {
    const container = this.tasks.container(id);
    if (container === undefined) return undefined;
    const read = await this.#files.read([container]);
    return read.get(id) ?? answeredWithin(answerMsMax, readUsage(this.#engine, id));
  }

  /** What was moved in an earlier life is priced where it is. */
  #countRegions(): void {
    for (const { container, region } of this.effects.moved()) this.tasks.countAsIn(container, region);
  }

  countRegion(id: string): void {
    this.tasks.countAsIn(id, this.effects.regionOf(id));
  }
}
