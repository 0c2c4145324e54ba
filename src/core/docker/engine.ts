/**
 * An address in, a Docker engine that answers and is new enough out. What is between us and it (a socket, TLS, ssh) is
 * settled here; what goes wrong on the way is told as one of DN575 to DN580.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { inspect } from 'node:util';
import type Docker from 'dockerode';
import { z } from 'zod';
import { answeredWithin } from '../answered-within.js';
import type { EngineAddress } from './engine-address.js';
import { notAnEngine, tooOld, whyUnreachable } from './engine-errors.js';
import { createLane, type Lane } from './lane.js';
import { type SshConnections, sshConnections } from './ssh-connections.js';

export interface Engine {
  readonly docker: Docker;
  readonly address: EngineAddress;
  /** Such as `20.10.24`. */
  readonly version: string;
  readonly apiVersion: string;
  /** What a failed call means: the engine's own answer stays, a connection that failed becomes a DreamnetError. */
  explain(thrown: unknown): unknown;
  /** Looks at whether something has happened yet, which must not crowd out what makes it happen. */
  readonly looks: Lane;
  close(): void;
}

/** Docker 19.03: the oldest whose archive and event calls behave as those used here. */
const apiVersionMin = '1.40';
/** More than there ever are at a time, streams of log lines included; over ssh each is a process. */
const connectionsMax = { unix: 512, tcp: 512, ssh: 32 } as const;
const looksAtOnce = 4;
const answerMsMax = 30_000;

const versionSchema = z.object({ Version: z.string(), ApiVersion: z.string().regex(/^\d+\.\d+$/) });

export async function openEngine(address: EngineAddress): Promise<Engine> {
  const ssh = address.kind === 'ssh' ? sshConnections(address, connectionsMax.ssh) : undefined;
  const agent = shownShortly(ssh?.agent ?? agentFor(address));
  // It loads much that only builders of images need, so it is loaded by those who inject into containers.
  const { default: Dockerode } = await import('dockerode');
  const docker = new Dockerode({ ...optionsFor(address), agent } as Docker.DockerOptions);
  const explain = (thrown: unknown) => whyUnreachable(thrown, address, ssh?.complaint());
  try {
    const { Version: version, ApiVersion: apiVersion } = await askVersion(docker, address, ssh);
    if (!isAtLeast(apiVersion, apiVersionMin)) throw tooOld(address, apiVersion, apiVersionMin);
    const looks = createLane(looksAtOnce);
    return { docker, address, version, apiVersion, looks, explain, close: () => agent.destroy() };
  } catch (thrown) {
    agent.destroy();
    throw explain(thrown);
  }
}

async function askVersion(docker: Docker, address: EngineAddress, ssh: SshConnections | undefined) {
  const answer = versionSchema.safeParse(await answeredWithin(answerMsMax, docker.version()));
  if (!answer.success) throw notAnEngine(address, ssh?.complaint());
  return answer.data;
}

function agentFor(address: EngineAddress): HttpAgent {
  const options = { keepAlive: true, maxSockets: connectionsMax[address.kind] };
  return address.kind === 'tcp' && address.tls !== null ? new HttpsAgent(options) : new HttpAgent(options);
}

/**
 * dockerode words every call for its debug log, whether that is on or not, with all that hangs on the agent: all sockets, and
 * all that hangs on these. For ten containers at a time that took longer than the engine did.
 */
function shownShortly(agent: HttpAgent): HttpAgent {
  return Object.defineProperty(agent, inspect.custom, { value: () => 'Agent' });
}

/** Whole, with every key, because dockerode fills in what is missing from this process's environment. */
function optionsFor(address: EngineAddress) {
  const tls = address.kind === 'tcp' ? address.tls : null;
  return {
    host: address.kind === 'unix' ? undefined : address.host,
    port: address.kind === 'tcp' ? address.port : undefined,
    socketPath: address.kind === 'unix' ? address.socketPath : undefined,
    protocol: tls === null ? 'http' : 'https',
    ca: tls?.ca,
    cert: tls?.cert,
    key: tls?.key,
    pathPrefix: undefined,
    timeout: undefined,
  };
}

function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
