/**
 * Environment in, where the Docker engine is found out, by the rules of the docker command: DOCKER_HOST, else the context
 * that DOCKER_CONTEXT or the configuration names, else the socket of this machine.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { DreamnetError, messageOf } from '../errors.js';

/** PEM. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export type EngineAddress = { readonly text: string } & (
  | { readonly kind: 'unix'; readonly socketPath: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | null }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly user: string | undefined;
      readonly port: number | undefined;
      /** Of the engine on the other side, when it is not the usual one there. */
      readonly socketPath: string | undefined;
    }
);

type Environment = Readonly<Record<string, string | undefined>>;

const usualSocket = '/var/run/docker.sock';

export function engineAddress(environment: Environment): EngineAddress {
  const { DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = environment;
  if (DOCKER_HOST) {
    const directory = DOCKER_CERT_PATH || configDirectory(environment);
    return parseAddress(DOCKER_HOST, () => (DOCKER_TLS_VERIFY ? readTls(directory) : null));
  }
  const context = environment.DOCKER_CONTEXT || currentContext(environment);
  if (context !== undefined && context !== 'default') return addressOfContext(environment, context);
  const rootless = join(homedir(), '.docker', 'run', 'docker.sock');
  const socketPath = !existsSync(usualSocket) && existsSync(rootless) ? rootless : usualSocket;
  return { kind: 'unix', socketPath, text: `unix://${socketPath}` };
}

export function parseAddress(text: string, tls: () => TlsFiles | null): EngineAddress {
  if (text.startsWith('unix://')) {
    const socketPath = text.slice('unix://'.length) || usualSocket;
    if (!socketPath.startsWith('/')) throw unknownAddress(text);
    return { kind: 'unix', socketPath, text };
  }
  const url = URL.parse(text.includes('://') ? text : `tcp://${text}`);
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  // A name that begins with a dash would be read as an option by ssh.
  if (url === null || host === '' || host.startsWith('-') || url.username.startsWith('-')) {
    throw unknownAddress(text);
  }
  const port = url.port === '' ? undefined : Number(url.port);
  if (url.protocol === 'ssh:') {
    if (url.password !== '') throw passwordInAddress(text.replace(url.password, '…'));
    return {
      ...{ kind: 'ssh', host, port, text },
      user: url.username === '' ? undefined : decodeURIComponent(url.username),
      socketPath: url.pathname.length > 1 ? url.pathname : undefined,
    };
  }
  if (url.protocol !== 'tcp:' && url.protocol !== 'http:' && url.protocol !== 'https:')
    throw unknownAddress(text);
  const files = tls();
  return { kind: 'tcp', host, port: port ?? (files === null ? 2_375 : 2_376), tls: files, text };
}

function configDirectory({ DOCKER_CONFIG }: Environment): string {
  return DOCKER_CONFIG || join(homedir(), '.docker');
}

function currentContext(environment: Environment): string | undefined {
  const schema = z.object({ currentContext: z.string().optional() });
  return readJson(join(configDirectory(environment), 'config.json'), schema)?.currentContext || undefined;
}

const contextSchema = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string() }) }) });

function addressOfContext(environment: Environment, name: string): EngineAddress {
  const id = createHash('sha256').update(name).digest('hex');
  const contexts = join(configDirectory(environment), 'contexts');
  const context = readJson(join(contexts, 'meta', id, 'meta.json'), contextSchema);
  if (context === undefined) {
    throw new DreamnetError({
      code: 'DN581',
      kind: 'bad-input',
      message: `There is no Docker context named "${name}" in ${contexts}.`,
      hint: 'See `docker context ls`; or say where the engine is with DOCKER_HOST.',
    });
  }
  const tls = join(contexts, 'tls', id, 'docker');
  return parseAddress(context.Endpoints.docker.Host, () => (existsSync(tls) ? readTls(tls) : null));
}

/** Undefined when it is absent or says something else. */
function readJson<T>(path: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function readTls(directory: string): TlsFiles {
  const read = (name: string) => {
    try {
      return readFileSync(join(directory, name), 'utf8');
    } catch (thrown) {
      throw new DreamnetError({
        code: 'DN579',
        kind: 'bad-input',
        message: `TLS to the Docker engine needs ${join(directory, name)}: ${messageOf(thrown)}.`,
        hint: 'DOCKER_CERT_PATH names the directory of ca.pem, cert.pem and key.pem.',
        cause: thrown,
      });
    }
  };
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}

function unknownAddress(text: string): DreamnetError {
  return new DreamnetError({
    code: 'DN581',
    kind: 'bad-input',
    message: `"${text.slice(0, 200)}" is no address of a Docker engine.`,
    hint: 'Set DOCKER_HOST to unix:///var/run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST.',
  });
}

function passwordInAddress(text: string): DreamnetError {
  return new DreamnetError({
    code: 'DN581',
    kind: 'bad-input',
    message: `The address ${text.slice(0, 200)} holds a password, which ssh does not take.`,
    hint: 'Use a key: ssh-agent, or IdentityFile in ~/.ssh/config.',
  });
}
