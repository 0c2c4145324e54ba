/** Test files in, the same tests once more out, with a Redis Cluster in place of the Redis that each of them starts. */
import { describe } from 'vitest';

/** `files` are paths in test/, without `.redis.test.ts`. They may ask nothing of a server that only a single one answers. */
export function onACluster(files: readonly string[]): void {
  process.env.DREAMNET_TEST_CLUSTER = 'yes';
  for (const file of files)
    describe(file, async () => {
      await import(new URL(`../${file}.test.ts`, import.meta.url).pathname);
    });
}
