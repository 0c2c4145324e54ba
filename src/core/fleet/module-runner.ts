/** A module of this package in, how to run it in a Node process of its own out: built JavaScript, or the source in development. */
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface RunnableModule {
  readonly path: string;
  readonly execArgv: readonly string[];
}

/**
 * Long-lived processes that make much short-lived garbage: V8 would let the young generation of each grow to 16 MB, three
 * times over. 4 MB keeps a fleet a third smaller and collects a little more often (docs/performance.md).
 */
const youngHeap = '--max-semi-space-size=4';

/** `module` is a path or a file URL; one that ends in `.ts` is run by way of tsx. */
export function runnable(module: string): RunnableModule {
  const path = module.startsWith('file:') ? fileURLToPath(module) : module;
  return { path, execArgv: [youngHeap, ...(extname(path) === '.ts' ? ['--import', tsxUrl()] : [])] };
}

/** The module at `relative` (with ending `.js`) seen from `from`, in whichever of the two forms `from` itself has. */
export function siblingModule(relative: string, from: string): string {
  const ending = extname(new URL(from).pathname);
  return new URL(relative.replace(/\.js$/, ending), from).href;
}

function tsxUrl(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}
