/**
 * What changed of a rollout in, the wish that waits for it out. After Redis was away everything is written, and the claim is
 * looked after, because either may have been lost.
 */
import type { RolloutAgent, RolloutRecord, RolloutState } from '../../nerve/messages/rollout-record.js';
import type { Wish } from '../../nerve/messages/wish.js';
import type { Names } from '../../nerve/names.js';
import type { Outages } from '../../nerve/outages.js';
import type { Redis } from '../../nerve/redis.js';
import { listRollout, writeRollout } from '../../nerve/rollout-records.js';
import type { WishWatch } from '../control/wishes.js';

type Agents = ReadonlyMap<string, RolloutAgent>;

export interface WriterDependencies {
  readonly redis: Redis;
  readonly names: Names;
  readonly outages: Outages;
  readonly wishes: Pick<WishWatch, 'look'>;
  /** As it is at any time. */
  readonly rollout: { readonly record: RolloutRecord; readonly agents: Agents };
  /** Everything has been written once more. */
  readonly onRewritten: () => void;
}

export class RolloutWriter {
  readonly #deps: WriterDependencies;
  #listedAs: RolloutState | undefined;
  /** Outages after which everything has been written. */
  #lookedAfter = 0;

  constructor(dependencies: WriterDependencies) {
    this.#deps = dependencies;
  }

  /** `changed` are the agents that are not as they were written last. */
  async write(changed: Agents, answered?: Wish): Promise<Wish | undefined> {
    let waiting: Wish | undefined;
    if (!this.#mayBeForgotten) {
      try {
        waiting = await this.#writeOnce(changed, answered);
      } catch (thrown) {
        if (!this.#mayBeForgotten) throw thrown;
      }
    }
    while (this.#mayBeForgotten) {
      this.#lookedAfter = this.#deps.outages.count;
      this.#listedAs = undefined;
      await this.#deps.wishes.look();
      waiting = await this.#writeOnce(this.#deps.rollout.agents, answered);
      this.#deps.onRewritten();
    }
    return waiting;
  }

  get #mayBeForgotten(): boolean {
    return this.#deps.outages.count > this.#lookedAfter;
  }

  async #writeOnce(agents: Agents, answered: Wish | undefined): Promise<Wish | undefined> {
    const { redis, names } = this.#deps;
    const { record } = this.#deps.rollout;
    // Listed first: who is told of the change finds it.
    const [, waiting] = await Promise.all([
      record.state === this.#listedAs ? undefined : listRollout(redis, names, record),
      writeRollout(redis, names, { record, agents, answered: answered?.id }),
    ]);
    this.#listedAs = record.state;
    return waiting;
  }
}
