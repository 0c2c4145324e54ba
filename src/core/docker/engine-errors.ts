/** A failed call to a Docker engine in, what it means and what to do about it out. */
import { DreamnetError, messageOf } from '../errors.js';
import type { EngineAddress } from './engine-address.js';

/** The engine's own answers (no such container, conflict) are given back as they are. */
export function whyUnreachable(thrown: unknown, address: EngineAddress, complaint = ''): unknown {
  if (thrown instanceof DreamnetError || statusOf(thrown) !== undefined) return thrown;
  const { code = '' } = thrown as { code?: string };
  if (code === 'EACCES' || code === 'EPERM') return notPermitted(address, thrown);
  if (code.startsWith('HPE_')) return notAnEngine(address, complaint, thrown);
  if (address.kind === 'ssh') return sshFailed(address, complaint || messageOf(thrown), thrown);
  if (isTls(code, messageOf(thrown))) return tlsFailed(address, thrown);
  return unreachable(address, thrown);
}

/** HTTP status of an answer of the engine; undefined for what is none. */
export function statusOf(thrown: unknown): number | undefined {
  const status = (thrown as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** What the engine said, without what dockerode puts around it. */
export function engineWords(thrown: unknown): string {
  const said = (thrown as { json?: { message?: unknown } } | undefined)?.json?.message;
  const text = typeof said === 'string' ? said : messageOf(thrown);
  return text.replace(/\s+/g, ' ').trim().slice(0, 500);
}

/** The connection failed, or broke under a call; files have errors of these names, too, but do not connect. */
export function isEngineLost(thrown: unknown): boolean {
  if (thrown instanceof DreamnetError) return thrown.code === 'DN575' || thrown.code === 'DN580';
  const { code, syscall } = (thrown ?? {}) as { code?: unknown; syscall?: unknown };
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return true;
  return (code === 'ENOENT' && syscall === 'connect') || (code === 'EPIPE' && syscall === 'write');
}

function isTls(code: string, message: string): boolean {
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_/.test(code) || /certificate|SSL|TLS|alert/i.test(message);
}

function unreachable(address: EngineAddress, cause: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN575',
    kind: 'unreachable',
    message: `No Docker engine can be reached at ${address.text}: ${messageOf(cause)}.`,
    hint: 'Start it, or say where it is with DOCKER_HOST; `docker version` must answer.',
    cause,
  });
}

function notPermitted(address: EngineAddress, cause: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN576',
    kind: 'unreachable',
    message: `This user may not talk to the Docker engine at ${address.text}.`,
    hint: 'Join the group that owns the socket (`sudo usermod -aG docker $USER`, then log in again), or run as root.',
    cause,
  });
}

export function notAnEngine(address: EngineAddress, complaint = '', cause?: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN577',
    kind: 'unreachable',
    message: `What answers at ${address.text} is no Docker engine${complaint === '' ? '' : `: ${complaint}`}.`,
    hint:
      address.kind === 'tcp' && address.tls === null
        ? 'Check DOCKER_HOST; an engine that wants TLS needs DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH.'
        : 'Check DOCKER_HOST.',
    cause,
  });
}

export function tooOld(address: EngineAddress, version: string, least: string): DreamnetError {
  return new DreamnetError({
    code: 'DN578',
    kind: 'unreachable',
    message: `The Docker engine at ${address.text} speaks API ${version}; ${least} or later is needed.`,
    hint: 'Update it to Docker 19.03 or later.',
  });
}

function tlsFailed(address: EngineAddress, cause: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN579',
    kind: 'unreachable',
    message: `TLS with the Docker engine at ${address.text} failed: ${messageOf(cause)}.`,
    hint: 'ca.pem in DOCKER_CERT_PATH must have signed its certificate, and the engine must accept cert.pem.',
    cause,
  });
}

function sshFailed({ text }: EngineAddress, complaint: string, cause: unknown): DreamnetError {
  const words = complaint.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  return new DreamnetError({
    code: 'DN580',
    kind: 'unreachable',
    message: `The Docker engine at ${text} cannot be reached by ssh: ${words}.`,
    hint: `Try \`ssh HOST docker version\` as this user: the host's key must be known, and no password may be asked for.`,
    cause,
  });
}
