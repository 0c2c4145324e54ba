/** The orchestrator's loop and its HTTP face together, from ready to stopped. */
import { messageOf } from '../core/errors.js';
import type { LoopContext } from '../core/loop-context.js';
import { runOrchestrator } from '../core/orchestrator/loop.js';
import { pause } from '../core/pause.js';
import type { BearerToken } from './bearer-token.js';
import { httpServer, listen } from './http-server.js';
import { orchestratorRoutes } from './orchestrator.js';
import { untilRaised } from './until-raised.js';

export interface ServeOrchestratorOptions {
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
  /** Milliseconds from one aggregate to the next. */
  readonly everyMs: number;
  readonly log: (line: { readonly level: 'info' | 'warning'; readonly text: string }) => void;
  readonly onReady: (url: string) => void;
}

export interface OrchestratorStatus {
  /** Aggregates that this service wrote. */
  readonly aggregates: number;
  readonly health: string | null;
}

/** A loop that waits for a Redis that is away is not waited for any longer than this. */
const stopMsMax = 3_000;

/** Resolves when the signal was raised and everything is let go of. */
export async function serveOrchestrator(options: ServeOrchestratorOptions): Promise<OrchestratorStatus> {
  const { session, signal, everyMs, version, log } = options;
  const { work, requests, redisAt } = session;
  let [aggregates, aggregatedAt, health]: [number, number | null, string | null] = [0, null, null];
  const server = httpServer({
    ...{ names: options.names, token: options.token },
    onFault: (text) => log({ level: 'warning', text: `a request failed unexpectedly: ${text}` }),
  });
  try {
    await server.register(
      orchestratorRoutes({
        ...{ context: requests, version, redisAt, startedAt: work.clock() },
        aggregatedAt: () => aggregatedAt,
      }),
    );
    options.onReady(await listen(server, options));
    const loop = runOrchestrator({
      ...{ redis: work.redis, names: work.names, clock: work.clock, random: work.random, everyMs, signal },
      holder: work.name,
      onTick: (tick) => {
        aggregates++;
        aggregatedAt = tick.aggregate.at;
        if (tick.health.state === health) return;
        health = tick.health.state;
        const why = tick.health.reasons.length === 0 ? '' : `: ${tick.health.reasons.join('; ')}`;
        log({ level: health === 'healthy' ? 'info' : 'warning', text: `the fleet is ${health}${why}` });
      },
      onError: (thrown) => log({ level: 'warning', text: `not measured: ${messageOf(thrown)}` }),
    });
    await untilRaised(signal);
    await Promise.race([Promise.all([loop, server.close()]), pause(stopMsMax, new AbortController().signal)]);
    return { aggregates, health };
  } finally {
    await session.close();
    await server.close();
  }
}
