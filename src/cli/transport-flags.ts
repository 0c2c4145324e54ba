/**
 * Flags that say how agents are reached that are not on the bus in, the opened ways out: their transports for the rollout,
 * and their agents in the registry for as long as the command works.
 */
import { realpathSync, statSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { openEngine } from '../core/docker/engine.js';
import { engineAddress } from '../core/docker/engine-address.js';
import { DreamnetError } from '../core/errors.js';
import type { Transports } from '../core/injector/transports/courier.js';
import { captureMs, dockerTransport } from '../core/injector/transports/docker/docker.js';
import { findDockerAgents } from '../core/injector/transports/docker/docker-agents.js';
import type { RouteWish } from '../core/injector/transports/docker/routes.js';
import { routeNames } from '../core/injector/transports/docker/way.js';
import { type DiscoverySource, keepRegistered } from '../core/injector/transports/register-discovered.js';
import { volumeTransport } from '../core/injector/transports/volume/volume.js';
import { volumeSource } from '../core/injector/transports/volume/volume-agents.js';
import type { LoopContext } from '../core/loop-context.js';

export const transportFlags = {
  volume: Flags.string({
    description: 'Directory shared with agents: those that announced themselves there are reached by files.',
    helpValue: '<dir>',
    env: 'DREAMNET_VOLUME',
    parse: async (path) => checkedVolume(path),
  }),
  docker: Flags.boolean({
    description:
      'Containers of the Docker engine (DOCKER_HOST) with the labels dreamnet.role=agent and dreamnet.agent=ID.',
    env: 'DREAMNET_DOCKER',
  }),
  'docker-label': Flags.string({
    description: 'Only containers that have this label, too; may be given several times.',
    helpValue: '<name=value>',
    multiple: true,
    dependsOn: ['docker'],
  }),
  'docker-route': Flags.option({
    description:
      'How containers are reached: a shared directory, their process (as root on their host) or the API; auto tries them in this order.',
    options: ['auto', ...routeNames] as const,
    default: 'auto' as const,
    env: 'DREAMNET_DOCKER_ROUTE',
  })(),
};

export interface TransportFlagValues {
  readonly volume?: string | undefined;
  readonly docker?: boolean | undefined;
  readonly 'docker-label'?: readonly string[] | undefined;
  readonly 'docker-route'?: RouteWish | undefined;
}

export interface OpenedTransports {
  readonly transports: Transports;
  /** What was found at first and cannot be an agent, a sentence each. */
  readonly unusable: readonly string[];
  close(): Promise<void>;
}

/** With one of these flags, no simulated agents are started for the command. */
export function namesAgents({ volume, docker = false }: TransportFlagValues): boolean {
  return volume !== undefined || docker;
}

type Context = Pick<LoopContext, 'redis' | 'names' | 'clock'> & { readonly warn: (text: string) => void };

/** Registers the agents that are found there, so that the plan knows them. */
export async function openTransports(
  flags: TransportFlagValues,
  context: Context,
): Promise<OpenedTransports> {
  const closers: (() => void | Promise<void>)[] = [];
  const unusable: string[] = [];
  const transports: { -readonly [Name in keyof Transports]: Transports[Name] } = {};
  const keep = async (source: DiscoverySource) => {
    const kept = await keepRegistered({ ...context, report: context.warn }, source);
    closers.unshift(() => kept.close());
    unusable.push(...kept.first.problems);
  };
  const close = async () => {
    for (const one of closers) await one();
  };
  try {
    if (flags.volume !== undefined) {
      await keep(volumeSource(flags.volume));
      transports.volume = volumeTransport(flags.volume);
    }
    if (flags.docker === true) {
      const engine = await openEngine(engineAddress(process.env));
      closers.unshift(() => engine.close());
      const agents = await findDockerAgents(engine, flags['docker-label']);
      closers.unshift(() => agents.close());
      await keep(agents.source);
      transports.docker = dockerTransport({
        engine,
        agents,
        captureMs,
        route: flags['docker-route'] ?? 'auto',
      });
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { transports, unusable, close };
}

function checkedVolume(path: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Told below.
  }
  throw new DreamnetError({
    code: 'DN570',
    kind: 'bad-input',
    message: `--volume ${path.slice(0, 200)} is no directory.`,
    hint: 'Make it, and start agents that announce themselves in it: docs/transports.md.',
  });
}
