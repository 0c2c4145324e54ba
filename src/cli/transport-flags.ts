/**
 * Flags that say how agents are reached that are not on the bus in, the opened ways out: their transports for the rollout,
 * and their agents in the registry for as long as the command works.
 */
import { realpathSync, statSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { DreamnetError } from '../core/errors.js';
import type { Transports } from '../core/injector/transports/courier.js';
import { type KeptRegistration, keepRegistered } from '../core/injector/transports/register-discovered.js';
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
};

export interface TransportFlagValues {
  readonly volume?: string | undefined;
}

export interface OpenedTransports {
  readonly transports: Transports;
  close(): Promise<void>;
}

/** With one of these flags, no simulated agents are started for the command. */
export function namesAgents({ volume }: TransportFlagValues): boolean {
  return volume !== undefined;
}

/** Registers the agents that are found there, so that the plan knows them. */
export async function openTransports(
  { volume }: TransportFlagValues,
  context: Pick<LoopContext, 'redis' | 'names' | 'clock'> & { readonly warn: (text: string) => void },
): Promise<OpenedTransports> {
  const kept: KeptRegistration[] = [];
  const transports: { -readonly [Name in keyof Transports]: Transports[Name] } = {};
  if (volume !== undefined) {
    kept.push(await keepRegistered({ ...context, report: context.warn }, volumeSource(volume)));
    transports.volume = volumeTransport(volume);
  }
  return {
    transports,
    close: async () => void (await Promise.all(kept.map((one) => one.close()))),
  };
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
