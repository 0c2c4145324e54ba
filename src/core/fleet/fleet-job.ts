/** What a starter asks of its supervisor, and what the two tell each other over the channel between them. */
import type { FailureKind } from '../errors.js';
import type { Home } from './home.js';
import type { FleetLifetime, FleetState } from './state-file.js';

export interface FleetJob {
  readonly home: Home;
  readonly agents: number;
  readonly seed: number;
  readonly prefix: string;
  /** Null: a private Redis is started. */
  readonly redisUrl: string | null;
  readonly lifetime: FleetLifetime;
  readonly ownerPid: number;
  readonly redisOnly: boolean;
  /** File URL or path of the module that a host process runs. */
  readonly hostModule: string;
  /** Where the agents keep what they hold over a restart. */
  readonly agentsDir: string;
}

/**
 * `hello` asks for the job; `state` follows every change; `failed` comes before the end of a start that did not work.
 * As long as the channel is open the fleet ends with its starter; `release` lets it live on.
 */
export type FromSupervisor =
  | { readonly type: 'hello' }
  | { readonly type: 'state'; readonly state: FleetState }
  | { readonly type: 'failed'; readonly error: JobFailure };

export type ToSupervisor = { readonly type: 'job'; readonly job: FleetJob } | { readonly type: 'release' };

/** A DreamnetError as it crosses the channel. */
export interface JobFailure {
  readonly code: string;
  readonly kind: FailureKind;
  readonly message: string;
  readonly hint?: string;
}
