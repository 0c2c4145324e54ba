/** A path that is to be written and the paths that are read, in; whether it is one of them, by whatever name, out. */
import { realpathSync, statSync } from 'node:fs';

/** Behind symbolic links, and by a second hard link, too. What does not exist is no file that is read. */
export function isOneOf(path: string, inputs: readonly string[]): boolean {
  const place = placeOf(path);
  return place !== undefined && inputs.some((input) => input !== '-' && placeOf(input) === place);
}

function placeOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return ino === 0n ? realpathSync(path) : `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
