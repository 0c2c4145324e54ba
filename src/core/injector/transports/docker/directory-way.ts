/** The routes shared and direct: a directory of this host in, the operations of a way out. */
import { closeSync, statSync } from 'node:fs';
import type { Engine } from '../../../docker/engine.js';
import { isProcessOf, openRoot, signalProcess } from '../../../docker/host-process.js';
import { openProgramDirectory, type ProgramDirectory } from '../program-directory.js';
import { type AgentContainer, programsPath } from './agent-container.js';
import type { Way } from './way.js';

export async function openShared(engine: Engine, container: AgentContainer): Promise<Way> {
  const { volume } = container;
  if (volume === undefined) throw new Error(`nothing is mounted at ${programsPath}`);
  // The engine's host is this one, and so is the directory that it speaks of.
  if (!isProcessOf(container)) throw new Error('its process is not one of this host');
  const directory = await openProgramDirectory(volume.source);
  try {
    if (process.getuid?.() === 0) requireSameDirectory(directory, container);
  } catch (thrown) {
    await directory.close();
    throw thrown;
  }
  return wayInto(directory, { engine, container, route: 'shared' });
}

/** A process of another container's host, or one that lives in a container itself, may see other directories by that name. */
function requireSameDirectory({ path, held }: ProgramDirectory, { pid }: AgentContainer): void {
  const [here, there] = [statSync(held), statSync(`/proc/${pid}/root${programsPath}`)];
  if (here.dev !== there.dev || here.ino !== there.ino) throw new Error(`${path} is another directory here`);
}

export async function openDirect(engine: Engine, container: AgentContainer): Promise<Way> {
  const root = openRoot(container);
  try {
    const base = `/proc/self/fd/${root}`;
    const directory = await openProgramDirectory(programsPath, { base, create: true });
    return wayInto(directory, { engine, container, route: 'direct' });
  } finally {
    closeSync(root);
  }
}

function wayInto(
  directory: ProgramDirectory,
  { engine, container, route }: { engine: Engine; container: AgentContainer; route: 'shared' | 'direct' },
): Way {
  return {
    route,
    program: () => directory.program(),
    stage: (program) => directory.stage(program),
    async activate(program, order, present) {
      if (program === 'none') await directory.restore({ program, order });
      else await directory.activate({ ...program, order, ...(present === undefined ? {} : { present }) });
    },
    unstage: (order) => directory.unstage(order),
    writeOrder: (order) => directory.writeOrder(order),
    async signal() {
      const { signal } = container;
      if (signal === null) return;
      if (process.getuid?.() === 0) signalProcess(container, signal);
      else await engine.docker.getContainer(container.id).kill({ signal });
    },
    waitForAck: (wait) => directory.waitForAck(wait),
    close: () => directory.close(),
  };
}
