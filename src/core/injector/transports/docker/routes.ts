/** A container in, the fastest way that this host allows into it out; what did not work is remembered, and said. */

import type { Engine } from '../../../docker/engine.js';
import { engineWords } from '../../../docker/engine-errors.js';
import type { AgentContainer } from './agent-container.js';
import { openApi } from './api-way.js';
import { openDirect, openShared } from './directory-way.js';
import { type RouteName, routeNames, type Way } from './way.js';

export type RouteWish = 'auto' | RouteName;

export interface OpenedWay {
  readonly way: Way;
  /** The route, and why no faster one: for the record. */
  readonly words: string;
}

export interface Routes {
  /** Throws when no route that may be used leads there; the message says why for each. */
  open(container: AgentContainer): Promise<OpenedWay>;
  /** The route failed in use: the next one is taken from now on. False when there is no other. */
  giveUp(container: AgentContainer, route: RouteName, why: unknown): boolean;
}

const openers: Readonly<
  Record<RouteName, (engine: Engine, container: AgentContainer) => Way | Promise<Way>>
> = {
  shared: openShared,
  direct: openDirect,
  api: openApi,
};

export function createRoutes(engine: Engine, wish: RouteWish): Routes {
  const allowed = wish === 'auto' ? routesHere() : [wish];
  /** Container -> routes that failed, and why. */
  const failed = new Map<string, Map<RouteName, string>>();
  const failuresOf = ({ id }: AgentContainer) => {
    const known = failed.get(id) ?? new Map<RouteName, string>();
    failed.set(id, known);
    return known;
  };
  const isLeft = (container: AgentContainer) => (route: RouteName) =>
    !failuresOf(container).has(route) &&
    (route !== 'shared' || wish === 'shared' || container.volume !== undefined);

  return {
    async open(container) {
      const failures = failuresOf(container);
      for (const route of allowed.filter(isLeft(container))) {
        try {
          const way = await openers[route](engine, container);
          return { way, words: wordsOf(route, failures) };
        } catch (thrown) {
          failures.set(route, whyOf(thrown));
        }
      }
      const whys = [...failures].map(([route, why]) => `${route}: ${why}`).join('; ');
      // Asked again later, everything is tried again: it may be mended by then.
      failed.delete(container.id);
      throw new Error(`no route leads into the container (${whys})`);
    },
    giveUp(container, route, why) {
      failuresOf(container).set(route, whyOf(why));
      return allowed.some(isLeft(container));
    },
  };
}

/** Those that this user may take, where the engine is on this machine: looking into processes is for root, on Linux. */
export function routesHere(): RouteName[] {
  const isLinux = process.platform === 'linux';
  const isPossible = { shared: isLinux, direct: isLinux && process.getuid?.() === 0, api: true };
  return routeNames.filter((route) => isPossible[route]);
}

function wordsOf(route: RouteName, failures: ReadonlyMap<RouteName, string>): string {
  const before = routeNames.slice(0, routeNames.indexOf(route)).filter((name) => failures.has(name));
  const whys = before.map((name) => `${name}: ${failures.get(name)}`).join('; ');
  return before.length === 0 ? route : `${route} (${whys})`.slice(0, 500);
}

function whyOf(thrown: unknown): string {
  return engineWords(thrown).replace(/\.$/, '').slice(0, 200);
}
