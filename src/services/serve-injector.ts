/** The injector's loop and its HTTP face together, from ready to stopped. */
import { InjectorService, type ServiceStatus } from '../core/injector-service/injector-service.js';
import type { ServiceSettings } from '../core/injector-service/settings.js';
import type { LoopContext } from '../core/loop-context.js';
import { pause } from '../core/pause.js';
import type { BearerToken } from './bearer-token.js';
import { httpServer, listen } from './http-server.js';
import { injectorRoutes } from './injector.js';
import { untilRaised } from './until-raised.js';

export interface ServeInjectorOptions {
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
  readonly acceptUnsigned: boolean;
  readonly defaults: ServiceSettings;
  readonly log: (line: { readonly level: 'info' | 'warning'; readonly text: string }) => void;
  readonly onReady: (url: string) => void;
}

/** A loop that waits for a Redis that is away is not waited for any longer than this. */
const stopMsMax = 3_000;

/** Resolves when the signal was raised and everything is let go of; how it stood then. */
export async function serveInjector(options: ServeInjectorOptions): Promise<ServiceStatus> {
  const { session, signal, defaults, acceptUnsigned, log } = options;
  const { work, requests, redisAt } = session;
  const service = new InjectorService({ context: work, defaults, acceptUnsigned, log });
  const server = httpServer({
    ...{ names: options.names, token: options.token },
    onFault: (text) => log({ level: 'warning', text: `a request failed unexpectedly: ${text}` }),
  });
  const acceptance = { context: requests, defaults, acceptUnsigned };
  const { version } = options;
  const startedAt = work.clock();
  try {
    await server.register(
      injectorRoutes({ service, acceptance, version, startedAt, redisAt, stopping: signal }),
    );
    options.onReady(await listen(server, options));
    const loop = service.run();
    await untilRaised(signal);
    await Promise.race([Promise.all([loop, server.close()]), pause(stopMsMax, new AbortController().signal)]);
    return service.status;
  } finally {
    await session.close();
    await server.close();
  }
}
