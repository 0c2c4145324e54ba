/** Flags of `agent` and of `agent restore`, and what of the Docker engine is opened from them. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import {
  type MoveContainer,
  moveByCommand,
  moveByWebhook,
} from '../core/agent/workloads/docker/effects/move-region.js';
import { type Engine, openEngine } from '../core/docker/engine.js';
import { engineAddress } from '../core/docker/engine-address.js';
import { DreamnetError } from '../core/errors.js';
import { diskError } from '../core/fleet/disk-error.js';
import { type Home, prepareHome, resolveHome } from '../core/fleet/home.js';
import { type Lock, lockHolder, tryLock } from '../core/fleet/lock.js';

export const agentPlaceFlags = {
  'state-dir': Flags.string({
    description:
      'Where agents keep what they hold, and what containers were like before. [default: in the home of this user]',
    helpValue: '<dir>',
    env: 'DREAMNET_STATE',
  }),
  'docker-host': Flags.string({
    description: 'The Docker engine, unless it is that of the docker command.',
    helpValue: '<address>',
    env: 'DOCKER_HOST',
  }),
  'region-hook': Flags.string({
    description:
      'Command that moves a container to another region; told by DREAMNET_CONTAINER, DREAMNET_NAME, DREAMNET_FROM and DREAMNET_TO.',
    helpValue: '<command>',
    exclusive: ['region-webhook'],
  }),
  'region-webhook': Flags.string({
    description: 'URL that is sent {container, name, from, to} to move a container to another region.',
    helpValue: '<url>',
    parse: async (text) => checkedUrl(text),
  }),
};

export interface AgentPlaceFlagValues {
  readonly 'state-dir'?: string | undefined;
  readonly 'docker-host'?: string | undefined;
  readonly 'region-hook'?: string | undefined;
  readonly 'region-webhook'?: string | undefined;
}

export interface AgentPlace {
  readonly home: Home;
  readonly stateDir: string;
  readonly lock: Lock;
}

/** The directory of the agents, held by this process alone. Throws DN658 when another one works with it. */
export function openAgentPlace(flags: AgentPlaceFlagValues, workload: string): AgentPlace {
  const home = resolveHome(process.env);
  const given = flags['state-dir'];
  if (given === undefined) prepareHome(home);
  const stateDir = given ?? join(home.agentsDir, workload);
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw diskError(`Directory ${stateDir} cannot be made`, cause);
  }
  const lock = tryLock(stateDir, 'agent');
  if (lock !== undefined) return { home, stateDir, lock };
  throw new DreamnetError({
    code: 'DN658',
    kind: 'failed',
    message: `Process ${lockHolder(stateDir, 'agent')?.pid ?? '?'} works with ${stateDir} already.`,
    hint: 'Stop it first; `dreamnet rollout rollback` takes back what a program did while its agents run. Other agents need another --state-dir.',
  });
}

export function openEngineOf(flags: AgentPlaceFlagValues): Promise<Engine> {
  return openEngine(engineAddress({ ...process.env, DOCKER_HOST: flags['docker-host'] }));
}

export function moveOf(flags: AgentPlaceFlagValues): MoveContainer | undefined {
  const { 'region-hook': hook, 'region-webhook': webhook } = flags;
  if (hook !== undefined) return moveByCommand(hook);
  return webhook === undefined ? undefined : moveByWebhook(webhook);
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return text;
  throw new DreamnetError({
    code: 'DN659',
    kind: 'bad-input',
    message: `--region-webhook "${text.slice(0, 100)}" is no address of the web.`,
    hint: 'Write it as http://HOST:PORT/PATH or https://HOST/PATH.',
  });
}
