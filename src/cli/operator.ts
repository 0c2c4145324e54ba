/** Who sits at this terminal, as it is written down beside what they asked for: `ana@ops-3`. */
import { hostname, userInfo } from 'node:os';

export function operatorName(): string {
  return `${userName()}@${hostname()}`.slice(0, 200);
}

/** A container may run under a number that no name belongs to. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
