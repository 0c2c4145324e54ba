/**
 * The programs of a volume, `programs/<64 hex>.bc`: a digest in, the file with exactly these bytes out, for agents'
 * directories to link to. What a file is called says nothing: agents of the same user may write to what they are linked to,
 * so its digest is computed each time it is asked for.
 */
import { join } from 'node:path';
import { digestOf } from '../../../bytecode/digest.js';
import { bytecodeLimits } from '../../../bytecode/limits.js';
import { DreamnetError } from '../../../errors.js';
import { openPlainFiles } from '../plain-files.js';
import type { ProgramBytes } from '../program-directory.js';

export interface ProgramStore {
  /** Writes the bytes once; a file under that name with other bytes is replaced. */
  keep(digest: string, bytes: Uint8Array): Promise<ProgramBytes>;
  /** Undefined when there is no such program, or its file is damaged. */
  find(digest: string): Promise<ProgramBytes | undefined>;
  close(): Promise<void>;
}

/** Throws DN570 when the volume cannot be used. */
export async function openProgramStore(volume: string): Promise<ProgramStore> {
  const files = await openPlainFiles('programs', { base: volume, create: true, trusted: true });
  const nameOf = (digest: string) => `${digest.slice('sha256:'.length)}.bc`;

  const find = async (digest: string): Promise<ProgramBytes | undefined> => {
    const name = nameOf(digest);
    const bytes = await files.read(name, bytecodeLimits.fileBytesMax).catch((thrown: unknown) => {
      if (thrown instanceof DreamnetError && thrown.code === 'DN571') return undefined;
      throw thrown;
    });
    if (bytes === undefined || digestOf(bytes) !== digest) return undefined;
    return { digest, bytes, file: join(files.held, name) };
  };

  return {
    find,
    async keep(digest, bytes) {
      const known = await find(digest);
      if (known !== undefined) return known;
      await files.write(nameOf(digest), bytes, 0o755, { lasting: true });
      return { digest, bytes, file: join(files.held, nameOf(digest)) };
    },
    close: () => files.close(),
  };
}
