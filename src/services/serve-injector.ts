/** The injector's loop and its HTTP face together, from ready to stopped. */
import { InjectorService, type ServiceStatus } from '../core/injector-service/injector-service.js';
import type { ServiceSettings } from '../core/injector-service/settings.js';
import { pause } from '../core/pause.js';
import { httpServer, listen } from './http-server.js';
import { injectorRoutes } from './injector.js';
import { type ServiceOptions, stopMsMax } from './service-options.js';
import { untilRaised } from './until-raised.js';

export interface ServeInjectorOptions extends ServiceOptions {
  readonly acceptUnsigned: boolean;
  readonly defaults: ServiceSettings;
}

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
