import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startTestRedis, type TestRedis } from './redis.js';

/** A throw-away Redis for the test file that calls this at its top: there from the first test to the last, empty before each. */
export function setUpRedis(prefix: string): TestRedis {
  const server = {} as TestRedis;
  beforeAll(async () => {
    Object.assign(server, await startTestRedis(prefix));
  });
  beforeEach(() => server.clear());
  afterAll(() => server.stop());
  return server;
}
