/** What every service is started with: its connections, where it listens and for whom, and who hears what it does. */
import type { LoopContext } from '../core/loop-context.js';
import type { BearerToken } from './bearer-token.js';

export interface ServiceOptions {
  readonly session: {
    /** For the loop: its commands wait for a Redis that is away. */
    readonly work: LoopContext;
    /** For requests: its commands fail then. */
    readonly requests: LoopContext;
    readonly redisAt: string;
    close(): Promise<void>;
  };
  readonly signal: AbortSignal;
  readonly token: BearerToken;
  readonly host: string;
  readonly port: number;
  readonly names: readonly string[];
  readonly version: string;
  readonly log: (line: { readonly level: 'info' | 'warning'; readonly text: string }) => void;
  readonly onReady: (url: string) => void;
}

/** A loop that waits for a Redis that is away is not waited for any longer than this. */
export const stopMsMax = 3_000;
