/**
 * What injector and agents find in an agent's directory (docs/transports.md): the names of its files, and what an agent says
 * of itself in one of them.
 */
import { z } from 'zod';

export const programFiles = {
  /** The program to run now; empty: none. */
  program: 'program.bc',
  /** The program that is staged and not live yet. */
  staged: 'staged.bc',
  /** The last order, signed. */
  order: 'order.json',
  /** What the agent answers. */
  ack: 'ack',
  /** How an agent of a volume announces itself. */
  announcement: 'agent.json',
  /** Touched as a sign of life. */
  heartbeat: 'heartbeat',
} as const;

/** The directory of a volume with one directory for each agent, by its id. */
export const volumeAgents = 'agents';

/** Agents of a volume show at least this often that they live. */
export const volumeHeartbeatMs = 10_000;

/** Fields of others are passed over. */
export const announcementSchema = z.object({
  id: z.string().max(256),
  labels: z.record(z.string().max(128), z.string().max(256)).optional(),
  /** Its process, as the injector's host counts them. */
  pid: z.number().int().positive().optional(),
  /** Field 22 of /proc/PID/stat. */
  startTime: z
    .union([z.string().max(32), z.number()])
    .transform(String)
    .optional(),
  /** `none`: it watches the files. */
  signal: z.enum(['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'none']).default('SIGHUP'),
  /** `orders`: it checks and answers every order; otherwise it answers what it loaded. */
  answers: z.enum(['programs', 'orders']).default('programs'),
});
export type Announcement = z.infer<typeof announcementSchema>;
