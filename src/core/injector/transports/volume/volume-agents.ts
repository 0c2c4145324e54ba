/**
 * The agents of a volume: its directory in, those that announced themselves and are alive out. An agent announces itself by
 * `agents/<id>/agent.json`, and shows that it lives by touching that file or `heartbeat`, or by its process on this host.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../errors.js';
import {
  type Announcement,
  announcementSchema,
  programFiles,
  volumeAgents,
  volumeHeartbeatMs,
} from '../../../nerve/messages/program-directory.js';
import { parseRecord } from '../../../nerve/records.js';
import { openPlainFiles, type PlainFiles } from '../plain-files.js';
import { noProgram, openProgramDirectory, type ProgramDirectory } from '../program-directory.js';
import type { Discovered, DiscoveredAgent, DiscoverySource } from '../register-discovered.js';
import { type Announced, isAnnouncer } from './announcer.js';

export interface VolumeAgent {
  readonly announcement: Announcement;
  /** Its process runs on this host and is the one that wrote the announcement: it may be signalled. */
  readonly pid: number | undefined;
}

const announcementBytesMax = 65_536;
/** Two signs of life may be missed. */
const silentMsMax = 2.5 * volumeHeartbeatMs;

/** Discovery as `register-discovered.ts` wants it. */
export function volumeSource(volume: string): DiscoverySource {
  return { transport: 'volume', host: 'volume', find: (known) => discoverVolumeAgents(volume, known) };
}

/** Which program an agent has is not looked at for those that are known. */
export async function discoverVolumeAgents(
  volume: string,
  known: ReadonlySet<string> = new Set(),
): Promise<Discovered> {
  const agents: DiscoveredAgent[] = [];
  const problems: string[] = [];
  const entries = await readdir(join(volume, volumeAgents), { withFileTypes: true }).catch(() => []);
  for (const { name } of entries.filter((entry) => !entry.name.startsWith('.'))) {
    try {
      const agent = await readVolumeAgent(volume, name);
      if (agent === undefined) continue;
      const { labels = {} } = agent.announcement;
      agents.push({ id: name, labels, live: known.has(name) ? undefined : await programOf(volume, name) });
    } catch (thrown) {
      problems.push(`The agent ${JSON.stringify(name)} of ${volume} is left out: ${messageOf(thrown)}`);
    }
  }
  return { agents, problems };
}

/** Throws DN570 and DN571. */
export function openAgentDirectory(volume: string, id: string): Promise<ProgramDirectory> {
  return openProgramDirectory(id, { base: join(volume, volumeAgents), trusted: true });
}

/** Undefined where no living agent is; throws where what is there cannot be understood. */
export async function readVolumeAgent(volume: string, id: string): Promise<VolumeAgent | undefined> {
  const files = await openPlainFiles(id, { base: join(volume, volumeAgents), trusted: true });
  try {
    const announced = await files.look(programFiles.announcement);
    const text = await files.read(programFiles.announcement, announcementBytesMax);
    if (announced === undefined || text === undefined) return undefined;
    const announcement = parseRecord(text.toString('utf8'), announcementSchema);
    if (announcement === undefined) throw new Error('its agent.json has not the shape of one');
    if (announcement.id !== id)
      throw new Error(`its agent.json says that it is ${JSON.stringify(announcement.id.slice(0, 140))}`);
    return await living(files, announcement, announced);
  } finally {
    await files.close();
  }
}

async function programOf(volume: string, id: string): Promise<string | undefined> {
  const directory = await openAgentDirectory(volume, id);
  try {
    const digest = await directory.current();
    return digest === noProgram ? undefined : digest;
  } finally {
    await directory.close();
  }
}

async function living(
  files: PlainFiles,
  announcement: Announcement,
  announced: { readonly mtimeMs: number; readonly uid: number },
): Promise<VolumeAgent | undefined> {
  const { pid, startTime } = announcement;
  const claim: Announced | undefined =
    pid === undefined ? undefined : { pid, startTime, uid: announced.uid, directory: files.held };
  const isHere = claim !== undefined && (await isAnnouncer(claim));
  if (isHere) return { announcement, pid };
  const beat = await files.look(programFiles.heartbeat);
  const heardMs = Math.max(announced.mtimeMs, beat?.mtimeMs ?? 0);
  return Date.now() - heardMs <= silentMsMax ? { announcement, pid: undefined } : undefined;
}
