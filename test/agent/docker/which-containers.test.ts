/** Which containers are tasks: the filters that were given, and what programs must not touch. */
import type Docker from 'dockerode';
import { describe, expect, it } from 'vitest';
import { readFilters } from '../../../src/core/agent/workloads/docker/container-filters.js';
import { containersAround, whyLeftOut } from '../../../src/core/agent/workloads/docker/left-out.js';

const id = '7b9b5dbaa2c70734b8ac762d9f38c6d23e319eb787ee113d91a281178725e0aa';

describe('filters', () => {
  it('are taken as the docker command takes them', () => {
    expect(readFilters(['label=tier', 'label=a=b=c', 'name=web', 'id=7b9b'])).toEqual({
      label: ['tier', 'a=b=c'],
      name: ['web'],
      id: ['7b9b'],
    });
    expect(readFilters([])).toEqual({});
  });

  it.each(['tier=web', 'label', 'label=', 'label==x', 'id=web', 'name=a\nb', '', `label=${'x'.repeat(600)}`])(
    'are refused with a hint when they are none: %j',
    (text) => {
      expect(() => readFilters([text])).toThrow(
        expect.objectContaining({ code: 'DN650', hint: expect.stringContaining('label=KEY=VALUE') }),
      );
    },
  );
});

describe('containers that programs must not touch', () => {
  const listed = (more: object = {}) =>
    ({
      Id: id,
      Names: ['/web'],
      Image: 'web:1',
      Command: 'serve',
      Labels: {},
      Ports: [],
      ...more,
    }) as unknown as Docker.ContainerInfo;
  const nobody = { containers: new Set<string>(), redis: undefined, addresses: new Set(['192.0.2.2']) };
  const redisAt = (host: string, port = 6_379) => ({ ...nobody, redis: { host, port } });

  it.each([
    ['part of dreamnet', { Labels: { 'dreamnet.role': 'agent' } }, nobody],
    ['dreamnet runs in it', {}, { ...nobody, containers: new Set([id]) }],
    ['opted out', { Labels: { 'dreamnet.optout': '' } }, nobody],
    ['opted out', { Labels: { 'dreamnet.optout': 'true' } }, nobody],
    [
      'it is the Redis that dreamnet uses',
      { Ports: [{ PrivatePort: 6_379, PublicPort: 6_399 }] },
      redisAt('127.0.0.1', 6_399),
    ],
    [
      'it is the Redis that dreamnet uses',
      { NetworkSettings: { Networks: { a: { IPAddress: '172.18.0.2', Aliases: null } } } },
      redisAt('172.18.0.2'),
    ],
    [
      'it is the Redis that dreamnet uses',
      { NetworkSettings: { Networks: { a: { IPAddress: '', Aliases: ['redis'] } } } },
      redisAt('redis'),
    ],
    [
      'it is the Redis that dreamnet uses',
      { Labels: { 'com.docker.compose.service': 'redis' } },
      redisAt('redis'),
    ],
    ['it is the Redis that dreamnet uses', { Names: ['/store'] }, redisAt('store')],
    [
      'it is the Redis that dreamnet uses',
      { Image: 'valkey/valkey:8', HostConfig: { NetworkMode: 'host' } },
      redisAt('localhost'),
    ],
  ])('are left out: %s', (why, more, own) => {
    expect(whyLeftOut(listed(more), own)).toBe(why);
  });

  it('are the Redis that is reached by an address of this machine', () => {
    const published = listed({ Ports: [{ IP: '0.0.0.0', PrivatePort: 6_379, PublicPort: 6_379 }] });
    expect(whyLeftOut(published, redisAt('192.0.2.2'))).toBe('it is the Redis that dreamnet uses');
    expect(whyLeftOut(published, redisAt('192.0.2.9'))).toBeUndefined();
  });

  it.each([
    [{ Labels: { 'dreamnet.optout': 'false' } }, nobody],
    [{ Labels: null }, nobody],
    [{ Ports: [{ PrivatePort: 6_379, PublicPort: 6_379 }] }, redisAt('10.0.0.9')],
    [{ Ports: [{ PrivatePort: 6_379 }] }, redisAt('127.0.0.1')],
    [{ NetworkSettings: { Networks: { a: { IPAddress: '' } } } }, redisAt('redis')],
    [{ Image: 'redis-exporter:1' }, redisAt('localhost')],
  ])('are others: %j', (more, own) => {
    expect(whyLeftOut(listed(more), own)).toBeUndefined();
  });

  it('are recognised as around us by the files that the engine mounts, not by directories of others', () => {
    const inside = `700 690 254:0 /var/lib/docker/containers/${id}/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw\n`;
    const outside = `700 27 0:50 / /var/lib/docker/containers/${id}/mounts/shm rw - tmpfs shm rw\n`;
    expect([...containersAround(inside)]).toEqual([id]);
    expect([...containersAround(outside)]).toEqual([]);
  });
});
