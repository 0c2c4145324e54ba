/** What agents of one rollout are told in; signed orders on their way, and what was answered within the time for it, out. */
import { limits } from '../../limits.js';
import type { OrderAction } from '../../nerve/messages/order.js';
import type { RolloutRecord } from '../../nerve/messages/rollout-record.js';
import type { PlannedAgent } from '../plan/plan.js';
import type { Courier } from '../transports/courier.js';
import type { Answer } from './acknowledgements.js';
import { carriersOf } from './answering-parts.js';
import type { OrderBatch } from './send-orders.js';

export interface Told {
  readonly action: OrderAction;
  readonly targets: readonly PlannedAgent[];
}

export interface OrderDependencies {
  readonly courier: Courier;
  /** Prefix of its names in Redis. */
  readonly fleet: string;
  readonly clock: () => number;
  readonly acknowledgeWithinMs: number;
  /** As it is at any time. */
  readonly rollout: { readonly record: RolloutRecord };
}

export class Orders {
  readonly #deps: OrderDependencies;

  constructor(dependencies: OrderDependencies) {
    this.#deps = dependencies;
  }

  /** So many answer each after the other. */
  withinMs(agents: number): number {
    const more = Math.floor(agents / 1_000) * limits.acknowledgeMoreMsPerThousand;
    return this.#deps.acknowledgeWithinMs + more;
  }

  /** Listens for the answers of these agents; begins before the order is sent, and ends early with `signal`. */
  answersTo(
    { action, targets }: Told,
    { signal, withinMs = this.withinMs(targets.length) }: { signal: AbortSignal; withinMs?: number },
  ): Promise<Map<string, Answer>> {
    const { courier, rollout } = this.#deps;
    const answers = courier.acknowledgements.waitFor({
      agents: carriersOf(targets),
      action,
      digest: rollout.record.program.digest,
      withinMs,
      signal,
    });
    // Sending may fail before anybody waits for the answers; that failure is the one to tell.
    answers.catch(() => undefined);
    return answers;
  }

  /** All travel in one pipeline. */
  send(orders: readonly Told[]): Promise<void> {
    return this.#deps.courier.send(orders.map((told) => this.#batchOf(told)));
  }

  #batchOf({ action, targets }: Told): OrderBatch {
    const { clock, fleet, rollout } = this.#deps;
    const { id, program, epoch, windowMs } = rollout.record;
    return {
      targets,
      order: {
        version: 1,
        fleet,
        instruction: id,
        action,
        digest: program.digest,
        parameters: { ...program.parameters },
        epoch,
        expires: Math.ceil(clock() + windowMs + limits.orderLifeMs),
        windowMs,
      },
    };
  }
}
