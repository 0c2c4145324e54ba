import { configDefaults, defineConfig } from 'vitest/config';
import { howToInstall, whyNoEngine } from './test/support/docker-available.js';

/** Tests of real containers: in CI they always run, so that an engine that is missing there fails. */
const dockerTests = '**/*.docker.test.ts';

export default defineConfig(async () => {
  const why = process.env.CI ? undefined : await whyNoEngine();
  if (why !== undefined)
    process.stderr.write(`Docker tests LEFT OUT (${dockerTests}): ${why}. ${howToInstall}\n`);
  return {
    test: {
      include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
      exclude: [...configDefaults.exclude, ...(why === undefined ? [] : [dockerTests])],
      testTimeout: 30_000,
      hookTimeout: 60_000,
      maxWorkers: 2,
    },
  };
});
