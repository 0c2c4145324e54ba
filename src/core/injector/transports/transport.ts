/** How orders get to agents and their answers come back: one interface, whatever carries them. */
import type { Trust } from '../../keys/trust.js';
import type { Acknowledgement } from '../../nerve/messages/order.js';
import type { Names } from '../../nerve/names.js';
import type { Redis } from '../../nerve/redis.js';
import type { OrderBatch, SigningKey } from '../course/send-orders.js';

export interface Transport {
  /**
   * Hands orders over and does not wait for the answers; these come by `deliver`. What cannot reach one agent is answered
   * for it, as failed with a reason; only what can reach nobody throws.
   */
  send(batches: readonly OrderBatch[]): Promise<void>;
  close(): void | Promise<void>;
}

/** What a transport is given for one rollout. */
export interface TransportOpening {
  readonly redis: Redis;
  readonly names: Names;
  readonly key: SigningKey;
  /** Whose signatures are believed, as of now. */
  readonly trust: () => Trust;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly rollout: string;
  readonly epoch: number;
  /** How long an agent may take to answer once it has been told. */
  readonly acknowledgeWithinMs: number;
  /** An agent is only now being told, because others were told before it: its time begins now. */
  readonly reached: (agent: string) => void;
  readonly deliver: (acknowledgement: Acknowledgement) => void;
  /** It can bring no more answers. */
  readonly fail: (thrown: unknown) => void;
}

export type OpenTransport = (opening: TransportOpening) => Promise<Transport>;
