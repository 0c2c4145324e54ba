/**
 * Orders that come by a volume: for each agent of a host the file `order.json` in its directory, noticed by file events, by
 * SIGHUP and by looking now and then. A new text there is handed on as it is, to be opened and obeyed like an order of the
 * bus; what the agent answers is written to its `ack`.
 */
import { constants, readFileSync, watch } from 'node:fs';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../bytecode/digest.js';
import { bytecodeLimits } from '../bytecode/limits.js';
import { DreamnetError, messageOf } from '../errors.js';
import { limits } from '../limits.js';
import { passesByItself } from '../nerve/connection.js';
import type { Acknowledgement } from '../nerve/messages/order.js';
import { programFiles, volumeAgents, volumeHeartbeatMs } from '../nerve/messages/program-directory.js';
import { pause } from '../pause.js';

export interface VolumeOrdersOptions {
  /** The shared directory; agents have theirs in `agents/<id>`. */
  readonly volume: string;
  readonly agents: readonly { readonly id: string; readonly labels: Readonly<Record<string, string>> }[];
  /** Texts of orders that were obeyed in an earlier life. */
  readonly obeyed: ReadonlySet<string>;
  readonly handle: (letter: VolumeLetter) => Promise<void>;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

export interface VolumeLetter {
  readonly agent: string;
  readonly envelope: string;
  /** It was there when this host began: an old one is nobody's fault. */
  readonly isLeftOver: boolean;
  /** The bytes that came with the order; the injector writes the order first, so they may take a moment. */
  program(digest: string): Promise<Uint8Array | undefined>;
  acknowledge(acknowledgement: Acknowledgement): Promise<void>;
  /** What cannot be acknowledged, because the order itself is not to be believed. */
  refuse(code: string, reason: string): Promise<void>;
}

const lookEveryMs = 2_000;
const bytesWithinMs = 2_000;
/** The order's text, and the envelope around it. */
const orderBytesMax = 2 * limits.messageBytesMax;

/** Resolves when the agents have announced themselves; throws DN623 when they cannot. `ended` follows the signal. */
export async function followVolumeOrders(
  options: VolumeOrdersOptions,
): Promise<{ readonly ended: Promise<void> }> {
  const { agents, signal, log } = options;
  const boxes = agents.map(({ id }) => new OrderBox(id, join(options.volume, volumeAgents, id), options));
  const lookAtAll = () => Promise.all(boxes.map((box) => box.look()));
  const onSignal = () => void lookAtAll();
  process.on('SIGHUP', onSignal);
  try {
    for (const [at, box] of boxes.entries()) await box.announce(agents[at]?.labels ?? {});
  } catch (thrown) {
    process.off('SIGHUP', onSignal);
    for (const box of boxes) box.close();
    throw notAnnounced(options.volume, thrown);
  }
  const ended = (async () => {
    for (let beatAtMs = 0; !signal.aborted; ) {
      await lookAtAll();
      if (performance.now() >= beatAtMs) {
        beatAtMs = performance.now() + volumeHeartbeatMs / 2;
        await Promise.all(boxes.map((box) => box.beat().catch((thrown) => log(messageOf(thrown)))));
      }
      await pause(lookEveryMs, signal);
    }
    process.off('SIGHUP', onSignal);
    await Promise.all(boxes.map((box) => box.idle()));
    for (const box of boxes) box.close();
  })();
  return { ended };
}

/** One agent's directory. */
class OrderBox {
  readonly #id: string;
  readonly #path: string;
  readonly #options: VolumeOrdersOptions;
  #watcher: ReturnType<typeof watch> | undefined;
  #last: string | undefined;
  #answered: string | undefined;
  #looking: Promise<void> | undefined;
  #again = false;

  constructor(id: string, path: string, options: VolumeOrdersOptions) {
    this.#id = id;
    this.#path = path;
    this.#options = options;
  }

  async announce(labels: Readonly<Record<string, string>>): Promise<void> {
    await mkdir(this.#path, { recursive: true });
    const announcement = { id: this.#id, labels, answers: 'orders', ...ownProcess() };
    const aside = join(this.#path, `.${programFiles.announcement}.${process.pid}`);
    await writeFile(aside, `${JSON.stringify(announcement)}\n`);
    await rename(aside, join(this.#path, programFiles.announcement));
    try {
      const watcher = watch(this.#path, () => void this.look()).on('error', () => watcher.close());
      this.#watcher = watcher;
    } catch {
      // Not to be watched here: the signal and looking now and then do.
    }
  }

  beat(): Promise<void> {
    return writeFile(join(this.#path, programFiles.heartbeat), '');
  }

  /** One look at a time; what changes meanwhile is looked at after it. */
  look(): Promise<void> {
    this.#again = true;
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async idle(): Promise<void> {
    await this.#looking;
  }

  close(): void {
    this.#watcher?.close();
  }

  async #lookOnce(): Promise<void> {
    let isOpen = false;
    while (this.#again && !this.#options.signal.aborted) {
      this.#again = false;
      const before = this.#last;
      isOpen = false;
      try {
        const envelope = await this.#read(programFiles.order, orderBytesMax);
        if (envelope === undefined) continue;
        const text = envelope.toString('utf8');
        const isLeftOver = this.#last === undefined;
        if (text === this.#last || (isLeftOver && this.#options.obeyed.has(text))) {
          this.#last = text;
          await this.#answerAgain();
          continue;
        }
        this.#last = text;
        this.#answered = undefined;
        await this.#options.handle(this.#letter(text, isLeftOver));
      } catch (thrown) {
        // What passes by itself is tried again when we look the next time.
        isOpen = passesByItself(thrown);
        if (isOpen) this.#last = before;
        this.#options.log(`order for ${this.#id} passed: ${messageOf(thrown)}`);
      }
    }
    if (!isOpen) this.#last ??= '';
  }

  #letter(envelope: string, isLeftOver: boolean): VolumeLetter {
    return {
      agent: this.#id,
      envelope,
      isLeftOver,
      program: (digest) => this.#program(digest),
      acknowledge: (acknowledgement) => this.#answer(JSON.stringify(acknowledgement)),
      refuse: (code, reason) => this.#answer(`error: ${code} ${reason}`),
    };
  }

  async #program(digest: string): Promise<Uint8Array | undefined> {
    const endMs = performance.now() + bytesWithinMs;
    for (;;) {
      for (const name of [programFiles.staged, programFiles.program]) {
        const bytes = await this.#read(name, bytecodeLimits.fileBytesMax);
        if (bytes !== undefined && digestOf(bytes) === digest) return bytes;
      }
      if (performance.now() >= endMs || this.#options.signal.aborted) return undefined;
      await pause(10, this.#options.signal);
    }
  }

  /** No link is followed, and a pipe is not waited for: others may write to this directory. */
  async #read(name: string, bytesMax: number): Promise<Buffer | undefined> {
    const path = join(this.#path, name);
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((thrown) => {
      if (thrown.code === 'ENOENT') return undefined;
      throw thrown;
    });
    if (file === undefined) return undefined;
    try {
      const stats = await file.stat();
      if (!stats.isFile() || stats.size > bytesMax) throw oddFile(path, bytesMax);
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  /**
   * An empty acknowledgement is a question; it may have been emptied after we answered. It is emptied after the order was
   * written, so the order is read once more: what we know of the one before is no answer to a newer one.
   */
  async #answerAgain(): Promise<void> {
    if (this.#answered === undefined) return;
    const asked = await this.#read(programFiles.ack, orderBytesMax);
    if (asked?.length !== 0) return;
    const order = await this.#read(programFiles.order, orderBytesMax);
    if (order?.toString('utf8') === this.#last) await this.#answer(this.#answered);
  }

  /** Into the file that the injector made; where it made none, into one of our own. No pipe is waited for. */
  async #answer(text: string): Promise<void> {
    this.#answered = text;
    const path = join(this.#path, programFiles.ack);
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
    const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) throw oddFile(path, orderBytesMax);
      await file.writeFile(`${text}\n`);
    } finally {
      await file.close();
    }
  }
}

/** By its start time it is known that the pid is still ours; where there is none to read, the files must do. */
function ownProcess(): object {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return { pid: process.pid, startTime, signal: 'SIGHUP' };
  } catch {
    return { signal: 'none' };
  }
}

function notAnnounced(volume: string, cause: unknown): DreamnetError {
  return new DreamnetError({
    code: 'DN623',
    kind: 'failed',
    message: `Agents cannot announce themselves in ${volume}: ${messageOf(cause)}`,
    hint: `Make ${join(volume, volumeAgents)} writable for the user that runs them.`,
    cause,
  });
}

function oddFile(path: string, bytesMax: number): DreamnetError {
  return new DreamnetError({
    code: 'DN624',
    kind: 'failed',
    message: `${path} is no plain file of at most ${bytesMax} bytes.`,
    hint: 'Remove it; what belongs there is written by the injector.',
  });
}
