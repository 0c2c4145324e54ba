/** From what the kernel and the engine say about a container to numbers: files of both cgroup versions, answers, prices. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cgroupMounts, cgroupPlace } from '../../src/core/agent/workloads/docker/cgroup-place.js';
import {
  blockBytesV1,
  blockBytesV2,
  networkBytes,
  numberOf,
  onlyNumber,
} from '../../src/core/agent/workloads/docker/cgroup-text.js';
import { readFilters } from '../../src/core/agent/workloads/docker/container-filters.js';
import { containersAround, whyLeftOut } from '../../src/core/agent/workloads/docker/left-out.js';
import {
  cheapestRegion,
  costPerHour,
  defaultPrices,
  priceLevel,
  readPrices,
  regionNamed,
} from '../../src/core/agent/workloads/docker/prices.js';
import {
  type ContainerLimits,
  coresAllowed,
  memoryAllowed,
  taskContainer,
} from '../../src/core/agent/workloads/docker/task-container.js';
import { readCgroup } from '../../src/core/agent/workloads/docker/usage-files.js';
import { usageFrom } from '../../src/core/docker/usage.js';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'cgroup');
const fixture = (name: string) => readFileSync(join(fixtures, name), 'utf8');
const id = '7b9b5dbaa2c70734b8ac762d9f38c6d23e319eb787ee113d91a281178725e0aa';

describe('where a container is counted', () => {
  it('is a directory for each controller with cgroup v1', () => {
    expect(cgroupPlace(fixture('proc/cgroup-v1'), id, cgroupMounts(fixture('proc/mountinfo-v1')))).toEqual({
      version: 1,
      cpuacct: `/sys/fs/cgroup/cpuacct/docker/${id}`,
      memory: `/sys/fs/cgroup/memory/docker/${id}`,
      blkio: `/sys/fs/cgroup/blkio/docker/${id}`,
    });
  });

  it('is found where v1 mounts two controllers together', () => {
    const mounts = cgroupMounts(
      '30 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n31 25 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
    );
    expect(cgroupPlace(`4:cpu,cpuacct:/docker/${id}\n3:memory:/docker/${id}\n`, id, mounts)).toEqual({
      version: 1,
      cpuacct: `/sys/fs/cgroup/cpu,cpuacct/docker/${id}`,
      memory: `/sys/fs/cgroup/memory/docker/${id}`,
      blkio: undefined,
    });
  });

  it('is one directory with cgroup v2, as systemd names it', () => {
    expect(cgroupPlace(fixture('proc/cgroup-v2'), id, cgroupMounts(fixture('proc/mountinfo-v2')))).toEqual({
      version: 2,
      directory: `/sys/fs/cgroup/system.slice/docker-${id}.scope`,
    });
  });

  it('is the container as a whole, and not a group that it made below', () => {
    const below = `0::/system.slice/docker-${id}.scope/init.scope\n`;
    expect(cgroupPlace(below, id, cgroupMounts(fixture('proc/mountinfo-v2')))).toMatchObject({
      directory: `/sys/fs/cgroup/system.slice/docker-${id}.scope`,
    });
  });

  it.each([
    ['the process is of another container', `0::/docker/${id.replace('7', '8')}\n`, '/', '/sys/fs/cgroup'],
    ['a namespace hides where the group is', `0::/../${id}\n`, '/', '/sys/fs/cgroup'],
    ['another part of the tree is mounted here', `0::/docker/${id}\n`, '/docker/other', '/sys/fs/cgroup'],
    ['nothing is said', '', '/', '/sys/fs/cgroup'],
  ])('is not known when %s', (_, cgroup, root, directory) => {
    const mounts = cgroupMounts(`29 25 0:26 ${root} ${directory} rw - cgroup2 cgroup2 rw\n`);
    expect(cgroupPlace(cgroup, id, mounts)).toBeUndefined();
  });

  it('is found below a part of the tree, and in a directory with a space', () => {
    const mounts = cgroupMounts('29 25 0:26 /pod /cg\\040two rw - cgroup2 cgroup2 rw\n');
    expect(cgroupPlace(`0::/pod/${id}\n`, id, mounts)).toEqual({ version: 2, directory: `/cg two/${id}` });
  });
});

describe('the files of a control group', () => {
  it('tell CPU time, memory and block devices with cgroup v1', () => {
    const place = {
      version: 1,
      cpuacct: join(fixtures, 'v1/cpuacct'),
      memory: join(fixtures, 'v1/memory'),
      blkio: join(fixtures, 'v1/blkio'),
    } as const;
    const usage = readCgroup(place);
    const kept = numberOf('total_inactive_file', fixture('v1/memory/memory.stat'));
    expect(usage).toMatchObject({ memory: 103_948_288, workingSet: 103_948_288 - kept });
    expect(usage?.cpuMs).toBeCloseTo(Number(fixture('v1/cpuacct/cpuacct.usage')) / 1e6, 6);
    expect(usage?.blockBytes).toBe(4_837_376 + 102_400);
    expect(readCgroup({ ...place, blkio: undefined })?.blockBytes).toBe(0);
  });

  it('tell the same with cgroup v2', () => {
    expect(readCgroup({ version: 2, directory: join(fixtures, 'v2') })).toEqual({
      cpuMs: numberOf('usage_usec', fixture('v2/cpu.stat')) / 1_000,
      memory: 104_558_592,
      workingSet: 104_558_592 - 99_946_496,
      blockBytes: 4_837_376 + 102_400 + 8_192,
    });
  });

  it.each(['', 'garbage\n', 'max\n'])('tell nothing when one says %j', (text) => {
    const directory = mkdtempSync(join(tmpdir(), 'dreamnet-cgroup-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    for (const name of ['cpu.stat', 'memory.stat', 'io.stat']) {
      writeFileSync(join(directory, name), fixture(`v2/${name}`));
    }
    writeFileSync(join(directory, 'memory.current'), text);
    expect(readCgroup({ version: 2, directory })).toBeUndefined();
  });

  it('are read to the end, however long', () => {
    const directory = mkdtempSync(join(tmpdir(), 'dreamnet-cgroup-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const many = Array.from({ length: 3_000 }, (_, at) => `253:${at} rbytes=1 wbytes=2 rios=0 wios=0`);
    for (const name of ['cpu.stat', 'memory.stat', 'memory.current']) {
      writeFileSync(join(directory, name), fixture(`v2/${name}`));
    }
    writeFileSync(join(directory, 'io.stat'), `${many.join('\n')}\n`);
    expect(readCgroup({ version: 2, directory })?.blockBytes).toBe(9_000);
  });

  it('are not there once the container has gone, which throws', () => {
    expect(() => readCgroup({ version: 2, directory: join(fixtures, 'gone') })).toThrow('ENOENT');
  });

  it('are told apart by whole keys', () => {
    const text = 'inactive_file 5\ntotal_inactive_file 7\n';
    expect([numberOf('inactive_file', text), numberOf('total_inactive_file', text)]).toEqual([5, 7]);
    expect(numberOf('file', text)).toBeNaN();
    expect(numberOf('inactive_file', '')).toBeNaN();
    expect([onlyNumber('12\n'), onlyNumber('')]).toEqual([12, Number.NaN]);
    expect([blockBytesV1('Total 0\n'), blockBytesV2('')]).toEqual([0, 0]);
  });
});

describe('the interfaces of a network namespace', () => {
  it('count together, without the loopback', () => {
    const text = fixture('proc/net-dev');
    expect(networkBytes(text)).toEqual({ received: 1_532, sent: 0 });
    const two = `${text.replace('lo:       0', 'lo:   99999')}  eth1:12345678901 1 0 0 0 0 0 0 42 1 0 0 0 0 0 0\n`;
    expect(networkBytes(two)).toEqual({ received: 12_345_680_433, sent: 42 });
  });

  it.each([
    ['empty', ''],
    ['cut off', fixture('proc/net-dev').slice(0, -30)],
    ['something else', 'hello\n'],
  ])('are not known from a file that is %s', (_, text) => {
    expect(networkBytes(text)).toBeUndefined();
  });
});

describe('the statistics of the engine', () => {
  const answer = {
    read: '2026-11-25T02:29:21.419983759Z',
    cpu_stats: { cpu_usage: { total_usage: 565_930_500 }, system_cpu_usage: 1, online_cpus: 2 },
    memory_stats: {
      usage: 561_152,
      stats: { inactive_file: 11, total_inactive_file: 1_152 },
      limit: 104_857_600,
    },
    networks: { eth0: { rx_bytes: 572, tx_bytes: 3 }, eth1: { rx_bytes: 1, tx_bytes: 1 } },
    blkio_stats: {
      io_service_bytes_recursive: [
        { major: 254, minor: 0, op: 'Read', value: 10 },
        { major: 254, minor: 0, op: 'write', value: 5 },
        { major: 254, minor: 0, op: 'Total', value: 15 },
      ],
    },
  };

  it('become the same figures as those of the files', () => {
    expect(usageFrom(answer)).toEqual({
      atMs: Date.parse('2026-11-25T02:29:21.419Z'),
      cpuMs: 565.9305,
      memory: 561_152,
      workingSet: 560_000,
      network: { received: 573, sent: 4 },
      blockBytes: 15,
    });
  });

  it('are understood as cgroup v2 has them, and with what may be null', () => {
    const v2 = {
      ...answer,
      memory_stats: { usage: 1_000, stats: { inactive_file: 400 } },
      networks: null,
      blkio_stats: { io_service_bytes_recursive: null },
    };
    expect(usageFrom(v2)).toMatchObject({ workingSet: 600, network: undefined, blockBytes: 0 });
  });

  it('do not believe that more is idle than there is', () => {
    const odd = { ...answer, memory_stats: { usage: 1_000, stats: { inactive_file: 4_000 } } };
    expect(usageFrom(odd)).toMatchObject({ workingSet: 1_000 });
  });

  it.each([
    ['a container that does not run', { ...answer, memory_stats: {}, read: '0001-01-01T00:00:00Z' }],
    ['an empty answer', {}],
    ['no answer', undefined],
    ['an answer that is none', { ...answer, cpu_stats: { cpu_usage: { total_usage: 'much' } } }],
  ])('are nothing for %s', (_, odd) => {
    expect(usageFrom(odd)).toBeUndefined();
  });
});

describe('what a container may use', () => {
  const none: ContainerLimits = {
    ...{ nanoCpus: 0, cpuQuota: 0, cpuPeriod: 0, cpuShares: 0, cpusetCpus: '' },
    ...{ memory: 0, memorySwap: 0, memoryReservation: 0 },
  };
  const machine = { cores: 8, memoryBytes: 16e9 };

  it.each([
    ['nothing', {}, 8],
    ['--cpus', { nanoCpus: 5e8 }, 0.5],
    ['a quota and its usual period', { cpuQuota: 25_000 }, 0.25],
    ['a quota and a period of its own', { cpuQuota: 25_000, cpuPeriod: 10_000 }, 2.5],
    ['a quota of -1, which is none', { cpuQuota: -1 }, 8],
    ['a set of cores', { cpusetCpus: '0-2,5' }, 4],
    ['more --cpus than its set has cores', { nanoCpus: 3e9, cpusetCpus: '1' }, 1],
  ])('are so many cores with %s', (_, limits, cores) => {
    expect(coresAllowed({ ...none, ...limits }, machine)).toBe(cores);
  });

  it('is the memory of the machine without a limit, or with one that is larger', () => {
    expect(memoryAllowed(none, machine)).toBe(16e9);
    expect(memoryAllowed({ ...none, memory: 1e9 }, machine)).toBe(1e9);
    expect(memoryAllowed({ ...none, memory: 1e12 }, machine)).toBe(16e9);
  });
});

describe('a container as the engine describes it', () => {
  const info = (state: object, hostConfig: object = {}) =>
    ({
      Id: id,
      Name: '/web',
      Config: { Image: 'web:1', Labels: null },
      State: {
        Running: true,
        Restarting: false,
        Paused: false,
        Pid: 77,
        StartedAt: '2026-11-25T02:29:20.36Z',
        ...state,
      },
      HostConfig: { NetworkMode: 'bridge', ...hostConfig },
    }) as unknown as Docker.ContainerInspectInfo;

  it('is a task while it runs, paused or not', () => {
    expect(taskContainer(info({}))).toMatchObject({
      name: 'web',
      pid: 77,
      labels: {},
      paused: false,
      restarts: 0,
    });
    expect(taskContainer(info({ Paused: true }))?.paused).toBe(true);
  });

  it.each([{ Running: false }, { Pid: 0 }, { Restarting: true }])('is none with %j', (state) => {
    expect(taskContainer(info(state))).toBeUndefined();
  });

  it.each([
    ['bridge', true],
    ['none', true],
    ['host', false],
    ['container:abc', false],
    ['hostnet', true],
  ])('with the network "%s" has one of its own: %s', (NetworkMode, own) => {
    expect(taskContainer(info({}, { NetworkMode }))?.hasOwnNetwork).toBe(own);
  });
});

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

describe('prices', () => {
  const own = JSON.stringify({
    version: 1,
    defaultRegion: 'home',
    regions: {
      home: { vcpuHour: 0.1, gigabyteHour: 0.01, gigabyteOut: 1 },
      away: { vcpuHour: 0.05, gigabyteHour: 0.005, gigabyteOut: 2 },
    },
  });

  it('make dollars per hour of what is used', () => {
    const prices = readPrices(own, 'p.json');
    // Half a core, two gigabytes, one megabyte a second out: 3.6 gigabytes an hour.
    const use = { cores: 0.5, memoryBytes: 2e9, sentBitsPerSecond: 8e6 };
    expect(costPerHour(use, 'home', prices)).toBeCloseTo(0.05 + 0.02 + 3.6, 9);
    expect(costPerHour(use, 'away', prices)).toBeCloseTo(0.025 + 0.01 + 7.2, 9);
    expect(priceLevel('away', prices)).toBeCloseTo(0.5, 9);
    expect(cheapestRegion(prices)).toBe('away');
  });

  it('are those of the default region where no region of the table is named', () => {
    const prices = readPrices(own, 'p.json');
    const named = [undefined, 'away', 'nowhere', 'constructor', ''].map((name) => regionNamed(name, prices));
    expect(named).toEqual(['home', 'away', 'home', 'home', 'home']);
  });

  it('have a default that says of itself what it is', () => {
    const use = { cores: 1, memoryBytes: 0, sentBitsPerSecond: 0 };
    expect(costPerHour(use, defaultPrices.defaultRegion, defaultPrices)).toBe(0.04);
    expect(priceLevel('eu-west', defaultPrices)).toBeCloseTo(1.12, 9);
    expect(readFileSync('src/core/agent/workloads/docker/prices.json', 'utf8')).toContain(
      "not anybody's present prices",
    );
  });

  it.each([
    ['no JSON', '{', 'JSON'],
    ['a missing price', own.replace('"gigabyteOut":1', '"other":1'), 'regions.home.gigabyteOut'],
    ['a negative price', own.replace('0.01', '-0.01'), 'regions.home.gigabyteHour'],
    ['a default region that is none', own.replace('"home",', '"nowhere",'), 'it must be one of the regions'],
    ['another version', own.replace('1', '2'), 'version'],
    ['nothing', '', 'JSON'],
  ])('are refused with the place for %s', (_, text, words) => {
    expect(() => readPrices(text, 'p.json')).toThrow(
      expect.objectContaining({ code: 'DN651', message: expect.stringContaining(words) }),
    );
  });
});
