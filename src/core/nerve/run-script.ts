/** Runs one of the Lua scripts beside this file by its digest; sends the text only when the server does not know it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

export type ScriptName =
  | 'append-result'
  | 'ask-rollout'
  | 'claim-rollout'
  | 'hold-lease'
  | 'hold-rollout'
  | 'next-epoch'
  | 'release-lease'
  | 'write-rollout';

const loaded = new Map<ScriptName, { readonly text: string; readonly sha: string }>();

/** The script's reply. Every script touches one key, so that it runs on a cluster as well. */
export async function runScript(
  redis: Redis,
  name: ScriptName,
  key: string,
  args: readonly (string | number)[],
): Promise<unknown> {
  const { text, sha } = scriptOf(name);
  try {
    return await redis.evalsha(sha, 1, key, ...args);
  } catch (thrown) {
    if (!(thrown instanceof Error && thrown.message.startsWith('NOSCRIPT'))) throw thrown;
    return redis.eval(text, 1, key, ...args);
  }
}

function scriptOf(name: ScriptName): { readonly text: string; readonly sha: string } {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
  const script = { text, sha: createHash('sha1').update(text).digest('hex') };
  loaded.set(name, script);
  return script;
}
