/** A container as the engine lists it in, why it is none of the tasks out, or undefined. Pure. */
import type Docker from 'dockerode';

/** What dreamnet is made of here, which programs must never touch. */
export interface OwnParts {
  /** Ids of containers that this very process runs in. */
  readonly containers: ReadonlySet<string>;
  /** Where the Redis is that it uses; undefined when it is reached otherwise. */
  readonly redis: { readonly host: string; readonly port: number } | undefined;
  /** Those of this machine. */
  readonly addresses: ReadonlySet<string>;
}

export function whyLeftOut(container: Docker.ContainerInfo, own: OwnParts): string | undefined {
  const labels = container.Labels ?? {};
  if (labels['dreamnet.role'] !== undefined) return 'part of dreamnet';
  if (own.containers.has(container.Id)) return 'dreamnet runs in it';
  if (own.redis !== undefined && isRedis(container, own.redis, own.addresses))
    return 'it is the Redis that dreamnet uses';
  const optOut = labels['dreamnet.optout'];
  if (optOut !== undefined && optOut.trim().toLowerCase() !== 'false') return 'opted out';
  return undefined;
}

/**
 * Ids of the containers around this process, of its own /proc/self/mountinfo: the engine mounts a few files of the container's
 * own directory into each. None outside of containers, where the directories of all of them may be mounted, but no such file.
 */
export function containersAround(mountinfo: string): ReadonlySet<string> {
  const found = mountinfo.matchAll(
    /^\S+ \S+ \S+ \S*\/containers\/([0-9a-f]{64})\/\S+ \/etc\/(?:hostname|hosts|resolv\.conf) /gm,
  );
  return new Set([...found].map(([, id = '']) => id));
}

/** By the port that it publishes on this machine, or by the address or name that it has in a network of the engine. */
function isRedis(
  container: Docker.ContainerInfo,
  { host, port }: { host: string; port: number },
  addresses: ReadonlySet<string>,
): boolean {
  if (isLoopback(host) || addresses.has(host)) {
    if ((container.Ports ?? []).some(({ PublicPort }) => PublicPort === port)) return true;
    return container.HostConfig?.NetworkMode === 'host' && looksLikeRedis(container);
  }
  const networks = Object.values(container.NetworkSettings?.Networks ?? {});
  const names = [
    ...(container.Names ?? []).map((name) => name.replace(/^\//, '')),
    ...networks.flatMap(({ IPAddress, GlobalIPv6Address, Aliases }) => [
      IPAddress,
      GlobalIPv6Address,
      ...((Aliases as string[] | null) ?? []),
    ]),
    container.Labels?.['com.docker.compose.service'],
    container.Id.slice(0, 12),
  ];
  return names.includes(host);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

/** With the host's network a container lists no ports: better one task too few than the Redis throttled. */
function looksLikeRedis({ Image, Command }: Docker.ContainerInfo): boolean {
  return /\b(redis|valkey)\b/i.test(Image) || /\b(redis|valkey)-server\b/.test(Command);
}
