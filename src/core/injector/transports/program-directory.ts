/**
 * An agent's directory on this host as operations, by the file protocol of docs/transports.md: programs and signed orders
 * in, what the agent acknowledges out. The directory may belong to a hostile container: see plain-files.ts.
 */
import { watch } from 'node:fs';
import { type Digest, digestOf } from '../../bytecode/digest.js';
import { bytecodeLimits } from '../../bytecode/limits.js';
import { DreamnetError } from '../../errors.js';
import type { Acknowledgement, SignedOrder } from '../../nerve/messages/order.js';
import { programFiles } from '../../nerve/messages/program-directory.js';
import { pause } from '../../pause.js';
import { type Ack, parseAck, plainWords } from './ack.js';
import { openPlainFiles, type PlainFiles, type PlainFilesOptions } from './plain-files.js';

export interface ProgramBytes {
  readonly digest: string;
  readonly bytes: Uint8Array;
  /** The same bytes in a file: linked rather than copied where the file system can. */
  readonly file?: string;
}

export interface AckWait {
  /** What the agent is to have loaded. */
  readonly digest: string;
  readonly withinMs: number;
  readonly signal: AbortSignal;
  /** What it had before: an answer about this one is a late one, and waited over for a moment. */
  readonly replaced?: string | undefined;
  /** Which documents of an SDK agent answer this order; all when absent. */
  readonly isAnswer?: (document: Acknowledgement) => boolean;
}

export interface ProgramDirectory {
  readonly path: string;
  /** The same by the descriptor that is held. */
  readonly held: string;
  /** Puts a program beside the one that runs; with `order` for an agent that obeys orders, and then reads back what is there. */
  stage(staging: ProgramBytes & { readonly order?: SignedOrder }): Promise<void>;
  /**
   * What is staged becomes the program, at once; with `bytes`, also where nothing fitting is staged. Then the acknowledgement
   * is emptied. Gives the digest of what it replaced.
   */
  activate(activation: {
    readonly digest: string;
    readonly bytes?: Uint8Array;
    readonly file?: string;
    readonly order: SignedOrder;
    /** The program that is there, where that has just been looked at. */
    readonly present?: string;
  }): Promise<string | undefined>;
  /** A former program, or none, takes the place of the program; nothing stays staged. Then the acknowledgement is emptied. */
  restore(restoring: {
    readonly program: ProgramBytes | 'none';
    readonly order: SignedOrder;
  }): Promise<Digest | undefined>;
  /** The order alone (hold-out). */
  writeOrder(order: SignedOrder): Promise<void>;
  /** The order, and nothing stays staged: undo where the program was never live. */
  unstage(order: SignedOrder): Promise<void>;
  emptyAck(): Promise<void>;
  /** Undefined while there is nothing, or nothing that can be understood yet. */
  readAck(): Promise<Ack | undefined>;
  /** Undefined when nothing came in time or the wait was given up. */
  waitForAck(wait: AckWait): Promise<Ack | undefined>;
  /** The program that is there, empty where there is none to run; undefined where the file is missing. */
  program(): Promise<Buffer | undefined>;
  current(): Promise<Digest | undefined>;
  close(): Promise<void>;
}

/** The digest of the empty program, which means none. */
export const noProgram: Digest = digestOf(new Uint8Array());

/** An acknowledgement is a line, or a small document. */
const ackBytesMax = 65_536;
const modes = { program: 0o755, order: 0o644, ack: 0o666 } as const;

export async function openProgramDirectory(
  path: string,
  options?: PlainFilesOptions,
): Promise<ProgramDirectory> {
  const files = await openPlainFiles(path, options);
  const { program, staged, order: orderFile, ack } = programFiles;
  const read = (name: string) => files.read(name, bytecodeLimits.fileBytesMax);

  const digestIn = async (name: string): Promise<Digest | undefined> => {
    const bytes = await read(name);
    return bytes === undefined ? undefined : digestOf(bytes);
  };
  /** What is unreadable in the place of the program is replaced all the same. */
  const replaceable = () =>
    digestIn(program).catch((thrown: unknown) => {
      if (thrown instanceof DreamnetError && thrown.code === 'DN571') return undefined;
      throw thrown;
    });
  const writeOrder = (order: SignedOrder) => files.write(orderFile, JSON.stringify(order), modes.order);
  const put = async (name: string, { digest, bytes, file }: ProgramBytes) => {
    if (digestOf(bytes) !== digest)
      throw otherBytes(`What is to be written to ${files.path}/${name}`, digest);
    const isLinked = file !== undefined && (await files.link(file, name));
    if (!isLinked) await files.write(name, bytes, modes.program);
    if ((await digestIn(name)) !== digest) throw otherBytes(`${files.path}/${name}`, digest);
  };
  /** Where nobody is told of it, it is read again before it goes live. */
  const putAside = async ({ digest, bytes }: ProgramBytes) => {
    if (digestOf(bytes) !== digest)
      throw otherBytes(`What is to be written to ${files.path}/${staged}`, digest);
    await files.writeAside(staged, bytes, modes.program);
  };
  // A new file, not a truncated one: what the agent still writes for an earlier order goes to the old one and is not read.
  // Last, because an empty one is the question: who sees it finds the program that it asks about.
  const emptyAck = () => files.write(ack, '', modes.ack);

  const directory: ProgramDirectory = {
    path: files.path,
    held: files.held,
    async stage({ order, ...staging }) {
      if (order === undefined) return putAside(staging);
      await writeOrder(order);
      await put(staged, staging);
    },
    async activate({ digest, bytes, file, order, present }) {
      const before = present ?? (await replaceable());
      const isStaged = before !== digest && (await digestIn(staged)) === digest;
      if (before !== digest && !isStaged && bytes === undefined)
        throw otherBytes(`${files.path}/${staged}`, digest);
      await writeOrder(order);
      // What is staged has just been read, and is moved as it is.
      if (isStaged) await files.move(staged, program);
      else {
        if (before !== digest && bytes !== undefined)
          await put(program, { digest, bytes, ...(file === undefined ? {} : { file }) });
        await files.remove(staged);
      }
      await emptyAck();
      return before;
    },
    async restore({ program: former, order }) {
      const before = await replaceable();
      const { digest, ...rest } = former === 'none' ? { digest: noProgram, bytes: new Uint8Array() } : former;
      await writeOrder(order);
      if (before !== digest) await put(program, { digest, ...rest });
      await files.remove(staged);
      await emptyAck();
      return before;
    },
    writeOrder,
    async unstage(order) {
      await writeOrder(order);
      await files.remove(staged);
    },
    emptyAck,
    readAck: () => readAck(files, false),
    waitForAck: (wait) => waitForAck(files, wait),
    program: () => read(program),
    current: () => digestIn(program),
    close: () => files.close(),
  };
  return directory;
}

/** Written without a newline at its end, and not touched for this long: no more comes. */
const settledMs = 200;

async function readAck(files: PlainFiles, isLast: boolean): Promise<Ack | undefined> {
  const seen = await files.look(programFiles.ack);
  if (seen === undefined || seen.size === 0) return undefined;
  const text = (await files.read(programFiles.ack, ackBytesMax))?.toString('utf8') ?? '';
  const ack = parseAck(text, isLast || Date.now() - seen.mtimeMs > settledMs);
  if (ack !== undefined || !isLast || text.trim() === '') return ack;
  return { error: `its acknowledgement is not understood: ${plainWords(text).slice(0, 200)}` };
}

/** An agent that answers at once is found by looking; what takes longer is noticed by watching, which costs more to begin. */
const pollMs = { first: 4, max: 100, watched: 100 } as const;
/** Changes that come without end are looked at this often: whoever makes them must not keep us busy. */
const floodMs = 50;
/** How long an answer about the program before is taken for a late one. */
const lateMs = 1_000;

async function waitForAck(files: PlainFiles, wait: AckWait): Promise<Ack | undefined> {
  const startMs = performance.now();
  const endMs = startMs + wait.withinMs;
  const lateUntilMs = Math.min(endMs, startMs + lateMs);
  let bell: Bell | undefined;
  try {
    for (let looks = 0, everyMs: number = pollMs.first; ; looks++) {
      const nowMs = performance.now();
      const leftMs = endMs - nowMs;
      if (nowMs - startMs > pollMs.watched) bell ??= ringOnChange(files.held);
      const changed = bell?.next();
      const ack = await readAck(files, leftMs <= 0 || wait.signal.aborted);
      if (ack !== undefined && isAnswer(ack, wait, performance.now() < lateUntilMs)) return ack;
      if (leftMs <= 0 || wait.signal.aborted) return undefined;
      const until = changed === undefined ? wait.signal : AbortSignal.any([wait.signal, changed]);
      await pause(Math.min(everyMs, leftMs), until);
      if (changed?.aborted) await pause(Math.min(looks, floodMs, leftMs), wait.signal);
      everyMs = Math.min(pollMs.max, everyMs * 2);
    }
  } finally {
    bell?.close();
  }
}

function isAnswer(
  ack: Ack,
  { digest, replaced, isAnswer = () => true }: AckWait,
  mayBeLate: boolean,
): boolean {
  if ('document' in ack) return isAnswer(ack.document);
  return !('digest' in ack && mayBeLate && ack.digest === replaced && ack.digest !== digest);
}

interface Bell {
  next(): AbortSignal;
  close(): void;
}

/** Rings when something changes in the directory. Where it cannot be watched it never rings, and looking now and then does. */
function ringOnChange(path: string): Bell {
  let bell: AbortController | undefined;
  const ring = () => {
    bell?.abort();
    bell = undefined;
  };
  // Made by who listens, not by each event: whoever writes there must not keep us busy.
  const next = () => {
    bell ??= new AbortController();
    return bell.signal;
  };
  try {
    const watcher = watch(path, ring).on('error', () => watcher.close());
    return { next, close: () => watcher.close() };
  } catch {
    return { next, close: () => undefined };
  }
}

function otherBytes(what: string, digest: string): DreamnetError {
  return new DreamnetError({
    code: 'DN573',
    kind: 'failed',
    message: `${what} is not ${digest}.`,
    hint: 'Somebody else may write there, or it was never staged. Stage it again.',
  });
}
