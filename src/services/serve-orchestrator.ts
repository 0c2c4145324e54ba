/** The orchestrator's loop and its HTTP face together, from ready to stopped. */
import { messageOf } from '../core/errors.js';
import { runOrchestrator } from '../core/orchestrator/loop.js';
import { pause } from '../core/pause.js';
import { httpServer, listen } from './http-server.js';
import { orchestratorRoutes } from './orchestrator.js';
import { type ServiceOptions, stopMsMax } from './service-options.js';
import { untilRaised } from './until-raised.js';

export interface ServeOrchestratorOptions extends ServiceOptions {
  /** Milliseconds from one aggregate to the next. */
  readonly everyMs: number;
}

export interface OrchestratorStatus {
  /** Aggregates that this service wrote. */
  readonly aggregates: number;
  readonly health: string | null;
}

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
