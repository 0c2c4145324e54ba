/** From what the kernel and the engine say of a container to what it uses: files of both cgroup versions, and answers. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cgroupMounts, cgroupPlace } from '../../../src/core/agent/workloads/docker/cgroup-place.js';
import {
  blockBytesV1,
  blockBytesV2,
  networkBytes,
  numberOf,
  onlyNumber,
} from '../../../src/core/agent/workloads/docker/cgroup-text.js';
import { readCgroup } from '../../../src/core/agent/workloads/docker/usage-files.js';
import { usageFrom } from '../../../src/core/docker/usage.js';

const fixtures = join(import.meta.dirname, '..', '..', 'fixtures', 'cgroup');
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
