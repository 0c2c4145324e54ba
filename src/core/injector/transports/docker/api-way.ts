/**
 * The route through the engine's own calls, for engines that are elsewhere and users who may not look into processes: one
 * archive and one signal for each order. Nothing can be renamed this way, so what is staged stays here until it goes live.
 */

import { bytecodeLimits } from '../../../bytecode/limits.js';
import type { Engine } from '../../../docker/engine.js';
import { statusOf } from '../../../docker/engine-errors.js';
import type { SignedOrder } from '../../../nerve/messages/order.js';
import { programFiles } from '../../../nerve/messages/program-directory.js';
import { pause } from '../../../pause.js';
import { type Ack, parseAck } from '../ack.js';
import type { ProgramBytes } from '../program-directory.js';
import { type AgentContainer, programsPath } from './agent-container.js';
import { firstFileOf, type TarEntry, tarOf } from './tar.js';
import type { AckPatience, Way } from './way.js';

const ackBytesMax = 65_536;
/** Each look costs the engine a call, and it serves many containers; a line of the log, where one is awaited too, costs it none. */
const lookEveryMs = { first: 20, firstBesideLog: 400, min: 100, max: 1_000 } as const;

export function openApi(engine: Engine, container: AgentContainer): Way {
  if (container.apiRefusal !== undefined) throw new Error(container.apiRefusal);
  const target = engine.docker.getContainer(container.id);

  /** Into the mount where there is one; else with the directory itself, which may be missing. */
  const put = async (files: readonly TarEntry[]) => {
    const isMounted = container.volume !== undefined;
    const folder = programsPath.slice(1);
    const entries = isMounted
      ? files
      : [
          { name: `${folder}/`, mode: 0o755 },
          ...files.map((file) => ({ ...file, name: `${folder}/${file.name}` })),
        ];
    await target.putArchive(tarOf(entries, Date.now()), { path: isMounted ? programsPath : '/' });
  };
  const sizeOf = (name: string) => fileSize(target, `${programsPath}/${name}`);
  const read = (name: string, bytesMax: number) => readFile(target, `${programsPath}/${name}`, bytesMax);

  return {
    route: 'api',
    async program() {
      const size = await sizeOf(programFiles.program);
      if (size === undefined || size === 0) return undefined;
      return read(programFiles.program, bytecodeLimits.fileBytesMax);
    },
    async stage() {
      // That it is there is all that can be said before it goes live; asked for a file, the engine would mount it.
      await target.inspect();
    },
    activate: (program, order) => put(activation(program, order)),
    async unstage() {},
    writeOrder: (order) => put([orderFile(order)]),
    async signal() {
      if (container.signal !== null) await target.kill({ signal: container.signal });
    },
    waitForAck: (wait) =>
      pollAck(wait, {
        size: () => engine.looks.run(() => sizeOf(programFiles.ack)),
        read: () => engine.looks.run(() => read(programFiles.ack, ackBytesMax)),
      }),
    async close() {},
  };
}

function activation(program: ProgramBytes | 'none', order: SignedOrder): TarEntry[] {
  return [
    orderFile(order),
    { name: programFiles.program, mode: 0o755, bytes: program === 'none' ? new Uint8Array() : program.bytes },
    // Last, because an empty acknowledgement is the question.
    { name: programFiles.ack, mode: 0o666, bytes: new Uint8Array() },
  ];
}

function orderFile(order: SignedOrder): TarEntry {
  return { name: programFiles.order, mode: 0o644, bytes: Buffer.from(JSON.stringify(order)) };
}

type Target = ReturnType<Engine['docker']['getContainer']>;

/** Undefined where there is no plain file of that name. */
async function fileSize(target: Target, path: string): Promise<number | undefined> {
  const found = await look(target, path);
  return found !== undefined && isPlain(found.mode) ? found.size : undefined;
}

/** An answer to HEAD has no words: it is undefined where there is no such file, and no such container. */
async function look(target: Target, path: string): Promise<{ size: number; mode: number } | undefined> {
  try {
    const answer: NodeJS.ReadableStream & { headers: Record<string, string | undefined> } =
      await target.infoArchive({ path });
    answer.resume();
    const text = Buffer.from(answer.headers['x-docker-container-path-stat'] ?? '', 'base64').toString('utf8');
    return JSON.parse(text) as { size: number; mode: number };
  } catch (thrown) {
    if (statusOf(thrown) === 404) return undefined;
    throw thrown;
  }
}

/** Bits of Go's os.FileMode: directory, link, pipe, socket, device, character device, irregular. */
function isPlain(mode: number): boolean {
  const odd = 2 ** 31 + 2 ** 27 + 2 ** 25 + 2 ** 24 + 2 ** 26 + 2 ** 21 + 2 ** 19;
  return Number(BigInt(mode) & BigInt(odd)) === 0;
}

/** Cut off where an archive is longer than the file may be: it is a hostile one, or none that we want. */
async function readFile(target: Target, path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  const stream = (await target.getArchive({ path })) as NodeJS.ReadableStream & { destroy(): void };
  const parts: Buffer[] = [];
  let total = 0;
  for await (const part of stream) {
    parts.push(part as Buffer);
    total += (part as Buffer).length;
    if (total > bytesMax + 8_192) {
      stream.destroy();
      throw new Error(`${path} has more than ${bytesMax} bytes`);
    }
  }
  return firstFileOf(Buffer.concat(parts));
}

/** Looks whether there is anything, which is cheap, before it fetches it. */
async function pollAck(
  { withinMs, signal, digest, replaced, besideLog }: AckPatience,
  ack: { size(): Promise<number | undefined>; read(): Promise<Uint8Array | undefined> },
): Promise<Ack | undefined> {
  const endMs = performance.now() + withinMs;
  let everyMs: number = besideLog ? lookEveryMs.firstBesideLog : lookEveryMs.first;
  let sizeBefore = 0;
  for (;;) {
    const leftMs = endMs - performance.now();
    if (leftMs <= 0 || signal.aborted) return undefined;
    await pause(Math.min(everyMs, leftMs), signal);
    everyMs = Math.min(lookEveryMs.max, Math.max(lookEveryMs.min, everyMs * 1.5));
    if (signal.aborted) return undefined;
    const size = (await ack.size()) ?? 0;
    if (size === 0) continue;
    if (size > ackBytesMax) return { error: `its acknowledgement has more than ${ackBytesMax} bytes` };
    const text = Buffer.from((await ack.read()) ?? '').toString('utf8');
    const said = parseAck(text, size === sizeBefore);
    sizeBefore = size;
    const isLate = said !== undefined && 'digest' in said && said.digest === replaced && replaced !== digest;
    if (said !== undefined && !isLate) return said;
  }
}
