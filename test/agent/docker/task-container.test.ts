/** From how the engine describes a container to a task, and what that may use. */
import type Docker from 'dockerode';
import { describe, expect, it } from 'vitest';
import {
  type ContainerLimits,
  coresAllowed,
  memoryAllowed,
  taskContainer,
} from '../../../src/core/agent/workloads/docker/task-container.js';

const id = '7b9b5dbaa2c70734b8ac762d9f38c6d23e319eb787ee113d91a281178725e0aa';

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
