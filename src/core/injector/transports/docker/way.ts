/** How one container is reached: the operations that every route has, whatever it goes through. */
import type { SignedOrder } from '../../../nerve/messages/order.js';
import type { Ack } from '../ack.js';
import type { ProgramBytes } from '../program-directory.js';

/**
 * shared: the host's directory that is mounted at /injected-programs. direct: /injected-programs through the container's
 * process. api: the engine's file calls.
 */
export type RouteName = 'shared' | 'direct' | 'api';
export const routeNames: readonly RouteName[] = ['shared', 'direct', 'api'];

export interface Way {
  readonly route: RouteName;
  /** What is in program.bc now; undefined when there is no such file. */
  program(): Promise<Uint8Array | undefined>;
  /** The order stays that of the program that runs. */
  stage(program: ProgramBytes): Promise<void>;
  /** The program, or none, takes the place of the one that is present, where that is known; the acknowledgement is emptied. */
  activate(program: ProgramBytes | 'none', order: SignedOrder, present?: string): Promise<void>;
  /** Nothing stays staged. */
  unstage(order: SignedOrder): Promise<void>;
  writeOrder(order: SignedOrder): Promise<void>;
  signal(): Promise<void>;
  waitForAck(wait: AckPatience): Promise<Ack | undefined>;
  close(): Promise<void>;
}

export interface AckPatience {
  readonly digest: string;
  /** What was there before: an answer about it is a late one. */
  readonly replaced: string | undefined;
  /** An answer in its log is heard as well. */
  readonly besideLog: boolean;
  readonly withinMs: number;
  readonly signal: AbortSignal;
}
