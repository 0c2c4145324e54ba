/** Runs one of the Lua scripts beside this file by its digest; sends the text only when the server does not know it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ChainableCommander, Redis } from './redis.js';

export type ScriptName =
  | 'append-acknowledgements'
  | 'append-result'
  | 'ask-rollout'
  | 'claim-rollout'
  | 'hold-lease'
  | 'hold-rollout'
  | 'next-epoch'
  | 'release-lease'
  | 'write-rollout';

/** One run of a script. Every script touches one key, so that it runs on a cluster as well. */
export interface ScriptCall {
  readonly name: ScriptName;
  readonly key: string;
  readonly args: readonly (string | number)[];
}

const loaded = new Map<ScriptName, { readonly text: string; readonly sha: string }>();

/** The script's reply. */
export async function runScript(
  redis: Redis,
  name: ScriptName,
  key: string,
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(scriptOf(name).sha, 1, key, ...args);
  } catch (thrown) {
    return repeatUnknownScript(redis, { name, key, args }, thrown);
  }
}

/** Where the server does not know the script, its reply is an error for `repeatUnknownScript`. */
export function addScript(pipeline: ChainableCommander, { name, key, args }: ScriptCall): void {
  pipeline.evalsha(scriptOf(name).sha, 1, key, ...args);
}

/** Throws what is another error. */
export async function repeatUnknownScript(
  redis: Redis,
  { name, key, args }: ScriptCall,
  thrown: unknown,
): Promise<unknown> {
  if (!(thrown instanceof Error && thrown.message.startsWith('NOSCRIPT'))) throw thrown;
  return redis.eval(scriptOf(name).text, 1, key, ...args);
}

function scriptOf(name: ScriptName): { readonly text: string; readonly sha: string } {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8');
  const script = { text, sha: createHash('sha1').update(text).digest('hex') };
  loaded.set(name, script);
  return script;
}
