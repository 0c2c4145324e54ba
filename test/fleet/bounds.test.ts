import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planHosts } from '../../src/core/fleet/host-plan.js';
import { logTail, startLog, trimLog } from '../../src/core/fleet/log-file.js';
import { RestartBudget } from '../../src/core/fleet/restart-budget.js';
import { temporaryDir } from './support.js';

describe('the hosts of a fleet', () => {
  it.each([
    { agents: 1, cpus: 8, hosts: 1 },
    { agents: 600, cpus: 8, hosts: 1 },
    { agents: 601, cpus: 8, hosts: 2 },
    { agents: 1159, cpus: 2, hosts: 2 },
    { agents: 5000, cpus: 1, hosts: 2 },
    { agents: 5000, cpus: 4, hosts: 4 },
  ])('are $hosts for $agents agents on $cpus processors, with every agent on exactly one', (plan) => {
    const shares = planHosts(plan);
    expect(shares).toHaveLength(plan.hosts);
    const indexes = shares.flatMap(({ firstAgent, agents }) =>
      Array.from({ length: agents }, (_, i) => firstAgent + i),
    );
    expect(indexes).toEqual(Array.from({ length: plan.agents }, (_, index) => index));
    const sizes = shares.map((share) => share.agents);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });
});

describe('a restart budget', () => {
  it('grants so many restarts within a window, and more when the first are past', () => {
    let nowMs = 0;
    const budget = new RestartBudget({ restartsMax: 2, windowMs: 1_000 }, () => nowMs);
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
    nowMs = 999;
    expect(budget.take()).toBe(false);
    nowMs = 1_000;
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
  });
});

describe('a log', () => {
  it('starts afresh, keeps one predecessor, and shows its last lines', () => {
    const path = join(temporaryDir(), 'host.log');
    expect(logTail(path)).toBe('');
    for (const text of ['first', 'second', 'third\nand last\n']) {
      const log = startLog(path);
      writeFileSync(log.fd, text);
      log.close();
    }
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('second');
    expect(logTail(path, 1)).toBe('and last');
  });

  it('goes on empty beyond its limit, under the process that writes it', () => {
    const path = join(temporaryDir(), 'host.log');
    const log = startLog(path);
    writeFileSync(log.fd, 'a long line');
    trimLog(path, 100);
    expect(readFileSync(path, 'utf8')).toBe('a long line');
    trimLog(path, 5);
    writeFileSync(log.fd, 'more');
    log.close();
    expect(readFileSync(path, 'utf8')).toBe('more');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('a long line');
  });
});
