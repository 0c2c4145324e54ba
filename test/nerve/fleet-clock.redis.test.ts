import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeClock, openFleetClock } from '../../src/core/nerve/fleet-clock.js';
import { startTestRedis, type TestRedis } from '../support/redis.js';

const hourMs = 3_600_000;
let server: TestRedis;
beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(() => server.stop());

/** A machine whose clock is off by what `off` says at the moment. */
function machine(off: { ms: number }) {
  const changes: number[] = [];
  const clock = () => Date.now() + off.ms;
  const opening = openFleetClock({
    ...{ redis: server.redis, clock },
    onChange: (aheadMs) => changes.push(Math.round(aheadMs / hourMs)),
  });
  return { opening, changes };
}

/** Hours between the fleet's clock and that of this machine, which is Redis's; a moment before is not minus zero of them. */
const hoursOff = (nowMs: number) => Math.round((nowMs - Date.now()) / hourMs) + 0;

test('a clock that is right runs as it is', async () => {
  const { opening, changes } = machine({ ms: 300 });
  const beforeMs = Date.now() + 300;
  expect((await opening).now()).toBeGreaterThanOrEqual(beforeMs);
  expect(changes).toEqual([]);
});

test.each([
  ['two hours ahead', 2 * hourMs, 2],
  ['five hours behind', -5 * hourMs, -5],
  ['in 1970', -Date.now(), Math.round(-Date.now() / hourMs)],
])('a clock that is %s is set right', async (_name, ms, change) => {
  const { opening, changes } = machine({ ms });
  expect(hoursOff((await opening).now())).toBe(0);
  expect(changes).toEqual([change]);
});

test('a clock that is ahead by more than a day is believed, because Redis may be what is wrong', async () => {
  const { opening, changes } = machine({ ms: 48 * hourMs });
  expect(hoursOff((await opening).now())).toBe(48);
  expect(changes).toEqual([]);
});

test('a clock that is wrong is told of in seconds, and that it is right again', () => {
  expect(describeClock(7_200_400)).toContain('7200 s ahead of');
  expect(describeClock(-90_000)).toContain('90 s behind');
  expect(describeClock(0)).toContain('agrees');
});

test('a clock that is set while it runs is noticed when it is measured again', async () => {
  const off = { ms: 0 };
  const { opening, changes } = machine(off);
  const clock = await opening;
  off.ms = 3 * hourMs;
  expect(hoursOff(clock.now())).toBe(3);
  await clock.measure();
  expect(hoursOff(clock.now())).toBe(0);
  off.ms = 0;
  await clock.measure();
  expect(hoursOff(clock.now())).toBe(0);
  expect(changes).toEqual([3, 0]);
});
